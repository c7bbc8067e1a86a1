"""Halves of surrogate pairs: text that contains one cannot be encoded, so it could be neither saved nor sent."""

from __future__ import annotations

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH = re.compile("[\ud800-\udbff]\\Z")


def without_surrogates(text: str) -> str:
    """Return text with pairs of surrogates joined, and each half that stands alone replaced by U+FFFD."""
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class SurrogateJoiner:
    """Joins the halves of a surrogate pair that arrive in two pieces of a text."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """Return a piece of text that can be encoded; a first half at its end is held back."""
        if not self._half and (text.isascii() or not _SURROGATE.search(text)):
            return text
        if not text:
            return ""
        text, self._half = self._half + text, ""
        if _HIGH.search(text):
            text, self._half = text[:-1], text[-1]
        return without_surrogates(text)

    @property
    def rest(self) -> str:
        """U+FFFD for a half whose other half has not come; empty otherwise."""
        return "\ufffd" if self._half else ""

    def flush(self) -> str:
        """Return U+FFFD for a half whose other half never came; empty otherwise."""
        rest, self._half = self.rest, ""
        return rest
