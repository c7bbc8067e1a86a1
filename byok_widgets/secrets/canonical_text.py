"""Canonical text: what is left of a text when the ways of writing it differently are undone.

A key that is echoed in upper case, broken over lines, spaced out or escaped is the same in canonical text: lower
case, without white space and invisible characters, with URL, JSON and HTML escapes resolved, and in the standard
alphabet of base64. Anything else stands as it was. Used only for comparing.
"""

from __future__ import annotations

import re
import sys

_ESCAPE = re.compile(
    r"%(?:25)*(?P<url>[0-9A-Fa-f]{2})"
    r"|(?<!\\)\\+(?:(?:u00|x)(?P<json>[0-9A-Fa-f]{2})|(?P<control>[nrtfv])|(?P<sign>[\"'/]))"
    r"|\\(?P<backslash>\\)"
    r"|&(?:amp;)*\#[xX]0*(?P<hex>[0-9A-Fa-f]{2});"
    r"|&(?:amp;)*\#0*(?P<decimal>[0-9]{2,3});"
    r"|&(?:amp;)*(?P<name>amp|lt|gt|quot|apos);"
)
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

_INVISIBLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+"
)

_UNFINISHED_ESCAPE = re.compile(
    r"(?:%(?:25?)*[0-9A-Fa-f]?|\\+(?:u0{0,2}|x)?[0-9A-Fa-f]?|&(?:amp;)*(?:#[xX]?[0-9A-Fa-f]{0,6}|[a-z]{0,4}))\Z"
)


def has_escape_sign(text: str) -> bool:
    """Whether `text` has a character with which escapes begin."""
    return "%" in text or "\\" in text or "&" in text


def without_unfinished_escape(text: str) -> str:
    """Return `text` without an end that may turn out to be an escape."""
    found = _UNFINISHED_ESCAPE.search(text, max(0, len(text) - 48))
    return text[: found.start()] if found else text


def as_written(text: str) -> str:
    """Return `text` in canonical form, with its escapes as they are."""
    text = "".join(text.split())
    if not text.isprintable():
        text = _INVISIBLE.sub("", text)
    return text.lower().replace("-", "+").replace("_", "/")


def unescaped(text: str) -> str:
    """Return `text` in canonical form, with its escapes resolved."""
    return as_written(_ESCAPE.sub(_meant, text))


def readings(text: str) -> list[tuple[str, bool]]:
    """Return the canonical forms of `text`, each with whether its escapes are resolved in it."""
    written = (as_written(text), False)
    return [written, (unescaped(text), True)] if has_escape_sign(text) else [written]


def positions(text: str, *, resolve: bool) -> list[tuple[int, int]]:
    """Return where in `text` each character of its canonical form stands, as start and end."""
    places: list[tuple[int, int]] = []
    done = 0
    for escape in _ESCAPE.finditer(text) if resolve else ():
        places += _each(text, done, escape.start())
        places += [escape.span()] * len(as_written(_meant(escape)))
        done = escape.end()
    return places + _each(text, done, len(text))


def _each(text: str, start: int, end: int) -> list[tuple[int, int]]:
    lengths = {char: len(as_written(char)) for char in set(text[start:end])}
    return [(at, at + 1) for at in range(start, end) for _ in range(lengths[text[at]])]


def _meant(escape: re.Match[str]) -> str:
    code = escape["url"] or escape["json"] or escape["hex"]
    if code:
        return chr(int(code, 16))
    if escape["decimal"]:
        return chr(min(int(escape["decimal"]), sys.maxunicode))
    return _NAMED[escape["name"]] if escape["name"] else escape["sign"] or escape["backslash"] or ""
