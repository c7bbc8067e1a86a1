"""JSON of others: each number in it is finite, however it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.compare.storage.cell_rows import as_plain, json_of
from byok_widgets.errors import ConfigError
from byok_widgets.files import finite_json
from byok_widgets.serve.turns.chat_request import read_request
from byok_widgets.serve.turns.protocol_error import ProtocolError
from byok_widgets.serve.turns.stored import answer_of

NUMBERS = ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"]
READERS: dict[str, tuple[Callable[[str], Any], type[Exception]]] = {
    "a text": (finite_json, ValueError),
    "bytes": (lambda text: finite_json(text.encode()), ValueError),
    "bytes of two each": (lambda text: finite_json(text.encode("utf-16")), ValueError),
    "a stored answer": (answer_of, ValueError),
    "a cell of a comparison": (json_of, ValueError),
    "a request": (lambda text: read_request(text.encode(), {}), ProtocolError),
}


@pytest.mark.parametrize(
    "text",
    [
        "NaN",
        "[1, Infinity]",
        '{"a": -Infinity}',
        "1e999",
        "-1E+999",
        "1e0309",
        "1000e306",
        "1.5e308999",
        f"1{'0' * 309}.0",
        f"{'9' * 400}e0",
    ],
)
@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_number_that_is_not_finite_is_no_json(text: str, *, as_bytes: bool) -> None:
    with pytest.raises(ValueError, match="finite"):
        finite_json(text.encode() if as_bytes else text)


@pytest.mark.parametrize(
    "text",
    [
        "1e308",
        "-1.5E-999",
        "123456789e99",
        f"{'9' * 308}.0",
        f"0.{'1' * 500}",
        f"{'9' * 400}",
        '["1e999", "NaN"]',
        '"\\ud83d"',
        '{"a": [1, 2.5, true, null]}',
    ],
)
def test_every_other_value_is_what_it_is(text: str) -> None:
    assert finite_json(text) == finite_json(text.encode()) == json.loads(text)


@pytest.mark.parametrize("text", ["", "{", "\ufeff{}", "[1,]", "{} {}"])
def test_what_is_no_json_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever its words
        finite_json(text)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("read", "error"), READERS.values(), ids=READERS)
def test_it_is_refused(read: Callable[[str], Any], error: type[Exception], number: str) -> None:
    usage = '{"input_tokens": 1, "output_tokens": 1}'
    with pytest.raises(error, match=r"finite|damaged|not JSON"):
        read(f'{{"messages": [{{"role": "user", "content": "a"}}], "user": {number}, "usage": {usage}}}')


def test_what_is_finite_is_read_as_it_is() -> None:
    assert finite_json('{"a": [1, 1.5, 1e3, -0.0, null, "NaN"]}') == {"a": [1, 1.5, 1000.0, 0.0, None, "NaN"]}
    assert finite_json("\ufeff1".encode("utf-8")) == 1


@pytest.mark.parametrize("number", NUMBERS)
def test_a_line_of_cases_is_refused_and_a_cell_of_a_table_is_a_text(number: str, tmp_path: Path) -> None:
    flow = Flow("cases")
    flow.extraction("read", word=str)
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.csv"
    lines.write_text(f'{{"text": "Hi", "values": {{"word": {number}}}}}', encoding="utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        flow.cases(lines)
    table.write_text(f"text,values.word\nHi,{number}\n", encoding="utf-8")
    (case,) = flow.cases(table)
    assert dict(case.values) == {"word": number}


def test_a_comparison_keeps_what_an_action_gave_as_text() -> None:
    assert as_plain({"a": [float("nan"), float("-inf"), 1.5]}) == {"a": ["nan", "-inf", 1.5]}
