"""The days that an English dialogue names, in its own words."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.reading.day_phrases import MOST_PHRASES, day_phrases


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("On the 4th of this month, not the 5th.", ["4th of this month", "the 5th"]),
        ("the 3rd of May 2027 or May 3, 2027", ["3rd of May 2027", "May 3, 2027"]),
        ("the day after tomorrow, or tomorrow morning", ["day after tomorrow", "tomorrow morning"]),
        ("next Friday, Tuesday next week, on Mondays", ["next Friday", "Tuesday next week", "Mondays"]),
        (
            "in two weeks, this weekend, at the end of next month",
            ["in two weeks", "this weekend", "end of next month"],
        ),
        ("2026-12-03, 12/24 or 3.12.", ["2026-12-03", "12/24", "3.12."]),
        ("Christmas Eve or mid-March, ASAP", ["Christmas Eve", "mid-March", "ASAP"]),
        ("Friday, and friday again", ["Friday"]),
        ("I sat there; I may come with 4.5 stars and 10 people", []),
        ("On Sat in may", ["Sat"]),
    ],
)
def test_days_are_found_in_their_own_words(text: str, days: list[str]) -> None:
    assert list(day_phrases([text])) == days


def test_of_very_many_days_none_is_offered() -> None:
    assert len(day_phrases([f"May {day}." for day in range(1, MOST_PHRASES + 1)])) == MOST_PHRASES
    assert not day_phrases([f"May {day}, June {day}." for day in range(1, MOST_PHRASES)])
