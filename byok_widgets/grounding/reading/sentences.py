"""The sentences of a text, as far as their marks show them."""

from __future__ import annotations

import re
from collections.abc import Iterator

Place = tuple[int, int]

_SENTENCE = re.compile(
    r"[^?!\n]*?(?:[?!\n]|(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bMrs)(?<=[^.\s]{2})\.(?=\s|$)|$)"
)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text."""
    yield from (text[start:end].strip() for start, end in sentence_places(text))


def sentence_places(text: str) -> Iterator[Place]:
    """Yield where each sentence begins and ends."""
    yield from (found.span() for found in _SENTENCE.finditer(text) if found[0].strip())


def last_sentence(text: str) -> Place:
    """Return where the last sentence begins and ends."""
    *_, last = [(0, 0), *sentence_places(text)]
    return last
