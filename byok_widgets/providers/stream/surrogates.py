"""Halves of surrogate pairs that arrive in two pieces of a text."""

from __future__ import annotations

import re

from byok_widgets.surrogates import REPLACEMENT, without_surrogates

_HIGH = re.compile("[\ud800-\udbff]\\Z")


class SurrogateJoiner:
    """Joins the halves of a surrogate pair that arrive in two pieces of a text."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, text: str) -> str:
        """Return a piece of text that can be encoded; a first half at its end is held back."""
        if not self._half and text.isascii():
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
        return REPLACEMENT if self._half else ""

    def flush(self) -> str:
        """Return U+FFFD for a half whose other half never came; empty otherwise."""
        rest, self._half = self.rest, ""
        return rest
