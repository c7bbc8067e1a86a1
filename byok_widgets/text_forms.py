"""Forms of one text that read alike: composed or decomposed, full or half width, digits of several scripts."""

from __future__ import annotations

import unicodedata

_WIDTHS = ("<wide>", "<narrow>")


def same_form(text: str) -> str:
    """Return a text composed and in normal width, so that two texts which read alike are equal.

    Nothing else changes: "²" does not become "2", as NFKC would have it.
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", "".join(map(_normal_width, text)))


def with_european_digits(text: str) -> str:
    """Return a text with the digits 0 to 9 for those of other scripts."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def _normal_width(char: str) -> str:
    is_other = unicodedata.decomposition(char).startswith(_WIDTHS)
    return unicodedata.normalize("NFKC", char) if is_other else char
