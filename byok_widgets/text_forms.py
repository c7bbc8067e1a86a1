"""Unicode forms of a text that look alike: composed or decomposed, full or half width, digits of several scripts.

Whoever sends a text can make Python's own normalization take minutes, in which nothing else runs: it sorts the
marks after a letter one by one, and some characters become eighteen. Here the time grows with the length alone.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_WIDTHS = ("<wide>", "<narrow>")
_MOST_MARKS = 30
"""Marks after a letter that are sorted at a time: as in Unicode's stream-safe text, which joins the rest on."""
_JOINER = "\u034f"
_LAST_MARK = 0x1F000
"""No character from here on is a mark that is sorted."""
_SENTENCE = "\ufdfa"
"""A sentence in one character, which stays one."""


def normalized(form: Form, text: str) -> str:
    """Return a text in a normal form of Unicode."""
    if text.isascii():
        return text
    if len(text) > _MOST_MARKS:
        text = _too_many_marks().sub(rf"\g<0>{_JOINER}", text)
    if form in ("NFC", "NFD"):
        return unicodedata.normalize(form, text)
    return _SENTENCE.join(unicodedata.normalize(form, part) for part in text.split(_SENTENCE))


def same_form(text: str) -> str:
    """Return a text composed and in normal width, so that two texts which read alike are equal.

    Nothing else changes: "²" does not become "2", as NFKC would have it.
    """
    if text.isascii():
        return text
    return normalized("NFC", text.translate(_NORMAL_WIDTHS))


def with_european_digits(text: str) -> str:
    """Return a text with the digits 0 to 9 for those of other scripts."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


class _NormalWidths(dict[int, str]):
    """What becomes of each character in normal width. Filled as characters come, and so bounded."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        is_other = unicodedata.decomposition(char).startswith(_WIDTHS)
        self[code] = unicodedata.normalize("NFKC", char) if is_other else char
        return self[code]


_NORMAL_WIDTHS = _NormalWidths()


@cache
def _too_many_marks() -> re.Pattern[str]:
    marks = "".join(char for char in map(chr, range(0x80, _LAST_MARK)) if _is_mark(char))
    return re.compile(f"[{marks}]{{{_MOST_MARKS}}}(?=[{marks}])")


def _is_mark(char: str) -> bool:
    """Whether it is sorted among the marks of the letter before it, in some form."""
    return unicodedata.combining(unicodedata.normalize("NFKD", char)[0]) > 0
