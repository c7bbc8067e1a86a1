"""The words that one text has and another lacks."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

MOST_PAIRS = 1_000_000
"""Longer texts would take too long to compare."""
_WORD = re.compile(r"\S+")


def own_words(text: str, other: str) -> list[tuple[int, int]]:
    """Return where `text` has words that `other` lacks; nothing where the two are too long to be compared."""
    ours, theirs = list(_WORD.finditer(text)), _WORD.findall(other)
    if len(ours) * len(theirs) > MOST_PAIRS:
        return []
    steps = SequenceMatcher(None, [word[0] for word in ours], theirs, autojunk=False).get_opcodes()
    return [
        (ours[start].start(), ours[end - 1].end())
        for kind, start, end, *_ in steps
        if kind in ("replace", "delete")
    ]
