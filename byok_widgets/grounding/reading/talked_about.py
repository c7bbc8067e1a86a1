"""Whether a dialogue speaks about what a field asks: a yes or no has no words of its own to look up."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Sequence
from functools import lru_cache

from byok_widgets.grounding.reading.answer_words import DENYING, word_set
from byok_widgets.grounding.reading.choices import is_same_word
from byok_widgets.grounding.reading.language import COMMON_WORDS, SMALL_WORDS
from byok_widgets.grounding.reading.numbers import number_named
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.words import Word, words_of, words_of_name

_TYPE_WORDS = frozenset({"true", "false", "flag", "field", "value", "boolean", "bool"})
_LEAST_LETTERS = 3
_LEAST_STEM = 4
_LEAST_SPELT_TWICE = 6
_ENDINGS = """
    able ability ably age al ance ancy ant ar ary ate ated ation ative be cy e ed ee ence ency ent er ers ery
    es ess ful fully iage ial ible ic ied ies ility ily ing ings ion ions ity ive lation le led less ling ly
    ment ments ness or ption s ship sion t tion ted y
"""
_DERIVING = frozenset({"", *_ENDINGS.split()})
"""Endings that make one word of another: "refundable" of "refund", "urgent" and "urgency"."""
_SUBJECTS = tuple(
    frozenset(words.split())
    for words in (
        "urgent urgency hurry rush rushed asap emergency immediate immediately quickly soon wait once critical",
        "smoke smoking smoker smokers cigarette cigarettes",
        "pet pets dog dogs cat cats animal animals puppy",
        "kid kids child children baby babies toddler",
        "wifi internet wlan online broadband",
        "vegetarian vegan meat veggie meatless",
        "alcohol alcoholic wine beer drinks cocktails",
        "park parking garage",
        "wheelchair disabled accessible disability accessibility ramp",
        "takeaway takeout pickup carryout",
        "refund refundable refunded reimburse cancel cancellation",
        "allergy allergies allergic intolerant intolerance",
        "recurring repeat repeating weekly monthly daily regular regularly",
    )
)
"""Words that speak about the same: who says "no rush" says something about `urgent`."""
_DENYING = word_set(DENYING) | {"t"}
_BETWEEN_WORDS = """
    a an any at all in particularly really so that the too very accept come have include includes need offer play
    serve served take want
"""
_BETWEEN = frozenset(_BETWEEN_WORDS.split())
_OPPOSITES = frozenset({"wait", "once"})
"""Words of a subject that say the opposite of the others."""
_LONGEST_HINT = 20
"""An example with more words speaks about many things, so that no word of it can be laid to one field."""


def is_talked_about(name: str, passages: Sequence[Passage], hints: Iterable[str] = ()) -> bool:
    """Whether a dialogue has a word of a field's name, a related one or a hint; true if the name says nothing.

    Args:
        name: The name of the field.
        passages: The dialogue.
        hints: Words that examples use for the field.
    """
    telling = telling_words(name)
    if not telling:
        return True
    about = {*hints, *_subject_of((*telling, *hints))}
    return any(_speaks(said, telling, about) for passage in passages for said in passage.words)


def is_denied(name: str, passages: Sequence[Passage]) -> bool:
    """Whether a dialogue speaks about a field only to deny it: "no rush" is no yes for `urgent`.

    Args:
        name: The name of the field; one such as `non_smoking` denies something itself.
        passages: The dialogue.
    """
    telling = telling_words(name)
    if not _DENYING.isdisjoint(word.bare for word in words_of_name(name)):
        return False
    about = _subject_of(telling) - _OPPOSITES

    def speaks(said: Word) -> bool:
        return _speaks(said, telling, about)

    denied = [
        _follows_denial(passage, at, speaks)
        for passage in passages
        for at, said in enumerate(passage.words)
        if speaks(said)
    ]
    return bool(denied) and all(denied)


def _follows_denial(passage: Passage, at: int, speaks: Callable[[Word], bool]) -> bool:
    """Whether "no" or "not" stands before a word, with nothing but small words such as "that" between them."""
    words, first = passage.words, at - 1
    while first > 0 and (words[first].bare in _BETWEEN or speaks(words[first])):
        first -= 1
    if first < 0 or words[first].bare not in _DENYING:
        return False
    return not re.search(r"[.,;:!?]", passage.text[words[first].end : words[at].start])


def _subject_of(words: Iterable[str]) -> frozenset[str]:
    """Return the words that speak about the same as some words do."""
    wanted = frozenset(words)
    return frozenset().union(*(group for group in _SUBJECTS if not group.isdisjoint(wanted)))


def _speaks(said: Word, telling: Iterable[str], about: Container[str]) -> bool:
    return said.bare in about or any(_is_related(said.bare, word) for word in telling)


def names_any(name: str, words: Iterable[Word]) -> bool:
    """Whether one of some words is one of a field's name, or has its stem."""
    return any(_is_related(word.bare, telling) for word in words for telling in telling_words(name))


def hints_of(text: str, others: Iterable[str] = ()) -> frozenset[str]:
    """Return the words by which a short example may speak about a field.

    Args:
        text: What was said.
        others: The values of other fields in it.
    """
    words = words_of(text)
    if len(words) > _LONGEST_HINT:
        return frozenset()
    taken = [word.bare for other in others for word in words_of(other)]
    found = {word.bare for word in words if len(word.bare) >= _LEAST_LETTERS} - COMMON_WORDS
    return frozenset(word for word in found if not any(is_same_word(word, other) for other in taken))


def _is_related(said: str, word: str) -> bool:
    if number_named(word) is not None or said in SMALL_WORDS:
        return said == word  # "that one" is not about a `first_visit`, nor "not" about a `note`
    return is_same_word(said, word) or _have_one_stem(_one_spelling(said), _one_spelling(word))


def _one_spelling(word: str) -> str:
    """Return a word in its American spelling: "neighbour" is "neighbor"."""
    return word.replace("our", "or") if len(word) >= _LEAST_SPELT_TWICE else word


@lru_cache(maxsize=4096)
def _have_one_stem(one: str, other: str) -> bool:
    return any(
        one[:at] == other[:at] and one[at:] in _DERIVING and other[at:] in _DERIVING
        for at in range(_LEAST_STEM, min(len(one), len(other)) + 1)
    )


@lru_cache(maxsize=1024)
def telling_words(name: str) -> tuple[str, ...]:
    """Return the words of a field's name that say what it is about."""
    found = {word.bare for word in words_of_name(name) if len(word.bare) >= _LEAST_LETTERS}
    return tuple(sorted(found - SMALL_WORDS - _TYPE_WORDS))
