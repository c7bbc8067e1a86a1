"""Who goes round in circles: a simulated caller that tells the same again, in whatever words, or the flow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ROUNDS = 3
"""How often in a row the same may be said, though the flow says something else."""
_MOST_PERIOD = 3
"""Maximum length of a repeated exchange that is detected, in turns."""
_MOST_CHARS = 5_000
_ALIKE = 0.6
"""Share of the words that two sentences have in common when they tell the same."""
_FILLER_WORDS = (
    "a an the on for at in to of and so well just really again then like as said would could can will i id im"
    " ive d m ve ll s me my is it that this hi hello hey please yes yeah yep no nope ok okay sure right correct"
    " exactly fine good great perfect thanks thank you very much"
    " am are be been was has have had do does did need want ask tell told say still such already what how"
    " must but one also got"
    " ja nein bitte danke genau gut stimmt richtig hallo oui non merci bien si sim nao gracias grazie vale claro"
)
_FILLERS = frozenset(_FILLER_WORDS.split())
"""Words that make no sentence another one, and with which alone people answer many questions in a row."""
_NOT = re.compile(r"(?:\bcannot|\bcan['\u2019]t|n['\u2019]t)\b")
_ENDING = re.compile(r"(?<=\w{3})(?:ing|ed|es|s|e)$")
_DOUBLED = re.compile(r"([^aeiou\W\d])\1$")


def loops(turns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """Yield where the caller tells the same although the flow does not: else it is the flow that loops.

    The same may be one sentence, or a few that come in turn. Saying yes to each of several questions is none.
    """
    turns = [turn for turn in turns if turn["said"] is not None]
    told = [telling_words(turn["said"]) for turn in turns]
    replies = [" ".join(_words(turn["reply"])) for turn in turns]
    for period in range(1, _MOST_PERIOD + 1):
        for end in range(ROUNDS * period, len(turns) + 1):
            rounds = [slice(end - (at + 1) * period, end - at * period) for at in reversed(range(ROUNDS))]
            answers = {tuple(replies[each]) for each in rounds[:-1]}
            if len(answers) == ROUNDS - 1 and _tell_the_same([told[each] for each in rounds]):
                yield turns[end - 1]["number"], str(turns[end - 1]["said"])


def flow_repeats(turns: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the flow's last reply is the one before, although the caller told it something in between."""
    replies = [" ".join(_words(turn["reply"])) for turn in turns[-2:]]
    return len(replies) == 2 and replies[0] == replies[1] and bool(telling_words(turns[-1]["said"]))


def _tell_the_same(rounds: Sequence[Sequence[frozenset[str]]]) -> bool:
    """Whether the last of several rounds tells nothing that is new, and each of them almost the same."""
    *earlier, last = rounds
    if not any(last):
        return False
    places = range(len(last))
    are_alike = all(_is_alike(each[at], last[at]) for each in earlier for at in places)
    return are_alike and all(last[at] <= frozenset().union(*(each[at] for each in earlier)) for at in places)


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether a sentence only leaves out or adds a little; with another word in place of one it asks for more."""
    few, many = sorted((one, other), key=len)
    return few <= many and len(few) >= _ALIKE * len(many)


def telling_words(text: Any) -> frozenset[str]:
    """Return the words by which a sentence tells something, in whatever order and with whatever ending."""
    plain = _NOT.sub(" not", str(text or "")[:_MOST_CHARS].casefold())
    stems = {_DOUBLED.sub(r"\1", _ENDING.sub("", word)) for word in _words(plain) if word not in _FILLERS}
    return frozenset(stems - _FILLERS)


def _words(text: Any) -> list[str]:
    return re.findall(r"\w+", str(text or "")[:_MOST_CHARS].casefold())
