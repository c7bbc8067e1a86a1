"""A text that is long, and made so that it holds ever so many numbers, dates and times."""

from __future__ import annotations

import datetime
import time
from typing import Any

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.messages import Message


@pytest.mark.parametrize("part", ["12:30 ", "2024-01-01 ", "5 o'clock ", "1 ", "tuesday "])
@pytest.mark.parametrize(
    ("value", "kind", "allowed"),
    [(3, "number", ()), ("Wed", "choice", ("Mon", "Wed")), (datetime.date(2025, 3, 1), "moment", ())],
)
def test_a_value_is_looked_up_in_time_that_grows_with_the_text(
    part: str, value: Any, kind: Any, allowed: Any
) -> None:
    def seconds(count: int) -> float:
        dialogue = Dialogue([Message("user", part * count)])
        before = time.process_time()
        dialogue.look_up(value, kind, allowed)
        return time.process_time() - before

    seconds(10)
    assert seconds(8_000) < 8 * seconds(2_000) + 0.5, "16 times as long where each is compared with each"


WORDS = ("ba", "do", "fe", "gi", "ku", "lo", "mi", "na", "re", "su", "ta", "vo", "we", "xi", "yo", "za")


def numbered(number: int, parts: Any) -> str:
    """Return a word of its own for each number."""
    return "".join(parts[number >> shift & 15] for shift in (0, 4, 8, 12))


VALUES = {
    "names": lambda number: f"{numbered(number, WORDS)} Silva",
    "names with accents": lambda number: f"{numbered(number, WORDS)}é Ána",
    "signs": lambda number: f"{chr(0x5000 + number)}山",
    "addresses": lambda number: f"{numbered(number, WORDS)}@example.com",
}


@pytest.mark.parametrize("is_said", [True, False])
@pytest.mark.parametrize("kind", ["text", "choice"])
@pytest.mark.parametrize("name", VALUES)
def test_many_values_are_looked_up_in_time_that_grows_with_their_number(
    name: str, kind: Any, is_said: bool
) -> None:
    def seconds(count: int) -> float:
        values = [VALUES[name](number) for number in range(count)]
        said = values if is_said else [numbered(number, WORDS[::-1]) + "xx" for number in range(count)]
        allowed = ["no", "yes or no"]
        dialogue = Dialogue([Message("user", text) for text in (", ".join(said), *said)])
        before = time.process_time()
        marks = {dialogue.look_up(value, kind, allowed).mark for value in values}
        assert "said" in marks or not is_said
        return time.process_time() - before

    seconds(10)
    assert seconds(800) < 8 * seconds(200) + 0.5, "16 times as long where each is compared with each"


def test_many_numbers_and_days_are_looked_up_in_time_that_grows_with_their_number() -> None:
    first = datetime.date(2025, 1, 1)

    def seconds(count: int) -> float:
        days = [first + datetime.timedelta(number) for number in range(count)]
        dialogue = Dialogue([Message("user", " ".join(f"{day} and {day.toordinal()}" for day in days))])
        before = time.process_time()
        for day in days:
            assert dialogue.look_up(day, "moment").mark == "said"
            assert dialogue.look_up(day.toordinal(), "number").mark == "said"
        return time.process_time() - before

    seconds(10)
    assert seconds(1_000) < 8 * seconds(250) + 0.5, "16 times as long where each is compared with each"
