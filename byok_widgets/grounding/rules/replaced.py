"""Values in whose place people later say another one, with no word of correction.

"I'm traveling to Rome." "Are there others? I'm traveling to Oslo." leaves Oslo, and so does "Could I have 300?"
"At most 200." "Then 200." The words are English; in other languages there is no sign, and every value counts as
meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from byok_widgets.grounding.asked import Asked, Place
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.reading.answer_words import ASSENT, CANNOT, PRAISE, YES, pattern
from byok_widgets.grounding.reading.language import COMMON_WORDS
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import sentence_places
from byok_widgets.grounding.reading.words import Word

_FAILS = re.compile(
    r"\b(?:sorry|apologi[sz]e|unfortunately|afraid|unable|unavailable|booked up|fully booked|sold out)\b"
    rf"|\b(?:not|no longer) (?:available|possible|free)\b|{CANNOT}",
    re.IGNORECASE,
)
_LIMITS = re.compile(r"\b(?:no|only|at (?:most|least)|up to|maximum|max|minimum|limit)\b", re.IGNORECASE)
_AGREES = pattern(
    r"\s*(?:(?:oh|well|hm+|then|and)\b[,.]?\s+)*"
    rf"(?:{YES}|{ASSENT}|{PRAISE}|(?:that|it)(?: is|['’]s| will| would|['’]ll)? (?:be )?"
    rf"(?:works?|suits?|do|{ASSENT}|{PRAISE}))\b"
)
_ADDS = re.compile(r"\b(?:also|and|both|too|then|after|next|another|plus|or)\b", re.IGNORECASE)
_FRAME = 2
"""How many words before a text say what it is: "traveling to", "leaving from"."""
_LONGEST_MESSAGE = 1000
_MOST_MESSAGES = 200


def is_replaced(dialogue: Dialogue, asked: Asked) -> bool:
    """Whether another value takes the place of one after each place that says it.

    Args:
        dialogue: The dialogue.
        asked: The value.
    """
    is_long = any(len(passage.text) > _LONGEST_MESSAGE for passage in dialogue.passages)
    if is_long or len(dialogue.passages) > _MOST_MESSAGES:
        return False
    said = [number for number, passage in enumerate(dialogue.passages) if asked.places_in(passage)]
    if not said or said[-1] + 1 == len(dialogue.passages):
        return False
    if asked.is_text:
        return _is_said_again(dialogue, asked, said)
    return _is_bargained(dialogue, asked, said) or _is_withdrawn(dialogue, asked, said[-1])


def _is_said_again(dialogue: Dialogue, asked: Asked, said: Sequence[int]) -> bool:
    """Whether people later say another name behind the same words as each time before: "traveling to"."""
    passages = dialogue.passages
    frames = [_frame(passages[number], place) for number in said for place in asked.places_in(passages[number])]
    if not frames or not all(frames) or not all(map(dialogue.is_by_person, said)):
        return False
    later = (number for number in range(said[-1] + 1, len(passages)) if dialogue.is_by_person(number))
    return any(set(frames) <= set(_frames_with_names(passages[number])) for number in later)


def _frame(passage: Passage, place: Place) -> tuple[str, ...]:
    """Return the words before a place, of which the first one tells something; none for others."""
    before = [word for word in passage.words if word.end <= place[0]][-_FRAME:]
    return _as_frame(passage, before, place[0])


def _as_frame(passage: Passage, before: Sequence[Word], end: int) -> tuple[str, ...]:
    if len(before) < _FRAME or before[0].bare in COMMON_WORDS or before[-1].bare not in COMMON_WORDS:
        return ()
    text = passage.text[before[0].start : end]
    return tuple(word.bare for word in before) if text.islower() and text.replace(" ", "").isalpha() else ()


def _frames_with_names(passage: Passage) -> Iterator[tuple[str, ...]]:
    """Yield the words before each name, in sentences that neither ask nor add something."""
    for start, end in sentence_places(passage.text):
        sentence = passage.text[start:end]
        if sentence.rstrip().endswith("?") or _ADDS.search(sentence):
            continue
        words = [word for word in passage.words if start <= word.start < end]
        for at, word in enumerate(words[_FRAME:], _FRAME):
            if passage.text[word.start].isupper():
                yield _as_frame(passage, words[at - _FRAME : at], word.start)


def _is_bargained(dialogue: Dialogue, asked: Asked, said: Sequence[int]) -> bool:
    """Whether people only ask for it, hear another value, and take that one: "300?" "At most 200." "Then 200."."""
    passages, last = dialogue.passages, said[-1]
    if len(said) != 1 or last + 2 >= len(passages) or not dialogue.is_by_person(last):
        return False
    if (
        dialogue.is_by_person(last + 1)
        or not dialogue.is_by_person(last + 2)
        or not asked.is_only_asked_for(passages[last])
    ):
        return False
    offered, taken = (_texts(asked, passages[number]) for number in (last + 1, last + 2))
    is_limit = _LIMITS.search(passages[last + 1].text) or _FAILS.search(passages[last + 1].text)
    return bool(is_limit and len(offered) == 1 and taken == offered and not asked.others_in(passages[last]))


def _is_withdrawn(dialogue: Dialogue, asked: Asked, last: int) -> bool:
    """Whether the model says that it cannot be, and people agree to the only other one that is named."""
    passages = dialogue.passages
    if any(asked.others_in(passage) for passage in passages[: last + 1]):
        return False
    for offer, reply in pairwise(range(last + 1, len(passages))):
        others = _texts(asked, passages[offer])
        if not others:
            continue
        is_offer = not dialogue.is_by_person(offer) and dialogue.is_by_person(reply) and len(others) == 1
        return bool(is_offer and _FAILS.search(passages[offer].text) and _AGREES.match(passages[reply].text))
    return False


def _texts(asked: Asked, passage: Passage) -> set[str]:
    return {passage.text[slice(*place)].casefold() for place in asked.others_in(passage)}
