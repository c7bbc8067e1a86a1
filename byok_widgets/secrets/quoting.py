"""`as_given`: how an error quotes what somebody gave, in which there may be a key.

Keys are removed before a quote is shortened: what is left of a shortened key would not be recognised.
"""

from __future__ import annotations

from reprlib import Repr

from byok_widgets.secrets.redaction import redact_quotes

MAX_CHARS = 60
"""Longest quote, in characters."""
_READ_CHARS = 10_000

_WHOLE = Repr()
_WHOLE.maxstring = _WHOLE.maxother = _WHOLE.maxlong = _READ_CHARS


def as_given(value: object, most: int = MAX_CHARS) -> str:
    """Return a value as Python writes it, in one short line and without keys.

    Args:
        value: What was given, of any type.
        most: Maximum number of characters.
    """
    return without_keys(_WHOLE.repr(value), most)


def without_keys(text: str, most: int = MAX_CHARS) -> str:
    """Return the beginning of a text that somebody gave, in one line and without keys."""
    line = " ".join(redact_quotes(text[:_READ_CHARS]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
