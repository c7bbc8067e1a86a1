"""What is left of a text without the signs that somebody may put between the characters of a key.

A key that is spelled out (`s-k-a`), quoted letter by letter (`["s", "k"]`) or set in bold in part (`**sk**-a`)
has the same letters and digits in the same order.
"""

from __future__ import annotations

import re

_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())
_MANY_TAGS = 6
"""Fewer of them do not split a key into pieces that are too short to be found."""
_TAG = re.compile(r"<[^<>]{0,40}>")


def without_tags(text: str) -> str:
    """Return `text` with dots in place of short HTML tags and of `0x`, so that each character keeps its place."""
    if text.count("<") >= _MANY_TAGS:
        text = _TAG.sub(lambda tag: "." * len(tag[0]), text)
    return text.replace("0x", "..")


def without_signs(reading: str) -> str:
    """Return the ASCII letters and digits of a text in canonical form."""
    return reading.encode("ascii", "ignore").translate(None, _SIGNS).decode("ascii")
