"""The words of a text, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from byok_widgets.grounding.letters import bare, folded, is_joining, is_word_char, stands_alone


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


def words_of(text: str) -> tuple[Word, ...]:
    """Return the words of a text; in scripts without spaces between words, each character is one."""
    if text.isascii():
        return tuple(
            Word(word := found[0].lower(), word, found.start(), found.end()) for found in _ASCII.finditer(text)
        )
    return tuple(
        Word(word, bare(word), start, end) for start, end in _spans(text) if (word := folded(text[start:end]))
    )


def words_of_name(name: str) -> tuple[Word, ...]:
    """Return the words of a name as it is written in code: `premiumEconomy`, `very_expensive`."""
    return words_of(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " ")))


_ASCII = re.compile(r"[A-Za-z0-9]+")
"""Words of texts in which no letter has a mark, or another form."""


def places(words: Sequence[Word], wanted: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield where words occur next to each other and in order: the first index, and the one after the last.

    Words that are written together or apart are the same: "M.D." and "MD", "555-0123" and "5550123".
    """
    if not wanted:
        return
    joined = "".join(word.bare for word in wanted)
    loose = len(joined) >= _LEAST_JOINED or any(len(word.bare) == 1 for word in wanted)
    for at in range(len(words)):
        end = at + len(wanted)
        if [word.bare for word in words[at:end]] == [word.bare for word in wanted]:
            yield at, end
        elif loose:
            end = _joined_end(words, at, joined)
            if end:
                yield at, end


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
