"""A number counts what its unit says; that is no value of a field for something else."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.rules.counted import counts_something_else
from byok_widgets.messages import Message


def is_other(name: str, value: float, text: str, description: str = "") -> bool:
    return counts_something_else(Dialogue([Message("user", text)]), name, value, description)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("weight_kg", 24, "That is 24 euros."),
        ("weight_kg", 24, "That is $24."),
        ("luggage", 3, "Three adults, please."),
        ("passengers", 5, "With 5 bags."),
        ("grade", 2, "Monday at 2."),
        ("adults", 3, "With 3 children."),
        ("guests", 4, "For 4 nights."),
    ],
)
def test_a_unit_of_something_else_shows_another_number(name: str, value: float, text: str) -> None:
    assert is_other(name, value, text)


def test_the_name_of_a_field_counts_before_its_description() -> None:
    assert is_other("passengers", 1, "With 1 stop.", "Number of passengers in the booking")
    assert not is_other("bags", 2, "With 2 suitcases.", "Number of bags of each passenger")
    assert is_other("number", 2, "With 2 suitcases.", "Number of passengers")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("mileage", 84000, "It has 84,000 km."),
        ("warranty", 2, "A warranty of 2 years."),
        ("room_size", 20, "It has 20 meters."),
        ("tip", 15, "15 dollars."),
        ("total", 12, "12 guests."),
        ("start_hour", 5, "At 5."),
        ("weight", 12, "12 pounds."),
        ("price", 12, "12 pounds."),
        ("children", 2, "Two kids."),
        ("guests", 3, "With 3 children."),
    ],
)
def test_a_unit_of_the_field_or_of_an_unknown_field_is_none(name: str, value: float, text: str) -> None:
    assert not is_other(name, value, text)
