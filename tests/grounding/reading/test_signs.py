"""Signs around a word make another value of it, and a piece of a longer word or number says nothing."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.evidence import Mark
from byok_widgets.messages import Message

BLOOD = ("A+", "A-", "O+", "O-")
LANGUAGES = ("C", "C++", "C#")
SIZES = ("S", "M", "L")


def mark(said: str, value: str, allowed: tuple[str, ...] = ()) -> Mark:
    return Dialogue([Message("user", said)]).look_up(value, "choice" if allowed else "text", allowed).mark


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("my type is O+", "O+"),
        ("O-, I think", "O-"),
        ("O positive", "O+"),
        ("it's O negative.", "O-"),
        ("I write C++", "C++"),
        ("C sharp, mostly", "C#"),
        ("minus 5 degrees", "-5"),
        ("it was −5", "-5"),
        ("call 555-0123", "0123"),
        ("about 5+ people", "5"),
        ("on 27.11.2026", "2026"),
        ("1,200 of them", "1200"),
        ("5, please", "5"),
    ],
)
def test_a_value_is_said_with_its_signs(said: str, value: str) -> None:
    assert mark(said, value) == "said"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("my type is O+", "O-"),
        ("my type is O-", "O+"),
        ("O negative", "O+"),
        ("I write C", "C++"),
        ("I write C++", "C"),
        ("I write C#", "C++"),
        ("5 degrees", "-5"),
        ("it was -5", "5"),
        ("it weighs 1.5 kg", "5"),
        ("1,200 of them", "200"),
        ("12.50 each", "50"),
        ("my order is 12345", "1234"),
        ("my order is 1234", "12345"),
    ],
)
def test_another_sign_or_a_piece_of_a_number_is_another_value(said: str, value: str) -> None:
    assert mark(said, value) == "ungrounded"


@pytest.mark.parametrize(
    ("said", "value", "allowed", "expected"),
    [
        ("O+", "O+", BLOOD, "said"),
        ("O+", "O-", BLOOD, "not_literal"),
        ("O negative", "O-", BLOOD, "said"),
        ("O negative", "O+", BLOOD, "not_literal"),
        ("C++", "C", LANGUAGES, "not_literal"),
        ("an M, please", "M", SIZES, "said"),
        ("I'm fine", "M", SIZES, "not_literal"),
        ("it’s fine", "S", SIZES, "not_literal"),
        ("the IT department", "IT", ("IT", "HR"), "said"),
        ("it is broken", "IT", ("IT", "HR"), "not_literal"),
        ("tell us", "US", ("US", "UK"), "not_literal"),
        ("i live in the us", "US", ("US", "UK"), "said"),
        ("no smoking", "smoking", ("smoking", "non_smoking"), "not_literal"),
        ("no smoking", "non_smoking", ("smoking", "non_smoking"), "said"),
        ("a roundtrip", "round_trip", ("one_way", "round_trip"), "said"),
        ("a roundtrip", "one_way", ("one_way", "round_trip"), "not_literal"),
    ],
)
def test_a_choice_is_said_with_its_signs(said: str, value: str, allowed: tuple[str, ...], expected: Mark) -> None:
    assert mark(said, value, allowed) == expected
