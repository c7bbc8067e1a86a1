"""Halves of surrogate pairs: text that contains one cannot be encoded, so it could be neither saved nor sent."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"
"""What stands for half of a character whose other half is missing."""


def without_surrogates(text: str) -> str:
    """Return text with pairs of surrogates joined, and each half that stands alone replaced by U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def repair_notice(text: str) -> str:
    """Return a notice that a text contained incomplete characters; empty if it did not."""
    lost = without_surrogates(text).count(REPLACEMENT) - text.count(REPLACEMENT)
    if lost <= 0:
        return ""
    what = "an incomplete character" if lost == 1 else f"{lost} incomplete characters"
    return f"{what} in your text {'was' if lost == 1 else 'were'} replaced by {REPLACEMENT}"
