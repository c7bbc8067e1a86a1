"""The words in which answers differ are marked."""

from __future__ import annotations

import pytest

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.results.case_diff import Diff
from byok_widgets.compare.results.word_diff import own_words


@pytest.mark.parametrize(
    ("text", "other", "own"),
    [
        ("See you on Tuesday.", "See you on Monday.", ["Tuesday."]),
        ("a b c", "a c", ["b"]),
        ("a c", "a b c", []),
        ("new  words", "", ["new  words"]),
        ("", "old", []),
        ("same", "same", []),
        ("x " * 2000, "y " * 2000, []),
    ],
)
def test_own_words(text: str, other: str, own: list[str]) -> None:
    assert [text[start:end] for start, end in own_words(text, other)] == own


def test_answers_are_marked_against_the_first() -> None:
    def cell(name: str, text: str, status: str = "done") -> ResultCell:
        return ResultCell(name, "c", 1, status, output={"text": text})  # type: ignore[arg-type]

    cells = {
        "one": cell("one", "On <i>Monday</i>."),
        "two": cell("two", "On Tuesday."),
        "three": cell("three", "", "failed"),
        "four": None,
    }
    shown = Diff(Case("c", text="Hi"), cells, {})._repr_html_()
    assert "<mark>Tuesday.</mark>" in shown
    assert shown.count("<mark>") == 1
    assert "<i>" not in shown
