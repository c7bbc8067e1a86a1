"""A choice that people take back is not theirs any more; one that they compare with another is."""

from __future__ import annotations

import pytest

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.rules.corrections import is_replaced, is_ruled_out
from byok_widgets.messages import Message

WAYS = ("plane", "train", "night train", "bus", None)


def replaced(value: str, *texts: str, allowed: tuple[str | None, ...] = WAYS) -> bool:
    """Look at a choice in a dialogue which a person begins."""
    said = [Message("assistant" if at % 2 else "user", text) for at, text in enumerate(texts)]
    return is_replaced(Dialogue(said), value, allowed)


@pytest.mark.parametrize(
    "texts",
    [
        ("By plane.", "By plane, tomorrow?", "No, I would rather take the train."),
        ("By plane.", "For how many?", "Two. Actually, make it the train."),
        ("By plane.", "It is fully booked.", "And the train?", "There is one train at 5.", "Fine."),
        ("I want to travel.", "How about a plane?", "I prefer the bus."),
        ("By plane.", "By plane, tomorrow?", "No.", "How then?", "The train instead."),
    ],
)
def test_a_choice_that_is_taken_back_is_replaced(texts: tuple[str, ...]) -> None:
    assert replaced("plane", *texts)


@pytest.mark.parametrize(
    "texts",
    [
        ("By plane.", "By plane, tomorrow?", "Yes."),
        ("By plane.", "By plane, tomorrow?", "No, on Friday."),
        ("By plane.", "There is a train too.", "No, thanks."),
        ("By plane.", "Tomorrow?", "Yes. My brother takes the train."),
        ("By plane.", "Tomorrow?", "Is the train cheaper?", "The train is not, the plane is.", "Good."),
        ("By plane.", "Tomorrow?", "No train and no bus, please."),
        ("By train, no, by plane.", "Tomorrow?", "Yes."),
    ],
)
def test_a_choice_that_nobody_takes_back_stays(texts: tuple[str, ...]) -> None:
    assert not replaced("plane", *texts)


def test_a_longer_choice_does_not_name_the_shorter_one_in_it() -> None:
    assert replaced("train", "By train.", "Which one?", "The night train, actually.")
    assert not replaced("night train", "By night train.", "Which one?", "No matter.")


def test_yes_and_no_replace_nothing() -> None:
    assert not replaced("yes", "Yes.", "Anything else?", "No, thanks.", allowed=("yes", "no"))


@pytest.mark.parametrize(
    ("said", "is_out"),
    [
        ("Not by plane, the train please.", True),
        ("I don't want a plane.", True),
        ("I don’t like the plane", True),
        ("Nothing too plane, thanks. Not so plane.", True),
        ("Anything but the plane.", True),
        ("No plane. No, really, no plane!", True),
        ("No, the plane.", False),
        ("Why not? By plane, then.", False),
        ("Not a plane? Well, by plane then.", False),
        ("By plane, not by train.", False),
        ("I don't want to wait: by plane.", False),
    ],
)
def test_a_choice_that_is_only_denied_is_ruled_out(said: str, is_out: bool) -> None:
    assert is_ruled_out(Dialogue([Message("user", said)]), "plane", WAYS) is is_out


def test_the_absence_of_a_thing_may_be_a_choice() -> None:
    smoking = ("smoking", "non_smoking")
    assert not is_ruled_out(Dialogue([Message("user", "No smoking.")]), "non_smoking", smoking)
