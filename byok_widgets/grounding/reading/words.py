"""The words of a text, each with its place."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from byok_widgets.grounding.reading.letters import bare, folded, is_joining, is_word_char, stands_alone

T = TypeVar("T")


class Word(NamedTuple):
    """One word.

    Attributes:
        text: The word without case, width and Unicode form.
        bare: The word without accents and other marks that people leave out.
        start: Index of its first character.
        end: Index after its last one.
    """

    text: str
    bare: str
    start: int
    end: int


class Words(tuple[Word, ...]):
    """The words of a text, with what look-ups make of them: many values are looked up in one text."""

    def kept(self, make: Callable[[Words], T]) -> T:
        """Return what a function of this package makes of them; it is called once."""
        if make not in self._made:
            self._made[make] = make(self)
        found: T = self._made[make]
        return found

    @cached_property
    def _made(self) -> dict[Callable[[Words], Any], Any]:
        return {}


BORDER = "\0"
"""A word between two messages: no search continues past it."""

Index = Mapping[str, Sequence[int]]
"""By a form of a word, the indices at which it stands, in order."""


def index_of(forms: Iterable[tuple[int, str]]) -> Index:
    """Return where each of some forms stands."""
    found: dict[str, list[int]] = defaultdict(list)
    for at, form in forms:
        found[form].append(at)
    return dict(found)


def by_bare(words: Words) -> Index:
    """Return where each word stands."""
    return index_of((at, word.bare) for at, word in enumerate(words))


def words_of(text: str) -> Words:
    """Return the words of a text; in scripts without spaces between words, each character is one."""
    if text.isascii():
        return Words(
            Word(word := found[0].lower(), word, found.start(), found.end()) for found in _ASCII.finditer(text)
        )
    return Words(
        Word(word, bare(word), start, end) for start, end in _spans(text) if (word := folded(text[start:end]))
    )


def words_of_name(name: str) -> Words:
    """Return the words of a name as it is written in code: `premiumEconomy`, `very_expensive`."""
    return words_of(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ")))


_ASCII = re.compile(r"[A-Za-z0-9]+")
"""Words of texts in which no letter has a mark, or another form."""


def places(words: Words, wanted: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield where words occur next to each other and in order: the first index, and the one after the last.

    Words that are written together or apart are the same: "M.D." and "MD", "555-0123" and "5550123".
    """
    if not wanted:
        return
    joined = "".join(word.bare for word in wanted)
    loose = _is_loose(joined, wanted)
    for at in firsts(words, wanted):
        end = at + len(wanted)
        if [word.bare for word in words[at:end]] == [word.bare for word in wanted]:
            yield at, end
        elif loose:
            end = _joined_end(words, at, joined)
            if end:
                yield at, end


def firsts(words: Words, wanted: Sequence[Word]) -> Sequence[int]:
    """Return the indices at which some words may begin, together or apart, in order."""
    joined, known = "".join(word.bare for word in wanted), words.kept(by_bare)
    if not _is_loose(joined, wanted):
        return known.get(wanted[0].bare, ())
    parts = (joined[:length] for length in words.kept(_lengths) if length <= len(joined))
    return sorted(at for part in parts for at in known.get(part, ()))


def _is_loose(joined: str, wanted: Sequence[Word]) -> bool:
    return len(joined) >= _LEAST_JOINED or any(len(word.bare) == 1 for word in wanted)


def _lengths(words: Words) -> Sequence[int]:
    return sorted({len(word.bare) for word in words})


_LEAST_JOINED = 4
"""Shorter texts are not put together from several words: "an a" is not "Ana"."""


def _joined_end(words: Sequence[Word], at: int, joined: str) -> int:
    length = 0
    for end in range(at, len(words)):
        part = words[end].bare
        if not joined.startswith(part, length):
            return 0
        length += len(part)
        if length == len(joined):
            return end + 1
    return 0


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = -1
    for at, char in enumerate(text):
        if start >= 0 and is_joining(char):
            continue
        inside = is_word_char(char)
        if start >= 0 and (not inside or stands_alone(char) or stands_alone(text[start])):
            yield start, at
            start = -1
        if inside and start < 0:
            start = at
    if start >= 0:
        yield start, len(text)
