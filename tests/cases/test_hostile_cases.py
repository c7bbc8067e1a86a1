"""Cases from files that somebody else made: whatever is in them, it is told where, and nothing else happens."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.cases import sources
from byok_widgets.cases.reading import read_cases

VALUES = {
    "a number without end": "1e999",
    "no number": "NaN",
    "an infinity": "-Infinity",
    "more digits than Python reads": "1" * 5000,
    "lists in lists": "[" * 500 + "]" * 500,
    "lists that no parser reads": "[" * 100_000 + "]" * 100_000,
    "objects in objects": '{"a":' * 900 + "1" + "}" * 900,
    "a wrong type": "true",
}
FIELDS = (
    *("transcript", "caller", "variables", "path", "assertions", "tags", "weight", "contains"),
    *("other", "end_node"),
)


@pytest.fixture
def flow() -> Flow:
    return Flow("hostile cases", fresh=True)


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("field", FIELDS)
def test_in_a_file_of_lines(flow: Flow, field: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "Hi", "{field}": {value}}}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        flow.cases(path)
    assert caught.value.kind == "cases"
    assert "line 1" in caught.value.problem


@pytest.mark.parametrize("place", ["variables", "values"])
@pytest.mark.parametrize("name", [name for name in VALUES if name != "a wrong type"])
def test_in_a_value(flow: Flow, place: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "Hi", "{place}": {{"x": {VALUES[name]}}}}}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        flow.cases(path)
    assert caught.value.kind == "cases"


@pytest.mark.parametrize("field", ["weight", "values.word", "path"])
@pytest.mark.parametrize("value", ["[" * 100_000, VALUES["objects in objects"], "x" * 200_000])
def test_in_a_table(flow: Flow, field: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["text", field], ["Hi", value]])
    try:
        (case,) = flow.cases(path)
    except ConfigError as refused:
        kept = refused.kind == "cases"
    else:
        kept = value in (case.values.get("word"), *case.path)
    assert kept, "it is told, or read as the text that it is"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_named_pipe_and_a_huge_file_are_not_waited_for(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "huge.jsonl").write_bytes(b"x" * 11)
    monkeypatch.setattr(sources, "MAX_BYTES", 10)
    for name in ("pipe", "huge"):
        with pytest.raises(ConfigError) as caught:
            flow.cases(tmp_path / f"{name}.jsonl")
        assert caught.value.kind == "cases"


def test_more_cases_than_fit_into_the_memory_are_told(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "many.jsonl").write_text('{"text": "Hi"}\n' * 4, encoding="utf-8")
    monkeypatch.setattr(sources, "MAX_CASES", 4)
    assert len(flow.cases(tmp_path / "many.jsonl")) == 4
    monkeypatch.setattr(sources, "MAX_CASES", 3)
    with pytest.raises(ConfigError) as caught:
        flow.cases(tmp_path / "many.jsonl")
    assert "line 4" in caught.value.problem


@pytest.mark.parametrize(("mark", "named"), [(";", "semicolons"), ("\t", "tabs")])
def test_a_table_of_another_separator_says_so(tmp_path: Path, mark: str, named: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"text{mark}values.day\nTuesday, please{mark}Tue\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_cases(path)
    assert caught.value.problem.startswith("a.csv, line 1: ")
    assert named in caught.value.problem
