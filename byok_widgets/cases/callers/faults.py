"""Errors of a simulated caller that can be detected exactly; they say nothing about the flow it talked to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from byok_widgets.cases.callers.caller import Caller
from byok_widgets.cases.callers.repetition import loops, telling_words
from byok_widgets.cases.callers.role import out_of_role
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.numbers import NumberSaid
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import sentences
from byok_widgets.grounding.rules.units import units_at, units_of_field
from byok_widgets.messages import Message

Turn = Mapping[str, Any]

KINDS: Mapping[str, str] = {
    "hung_up_early": "hung up early",
    "told_too_soon": "revealed a fact too soon",
    "invented": "stated what it does not know",
    "left_role": "left its role",
    "looped": "said the same again and again",
    "unusable": "gave no usable answer",
}
"""What may go wrong with a caller, in words."""

_FEWEST_DIGITS = 3
_MOST_CHARS = 5_000
"""Maximum number of characters of a turn that are checked: nobody says more."""
_DIGITS = re.compile(r"\d(?:[\s./()-]?\d)*")
_GROUPED = re.compile(r"\d(?:[\s./()-]{0,3}\d)*")
"""One number, such as of a telephone."""
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w")
_OWN = r"\b(?:[Mm]y|[Oo]ur)\s+(?:[\w'\u2019-]+\s+){1,3}(?:is|are|was|were)\s+"
_BEFORE_FIGURE = re.compile(
    rf"{_OWN}(?:only\s+|just\s+|about\s+|now\s+)?$|\b(?:live|lives|lived)\s+(?:at|in|on)\s+(?:\w+\s+){{0,3}}$"
)
_LOOK_BACK = 80
_AGE = re.compile(r"[\s-]years?[\s-]old\b", re.IGNORECASE)
_OWN_NAME = re.compile(rf"{_OWN}(?:called\s+|named\s+)?(?:(?:Dr|Mrs?|Ms|Prof)\.?\s+)?([A-Z][a-z]{{2,}})\b")


@dataclass(frozen=True)
class Fault:
    """One error of a caller.

    Attributes:
        kind: One of `KINDS`.
        turn: Number of the turn.
        what: What was said, or why it is one.
        by: `exact`, or `referee` where a model says so.
    """

    kind: str
    turn: int
    what: str = ""
    by: str = "exact"

    @property
    def data(self) -> dict[str, Any]:
        """The fault as it is kept."""
        return {"kind": self.kind, "turn": self.turn, "what": self.what, "by": self.by}


def faults_in(caller: Caller, turns: Sequence[Turn]) -> list[Fault]:
    """Return the errors of a caller in a dialogue, the first of each kind."""
    found = [*_too_soon(caller, turns), *_invented(caller, turns)]
    found += [Fault("left_role", *each) for each in out_of_role(caller, turns)]
    found += [Fault("looped", *each) for each in loops(turns)]
    first: dict[str, Fault] = {}
    for fault in sorted(found, key=lambda each: each.turn):
        first.setdefault(fault.kind, fault)
    return list(first.values())


def _too_soon(caller: Caller, turns: Sequence[Turn]) -> Iterator[Fault]:
    for name, fact in caller.known.items():
        heard = ""
        for turn in turns if fact.asked_by else ():
            if any(word.casefold() in heard for word in fact.asked_by):
                break
            if _says(str(turn["said"] or ""), name, fact.value):
                yield Fault("told_too_soon", turn["number"], name)
                break
            heard += f"\n{turn['reply']}".casefold()


def _says(text: str, name: str, value: str) -> bool:
    """Whether a text states a fact: in its words, as another form of its date or number, or as what it counts."""
    text = text[:_MOST_CHARS]
    if Dialogue([Message("user", text)]).look_up(value, "text").mark == "said":
        return True
    if _counts(text, name, value) or _tells(text, value):
        return True
    wanted, said = [{_bare(number) for number in _GROUPED.findall(each[:_MOST_CHARS])} for each in (value, text)]
    return any(len(number) >= _FEWEST_DIGITS and number in said for number in wanted)


def _tells(text: str, value: str) -> bool:
    """Whether a sentence has all words of a fact that has several, in whatever order: "moving to Graz, I ..."."""
    wanted = telling_words(value)
    return len(wanted) > 1 and any(wanted <= telling_words(sentence) for sentence in sentences(text))


def _counts(text: str, name: str, value: str) -> bool:
    """Whether a text has the only number of a fact, with the same unit: "fourteen kilograms" for "14 kg"."""
    fact, said = Passage(value), Passage(text)
    if len(fact.counts) != 1:
        return False
    wanted = units_at(value, fact.counts[0].start, fact.counts[0].end) or units_of_field(name)
    return any(
        number.values & fact.counts[0].values and wanted & units_at(text, number.start, number.end)
        for number in said.counts
    )


def _invented(caller: Caller, turns: Sequence[Turn]) -> Iterator[Fault]:
    """Yield numbers, names and addresses that stand in no fact and that the flow has not said."""
    known = "\n".join(
        [caller.persona, caller.goal, caller.temper, *(fact.value for fact in caller.known.values())]
    )
    for turn in turns:
        said = str(turn["said"] or "")[:_MOST_CHARS]
        there = {_bare(number) for number in _DIGITS.findall(known)}
        for number in map(_bare, _DIGITS.findall(said)):
            if len(number) >= _FEWEST_DIGITS and not any(number in one or one in number for one in there if one):
                yield Fault("invented", turn["number"], number)
        for what in [*_MAIL.findall(said), *_own_names(said)]:
            if what.casefold() not in known.casefold():
                yield Fault("invented", turn["number"], what)
        own = [*_own_figures(said)]
        heard = Passage(known).all_numbers if own else ()
        for figure in own:
            if figure.values.isdisjoint(heard):
                yield Fault("invented", turn["number"], said[figure.start : figure.end])
        known += f"\n{str(turn['reply'])[:_MOST_CHARS]}"


def _own_names(text: str) -> Iterator[str]:
    """Yield the names that somebody gives to what is its own: "my doctor is Dr. Feldmann"."""
    days = Passage(text).dates
    for found in _OWN_NAME.finditer(text):
        if not any(day.start <= found.start(1) < day.end for day in days) and found[1] not in ("Yes", "Not"):
            yield found[1]


def _own_figures(text: str) -> Iterator[NumberSaid]:
    """Yield the small numbers that somebody states of itself, such as an age or a house."""
    for number in Passage(text).numbers:
        is_own = _BEFORE_FIGURE.search(text[max(0, number.start - _LOOK_BACK) : number.start]) or _AGE.match(
            text, number.end
        )
        if is_own and len(_bare(text[number.start : number.end])) < _FEWEST_DIGITS:
            yield number


def _bare(number: str) -> str:
    return re.sub(r"\D", "", number)
