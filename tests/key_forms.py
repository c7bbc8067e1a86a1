"""The forms in which a key may be echoed, and the hunt for pieces of a key in any text."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from urllib.parse import unquote

from tests.pieces import Pieces, runs

PIECE = 8
"""So many consecutive characters after the public prefix are a piece of a key."""

_BETWEEN = bytes(code for code in range(128) if not chr(code).isprintable()) + b" "
"""What may stand between the characters of a key, as everything that is not ASCII."""

_PREFIX = re.compile(r"sk-(?:ant-[a-z]+\d+-|or-v1-|proj-|svcacct-|admin-)?|AQ\.Ab8RN6|AIza|gsk_|xai-|hf_")


def _lines(text: str, length: int) -> str:
    return "\n".join(text[at : at + length] for at in range(0, len(text), length))


def _base64(key: str, before: bytes = b"") -> str:
    return base64.b64encode(before + key.encode() + b"!?").decode()


FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "upper case": str.upper,
    "lower case": str.lower,
    "reversed": lambda key: key[::-1],
    "reversed, in upper case": lambda key: key[::-1].upper(),
    "base64": _base64,
    "base64, shifted by one": lambda key: _base64(key, b"x"),
    "base64, shifted by two": lambda key: _base64(key, b"xy"),
    "base64 for URLs": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64 on lines": lambda key: _lines(_base64(key), 20),
    "hex": lambda key: key.encode().hex(),
    "hex, in upper case": lambda key: key.encode().hex().upper(),
    "hex, spaced": lambda key: key.encode().hex(" "),
    "hex, with colons": lambda key: key.encode().hex(":"),
    "URL": lambda key: "".join(f"%{code:02X}" for code in key.encode()),
    "JSON": lambda key: "".join(f"\\u{code:04x}" for code in key.encode()),
    "HTML": lambda key: "".join(f"&#{code};" for code in key.encode()),
    "spaced": " ".join,
    "on lines": lambda key: _lines(key, 7),
    "UTF-16": lambda key: key.encode("utf-16-le").decode("latin-1"),
    "a piece": lambda key: key[-20:-3],
    "eight characters": lambda key: key[-12:-4],
    "in a header": lambda key: f"Authorization: Bearer {key}",
}


@lru_cache(maxsize=256)  # a text that is cut at many places mostly comes out the same
def leaks(text: str, key: str) -> bool:
    """Whether a piece of `key` is in `text`, in any of the forms."""
    hidden, encoded = _pieces(key[_public(key) :])
    return any(hidden.are_in(read.lower()) or encoded.are_in(read) for read in _readings(text))


@cache
def _pieces(key: str) -> tuple[Pieces, Pieces]:
    """Return the pieces to look for in small letters, and those of its forms in base64."""
    small = key.lower().encode()
    hidden = runs(small, PIECE) | runs(small[::-1], PIECE) | runs(key.encode().hex().encode(), 2 * PIECE)
    encoded = (_base64(key, before)[4:-4].encode() for before in (b"", b"x", b"xy"))
    return Pieces(hidden), Pieces(run for form in encoded for run in runs(form, 12))


def _readings(text: str) -> set[bytes]:
    resolved = {
        text,
        text.replace(":", ""),
        unquote(text),
        html.unescape(text),
        re.sub(r"\\u00(..)", _character, text),
    }
    return {each.encode("ascii", "ignore").translate(None, _BETWEEN) for each in resolved}


def _character(escape: re.Match[str]) -> str:
    try:
        return chr(int(escape[1], 16))
    except ValueError:
        return escape[0]


def _public(key: str) -> int:
    found = _PREFIX.match(key)
    return found.end() if found else 0
