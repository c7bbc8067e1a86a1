"""Choices that people take back: "I would rather take the train" after all that was said about a plane.

The words of a correction are English; in other languages a choice counts as replaced where another is confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.answer_words import ABSENCE, NO, PREFERRING, any_of, pattern
from byok_widgets.grounding.reading.choices import choice_places
from byok_widgets.grounding.reading.language import COMMON_WORDS
from byok_widgets.grounding.reading.words import words_of_name

_CORRECTION = pattern(rf"\b{any_of(NO, PREFERRING)}\b")
_DENIAL = pattern(
    rf"\b(?:{ABSENCE}|anything but|nothing|(?:don|won|can|doesn)['\u2019]?t (?:want|like|need|take|choose))"
    r"(?:[ -](?:a|an|any|the|in|by|on|too|so|that|very))*[ -]?$"
)
"""Words right before something that is not wanted."""
_ABSENCE = pattern(rf"{any_of(ABSENCE)}\b")
"""How the name of the absence of something begins."""
_LOOK_BACK = 40
_ANSWERS = COMMON_WORDS | {"yes", "no", "maybe", "none", "other", "any"}
_MOST = 50
"""With more allowed values, names of them come up by chance."""


def is_taken_back(dialogue: Dialogue, value: str, allowed: Sequence[Any]) -> bool:
    """Whether people rule out a choice that the dialogue says, or replace it by another."""
    return is_ruled_out(dialogue, value, allowed) or is_replaced(dialogue, value, allowed)


def is_replaced(dialogue: Dialogue, value: str, allowed: Sequence[Any]) -> bool:
    """Whether people name one other allowed value after this one, which nobody says again.

    The other one must be a correction, or be said once more: who only mentions another choice takes back nothing.

    Args:
        dialogue: The dialogue.
        value: An allowed value, which the dialogue says.
        allowed: All allowed values.
    """
    others = [each for each in allowed if isinstance(each, str) and each != value]
    if len(others) >= _MOST or any(map(_is_answer, (value, *others))):
        return False
    said = [at for at in range(len(dialogue.passages)) if _is_said(dialogue, at, value, allowed)]
    for at in range(max(said, default=len(dialogue.passages)) + 1, len(dialogue.passages)):
        named = [other for other in others if _is_said(dialogue, at, other, allowed)]
        if not dialogue.is_by_person(at) or len(named) != 1:
            continue
        later = range(at + 1, len(dialogue.passages))
        if _CORRECTION.search(dialogue.passages[at].text) or any(
            _is_said(dialogue, number, named[0], allowed) for number in later
        ):
            return True
    return False


def is_ruled_out(dialogue: Dialogue, value: str, allowed: Sequence[Any]) -> bool:
    """Whether each place that says a choice says that it is not wanted: "not economy, business please".

    Args:
        dialogue: The dialogue.
        value: An allowed value, which the dialogue says.
        allowed: All allowed values; one of them may be a denial itself, and then no place rules out anything.
    """
    if _is_answer(value) or any(_ABSENCE.match(str(each).replace("_", " ")) for each in allowed):
        return False
    places = [
        _DENIAL.search(passage.text[max(0, first - _LOOK_BACK) : first])
        for passage in dialogue.passages
        for first, _ in choice_places(passage.words, value, allowed)
    ]
    return bool(places) and all(places)


def _is_answer(value: str) -> bool:
    return all(word.bare in _ANSWERS for word in words_of_name(value))


def _is_said(dialogue: Dialogue, number: int, value: str, allowed: Sequence[Any]) -> bool:
    return dialogue.alone(number).look_up(value, "choice", allowed).mark == "said"
