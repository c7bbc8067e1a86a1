"""Which flow file a file of cases belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest

from byok_widgets.file_tests.pairs import flow_of, is_cases


@pytest.mark.parametrize(
    ("flows", "cases", "found"),
    [
        (["a", "b"], "a.cases", "a"),
        (["a", "b"], "a.cases.jsonl", "a"),
        (["a", "b"], "a.evening.cases", "a"),
        (["a", "a.evening"], "a.evening.cases", "a.evening"),
        (["a", "b"], "c.cases", None),
        (["a"], "c.cases", "a"),
        ([], "c.cases", None),
    ],
)
def test_the_flow_beside_it(flows: list[str], cases: str, found: str | None, tmp_path: Path) -> None:
    for name in flows:
        (tmp_path / f"{name}.flow.json").touch()
    flow = flow_of(tmp_path / cases)
    assert (flow and flow.name) == (found and f"{found}.flow.json")


@pytest.mark.parametrize(
    ("name", "is_one"), [("a.cases", True), ("a.cases.jsonl", True), ("a.jsonl", False), ("cases", False)]
)
def test_files_of_cases_are_known_by_their_names(name: str, is_one: bool) -> None:
    assert is_cases(Path(name)) == is_one
