"""Errors of a simulated caller that can be detected exactly; they say nothing about the flow it talked to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from byok_widgets.cases.callers.caller import Caller

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

ROUNDS = 3
"""How often in a row the same may be said, though the flow says something else."""
_FEWEST_DIGITS = 3
_MOST_CHARS = 5_000
"""Maximum number of characters of a turn that are checked: nobody says more."""
_DIGITS = re.compile(r"\d(?:[\s./()-]?\d)*")
_GROUPED = re.compile(r"\d(?:[\s./()-]{0,3}\d)*")
"""One number, such as of a telephone."""
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]*\w")
_MOST_PERIOD = 3
"""Maximum length of a repeated exchange that is detected, in turns."""
_MACHINE = (
    r"an? (?:ai|artificial intelligence|(?:large |ai )?language model|(?:(?:ai|virtual|helpful) )?assistant"
    r"|chat ?bot(?! \w*(?:er|or)\b))"  # a developer of chatbots is none
)
_OUT_OF_ROLE = re.compile(
    rf"\bas {_MACHINE}\b|\bi(?:['\u2019]m| am) (?:just |only )?{_MACHINE}\b"
    r"|\bhow (?:can|may) i (?:help|assist) you\b|\bwhat (?:can|may) i do for you\b"
    r"|\banything else i (?:can|may) (?:help|assist|do)\b"
    r"|\bals ki\b|\bich bin (?:nur )?(?:eine? )?(?:ki|sprachmodell|chatbot)\b"
    r"|\b(?:wie|womit) kann ich (?:ihnen|dir) (?:helfen|dienen)\b|\bwas kann ich f\u00fcr (?:sie|dich) tun\b"
    r"|\ben tant qu['\u2019](?:ia|assistante?)\b|\bcomo (?:una )?(?:ia|asistente virtual)\b"
    r"|^[\s*_]*(?:assistant|agent|receptionist|operator|service|system|bot|caller|patient|customer|user)[\s*_]*:",
    re.IGNORECASE | re.MULTILINE,
)
_FILLER_WORDS = (
    "a an the on for at in to of and so well just really again then like as said would could can will i id im"
    " ive d m ve ll s me my is it that this hi hello hey please yes yeah yep no nope ok okay sure right correct"
    " exactly fine good great perfect thanks thank you very much"
    " ja nein bitte danke genau gut stimmt richtig hallo oui non merci bien si sim nao gracias grazie vale claro"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
"""Words that make no sentence another one, and with which alone people answer many questions in a row."""


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
    found = [*_too_soon(caller, turns), *_invented(caller, turns), *_out_of_role(caller, turns), *_loops(turns)]
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
            if _says(str(turn["said"] or ""), fact.value):
                yield Fault("told_too_soon", turn["number"], name)
                break
            heard += f"\n{turn['reply']}".casefold()


def _says(text: str, value: str) -> bool:
    """Whether a text states a value, a number in whatever way its digits are grouped."""
    words = _plain(value)
    if " " in words and f" {words} " in f" {_plain(text)} ":
        return True
    if re.search(rf"(?<!\w){re.escape(value.casefold())}(?!\w)", text.casefold()):
        return True
    wanted, said = [{_bare(number) for number in _GROUPED.findall(each[:_MOST_CHARS])} for each in (value, text)]
    return any(len(number) >= _FEWEST_DIGITS and number in said for number in wanted)


def _invented(caller: Caller, turns: Sequence[Turn]) -> Iterator[Fault]:
    """Yield numbers and addresses that stand in no fact and that the flow has not said."""
    known = "\n".join(
        [caller.persona, caller.goal, caller.temper, *(fact.value for fact in caller.known.values())]
    )
    for turn in turns:
        said = str(turn["said"] or "")[:_MOST_CHARS]
        there = {_bare(number) for number in _DIGITS.findall(known)}
        for number in map(_bare, _DIGITS.findall(said)):
            if len(number) >= _FEWEST_DIGITS and not any(number in one or one in number for one in there if one):
                yield Fault("invented", turn["number"], number)
        for address in _MAIL.findall(said):
            if address.casefold() not in known.casefold():
                yield Fault("invented", turn["number"], address)
        known += f"\n{str(turn['reply'])[:_MOST_CHARS]}"


def _bare(number: str) -> str:
    return re.sub(r"\D", "", number)


def _out_of_role(caller: Caller, turns: Sequence[Turn]) -> Iterator[Fault]:
    is_assistant = "assistant" in caller.persona.casefold()
    for turn in turns:
        for found in _OUT_OF_ROLE.finditer(str(turn["said"] or "")):
            what = found.group().strip()
            if not (is_assistant and what.casefold().endswith(" an assistant")):
                yield Fault("left_role", turn["number"], what)
                break


def _loops(turns: Sequence[Turn]) -> Iterator[Fault]:
    """Yield where the caller says the same although the flow does not: else it is the flow that loops.

    The same may be one sentence, or a few that come in turn. Saying yes to each of several questions is none.
    """
    turns = [turn for turn in turns if turn["said"] is not None]
    said = [_told(turn["said"]) for turn in turns]
    replies = [_plain(turn["reply"]) for turn in turns]
    for period in range(1, _MOST_PERIOD + 1):
        for end in range(ROUNDS * period, len(turns) + 1):
            rounds = [slice(end - (at + 1) * period, end - at * period) for at in reversed(range(ROUNDS))]
            answers = {tuple(replies[each]) for each in rounds[:-1]}
            same = {tuple(said[each]) for each in rounds}
            if len(same) == 1 and any(same.pop()) and len(answers) == ROUNDS - 1:
                yield Fault("looped", turns[end - 1]["number"], str(turns[end - 1]["said"]))


def _told(text: Any) -> frozenset[str]:
    """Return the words by which a sentence tells something, in whatever order."""
    return frozenset(_plain(text).split()) - _FILLERS


def _plain(text: Any) -> str:
    return " ".join(re.findall(r"\w+", str(text or "").casefold()))
