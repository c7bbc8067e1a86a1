"""Whether people later replace what was said: "sorry, 5 people", "and make it 5", "make it the 5th of March"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from byok_widgets.grounding.asked import Asked, Place
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.evidence import Evidence
from byok_widgets.grounding.reading.answer_words import CORRECTING, NO, PREFERRING, any_of
from byok_widgets.grounding.reading.language import COMMON_WORDS
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import sentence_places
from byok_widgets.grounding.reading.talked_about import names_any
from byok_widgets.grounding.reading.words import words_of

MARKERS = rf"(?:{any_of('oh|uh|um', NO, CORRECTING)}\b[\s,.;:!\u2026\u2013\u2014-]*)"
BEGINS_AGAIN = re.compile(rf"\s*{MARKERS}+", re.IGNORECASE)
_CHANGES = re.compile(
    rf"\s*{MARKERS}*(?:(?:please|can\ you|could\ you|let['’]s)\s+)?"
    r"(?:(?<=\bmake it )|(?<=\bmake that )|(?<=\bi mean )|change\s+(?:it|that)\s+to\b)",
    re.IGNORECASE,
)
_MAKES_IT = re.compile(
    rf"\s*(?:(?:and|but|then|so)\s+)?{MARKERS}*(?:(?:please|can\ you|could\ you|let['’]s)\s+)?"
    r"(?:(?<=\bmake it )|(?<=\bmake that )|(?:make|change)\s+(?:it|that)\s+(?:to\s+)?)",
    re.IGNORECASE,
)
"""How a clause begins that gives another number and need not name its field."""
_ASKS_A_NUMBER = re.compile(r"\b(?:when|time|hour|how (?:many|much|long|old)|number)\b[^.!]*\?", re.IGNORECASE)
_COMMA = re.compile(r"[,;]\s")
_AROUND = """
    around better called correct he just like maybe name named nope of oh only people person persons right she
    speaking suit suits that us work works
"""
PLAIN = COMMON_WORDS | frozenset((*_AROUND.split(), *re.findall(r"[a-z]+", f"{CORRECTING} {PREFERRING}")))
"""Words that may stand around a value without saying anything else."""
LONGEST_REPLY = 200
"""A longer message says more than another value."""


def is_changed(dialogue: Dialogue, asked: Asked, place: Evidence) -> bool:
    """Whether a person later says plainly another value for the same field, and nothing else.

    Args:
        dialogue: The dialogue.
        asked: The value that is looked for.
        place: A place that says it.
    """
    if asked.kind != "number" and asked.moment is None:
        return False
    if asked.kind == "number" and _is_made_another(dialogue, asked, place):
        return True
    is_another = _is_another_number if asked.kind == "number" else _is_another_moment
    later = (number for number in dialogue.doubtful if number > place.message and dialogue.is_by_person(number))
    return any(
        is_another(dialogue, asked, number)
        for number in later
        if len(dialogue.passages[number].text) <= LONGEST_REPLY
    )


def _is_another_number(dialogue: Dialogue, asked: Asked, number: int) -> bool:
    """Whether a message corrects a number and says that the other one is of the same field: "sorry, 5 people"."""
    passage = dialogue.passages[number]
    given = asked.others_in(passage) if BEGINS_AGAIN.match(passage.text) else []
    if len(given) != 1 or not is_plain(asked, passage, given):
        return False
    return names_any(asked.name, words_of(passage.text[given[0][1] :])[:1])


def _is_made_another(dialogue: Dialogue, asked: Asked, place: Evidence) -> bool:
    """Whether a person changes the only number named so far, with no word of its field: "And make it 5"."""
    for number in dialogue.doubtful:
        passage = dialogue.passages[number]
        if number < place.message or not dialogue.is_by_person(number) or len(passage.text) > LONGEST_REPLY:
            continue
        asking = dialogue.passages[number - 1].text if number else ""
        if _ASKS_A_NUMBER.search(asking):
            continue
        is_answer = asking.rstrip().endswith("?")
        for at, (start, end) in enumerate(_clauses(passage.text)):
            is_behind = number > place.message or start >= place.end
            if is_behind and not (is_answer and at == 0) and _makes_it_another(asked, passage.text[start:end]):
                before = (*dialogue.passages[:number], Passage(passage.text[:start]))
                return not any(asked.others_in(earlier) for earlier in before)
    return False


def _clauses(text: str) -> Iterator[Place]:
    """Yield where each part between the commas of a sentence begins and ends."""
    for first, end in sentence_places(text):
        cuts = [first, *(found.end() for found in _COMMA.finditer(text, first, end)), end]
        yield from pairwise(cuts)


def _makes_it_another(asked: Asked, clause: str) -> bool:
    """Whether a clause gives one other number, and nothing else but small words and the name of the field."""
    begun = _MAKES_IT.match(clause)
    if begun is None:
        return False
    passage = Passage(clause)
    given = asked.others_in(passage)
    return len(given) == 1 and given[0][0] == begun.end() and is_plain(asked, passage, given)


def _is_another_moment(dialogue: Dialogue, asked: Asked, number: int) -> bool:
    """Whether a message changes the only day or time that was named so far: "Actually, make it the 5th"."""
    passage = dialogue.passages[number]
    if not _CHANGES.match(passage.text) or not asked.others_in(passage) or asked.places_in(passage):
        return False
    spans = [(said.start, said.end) for said in passage.times]
    spans += [(said.start, said.end) for said in passage.dates]
    named = (asked.others_in(earlier, is_relative=False) for earlier in dialogue.passages[:number])
    return is_plain(asked, passage, spans) and not any(named)


def is_plain(asked: Asked, passage: Passage, spans: Sequence[Place]) -> bool:
    """Whether a text has no more in it than some places, small words and the name of the field.

    Args:
        asked: The value that is looked for.
        passage: The text.
        spans: The places.
    """
    outside = [word for word in passage.words if not any(start <= word.start < end for start, end in spans)]
    return all(word.bare in PLAIN or names_any(asked.name, [word]) for word in outside)
