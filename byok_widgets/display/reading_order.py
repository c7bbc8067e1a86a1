"""Keeps names in a line in their order, even if they are in Arabic or Hebrew.

A page shows such names from right to left, together with whatever stands between them and any number that follows:
arrows would point backwards, and the number would come before the name. An invisible mark keeps each in its place,
and another one keeps a line that begins with such a name from starting on the right.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MARK = "\u200e"
_ARROW = " → "


def in_order(names: Iterable[str]) -> str:
    """Return names with arrows between them, the first on the left."""
    listed = list(names)
    words = _ARROW.join(listed)
    return f"{MARK}{f' {MARK}→ '.join(listed)}{MARK}" if _has_right_to_left(words) else words


def in_line(name: str) -> str:
    """Return a name that a number may follow."""
    return f"{name}{MARK}" if _has_right_to_left(name) else name


def from_left(words: str) -> str:
    """Return a line that begins on the left, whatever the script of its first word."""
    return f"{MARK}{words}" if _has_right_to_left(words) else words


def _has_right_to_left(words: str) -> bool:
    return not words.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL") for char in words)
