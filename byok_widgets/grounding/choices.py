"""Allowed values in a dialogue: the words of one, but not those of a longer one around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from byok_widgets.grounding.calendar_words import MONTHS, WEEKDAYS
from byok_widgets.grounding.numbers import number_named
from byok_widgets.grounding.words import Word, words_of_name

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
    )
)
"""Words that choose the same: who asks for "a big one" says `large`."""
_DENYING = frozenset({"no", "non", "not", "without"})


def choice_places(words: Sequence[Word], value: str, allowed: Sequence[object]) -> Iterator[tuple[int, int]]:
    """Yield where an allowed value is said: "Tuesday" for `Tue`, but no "very expensive" for `expensive`."""
    wanted = _words(value)
    longer = [_words(str(other)) for other in allowed if isinstance(other, str) and other != value]
    longer = [other for other in longer if len(other) > len(wanted)]
    covered = {at for other in longer for first, end in _places(words, other) for at in range(first, end)}
    for first, end in _places(words, wanted):
        if not covered.issuperset(range(first, end)):
            yield words[first].start, words[end - 1].end


@lru_cache(maxsize=1024)
def _words(value: str) -> tuple[Word, ...]:
    return words_of_name(value)


def _places(words: Sequence[Word], wanted: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield where words are said, also as one: "roundtrip"; the first index, and the one after the last."""
    if not wanted:
        return
    joined = "".join(word.bare for word in wanted) if len(wanted) > 1 else ""
    for at, first in enumerate(words):
        said = words[at : at + len(wanted)]
        if len(said) == len(wanted) and all(map(_is_said_as, said, wanted)):
            yield at, at + len(wanted)
        elif first.bare == joined:
            yield at, at + 1


def _is_said_as(said: Word, wanted: Word) -> bool:
    if wanted.bare in _DENYING:  # `non_smoking` is "no smoking"
        return said.bare in _DENYING
    return is_same_word(said.bare, wanted.bare)


def is_same_word(said: str, wanted: str) -> bool:
    """Whether two words mean the same: "Tuesday" and "Tue", "two" and "2", "refund" and "refunded"."""
    if said == wanted:
        return True
    for names in (WEEKDAYS, MONTHS):
        named = names.get(said, names.get(said.removesuffix("s")))
        if wanted in names and named is not None:
            return names[wanted] == named
    number = number_named(wanted)
    if number is not None or wanted.isdecimal():
        return number_named(said) == (number if number is not None else int(wanted))
    if any(said in group and wanted in group for group in _GROUPS):
        return True
    short, long = sorted((said, wanted), key=len)
    return len(short) >= _LEAST_STEM and long.startswith(short) and long.removeprefix(short) in _ENDINGS
