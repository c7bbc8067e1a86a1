"""Allowed values in a dialogue: the words of one, but not those of a longer one around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from byok_widgets.grounding.reading.answer_words import ABSENCE, word_set
from byok_widgets.grounding.reading.calendar_words import MONTHS, WEEKDAYS
from byok_widgets.grounding.reading.numbers import number_named
from byok_widgets.grounding.reading.words import Index, Word, Words, by_bare, index_of, words_of_name

_ENDINGS = frozenset({"s", "es", "d", "ed", "ing", "ly", "er", "e", "n", "en", "al"})
_LEAST_STEM = 3
_GROUPS = tuple(
    frozenset(words.split())
    for words in (
        "small little tiny smallest",
        "large big huge largest biggest",
        "medium middle regular average normal",
        "cheap inexpensive budget low affordable affordably economical economically reasonable",
        "moderate medium intermediate mid affordable affordably economical economically reasonable average",
        "expensive pricey fancy upscale luxury luxurious",
        "fast quick express quickest fastest",
        "child kid children kids",
        "adult adults grownup",
        "female woman women lady girl",
        "male man men guy boy",
        "eur euro euros",
        "usd dollar dollars bucks",
        "gbp pound pounds sterling quid",
        "chf franc francs",
        "jpy yen",
    )
)
"""Words that choose the same: who asks for "a big one" says `large`."""
_DENYING = word_set(ABSENCE)


def choice_places(words: Words, value: str, allowed: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield where an allowed value is said: "Tuesday" for `Tue`, but no "very expensive" for `expensive`."""
    wanted = _words(value)
    found = list(_places(words, wanted))
    others = (
        [_words(str(other)) for other in allowed if isinstance(other, str) and other != value] if found else []
    )
    longer = [other for other in others if len(other) > len(wanted)]
    for first, end in found:
        around = (_places(words, other, range(max(0, first - len(other) + 1), end)) for other in longer)
        covered = {at for places in around for start, after in places for at in range(start, after)}
        if not covered.issuperset(range(first, end)):
            yield words[first].start, words[end - 1].end


@lru_cache(maxsize=1024)
def _words(value: str) -> Words:
    return words_of_name(value)


def _places(words: Words, wanted: Words, among: range | None = None) -> Iterator[tuple[int, int]]:
    """Yield where words are said, also as one: "roundtrip"; the first index, and the one after the last."""
    if not wanted:
        return
    joined = "".join(word.bare for word in wanted) if len(wanted) > 1 else ""
    for at in _firsts(words, wanted[0].bare, joined) if among is None else among:
        said = words[at : at + len(wanted)]
        if len(said) == len(wanted) and all(map(_is_said_as, said, wanted)):
            yield at, at + len(wanted)
        elif words[at].bare == joined:
            yield at, at + 1


def _firsts(words: Words, wanted: str, joined: str) -> Sequence[int]:
    """Return the indices of the words that may be said as one, or as all words of a value together, in order."""
    known, exact = words.kept(_by_meaning), words.kept(by_bare)
    found = (known.get(form, ()) for form in _forms(wanted, _number_wanted(wanted)))
    return sorted({at for each in (*found, exact.get(joined, ()) if joined else ()) for at in each})


def _by_meaning(words: Words) -> Index:
    return index_of(
        (at, form) for at, word in enumerate(words) for form in _forms(word.bare, number_named(word.bare))
    )


@lru_cache(maxsize=4096)
def _forms(word: str, number: Decimal | int | None) -> frozenset[str]:
    """Return forms of a word; two that `_is_said_as` takes for the same have one in common."""
    found = {word[:_LEAST_STEM]}
    found |= {f"number {Decimal(number).normalize():f}"} if number is not None else set()
    for names in (WEEKDAYS, MONTHS):
        named = names.get(word, names.get(word.removesuffix("s")))
        found |= {f"calendar {named}"} if named is not None else set()
    found |= {f"group {at}" for at, group in enumerate((*_GROUPS, _DENYING)) if word in group}
    return frozenset(found)


def _is_said_as(said: Word, wanted: Word) -> bool:
    if wanted.bare in _DENYING:  # `non_smoking` is "no smoking"
        return said.bare in _DENYING
    return is_same_word(said.bare, wanted.bare)


def _number_wanted(word: str) -> Decimal | int | None:
    """Return the number that an allowed value names, in words or in digits."""
    number = number_named(word)
    return int(word) if number is None and word.isdecimal() else number


def is_same_word(said: str, wanted: str) -> bool:
    """Whether two words mean the same: "Tuesday" and "Tue", "two" and "2", "refund" and "refunded"."""
    if said == wanted:
        return True
    for names in (WEEKDAYS, MONTHS):
        named = names.get(said, names.get(said.removesuffix("s")))
        if wanted in names and named is not None:
            return names[wanted] == named
    number = _number_wanted(wanted)
    if number is not None:
        return number_named(said) == number
    if any(said in group and wanted in group for group in _GROUPS):
        return True
    short, long = sorted((said, wanted), key=len)
    return len(short) >= _LEAST_STEM and long.startswith(short) and long.removeprefix(short) in _ENDINGS
