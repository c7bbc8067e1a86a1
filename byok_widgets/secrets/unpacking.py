"""`unpacked`: what is inside the encoded parts of a text, where encodings are inside one another.

A key in base64 or hex is found as it stands. Here are base64 of base64, of hex, of compressed text and the like,
and base32. Only long words are looked at: ordinary text has few.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

_SHORTEST = 32
"""No encoding of a key is shorter, in characters."""
_LONGEST = 65_536
"""How much of a word is unpacked, and to how much it may be decompressed."""
_MAX_DEPTH = 3
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{32,}", re.ASCII)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}){16,}")
_BASE32 = re.compile(r"[A-Z2-7]{32,}|[a-z2-7]{32,}")
_PRINTABLE = re.compile(rb"[\0\n\r\t -~]{16,}")
"""What a decoded text has, in UTF-16, too; bytes that are none have it only by chance."""
_TO_STANDARD = str.maketrans("-_", "+/")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def unpacked(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where encoded parts of a text start and end, with each text that they may stand for."""
    at = 0
    for word in [word for word in text.split() if len(word) >= _SHORTEST]:
        at = text.index(word, at)
        for run in _BASE64.finditer(word[:_LONGEST]):
            for inner in _texts_in(run[0]):
                yield at + run.start(), at + run.end(), inner
        at += len(word)


def _texts_in(run: str, depth: int = 0) -> Iterator[str]:
    """Yield the texts for which a run of letters and digits may stand, and those inside them."""
    for data in _decoded(run):
        for printable in _PRINTABLE.findall(_decompressed(data)):
            inner = printable.replace(b"\0", b"").decode("ascii")
            yield inner
            if depth < _MAX_DEPTH:
                for deeper in _BASE64.findall(inner):
                    yield from _texts_in(deeper, depth + 1)


def _decoded(run: str) -> Iterator[bytes]:
    if whole := _HEX.match(run):
        yield bytes.fromhex(whole[0])
        return
    if _BASE32.fullmatch(run):
        yield base64.b32decode(_in_full(run.upper(), 8, unusable=(1, 3, 6)))
    for shift in range(4):  # a part of a longer text may begin anywhere
        yield base64.b64decode(_in_full(run[shift:].translate(_TO_STANDARD), 4, unusable=(1,)))


def _in_full(characters: str, group: int, *, unusable: tuple[int, ...]) -> str:
    """Return characters in whole groups: filled up, or without the last one if no byte ends with it."""
    if len(characters) % group in unusable:
        characters = characters[:-1]
    return characters + "=" * (-len(characters) % group)


def _decompressed(data: bytes) -> bytes:
    if not data.startswith((b"\x1f\x8b", b"\x78")):
        return data
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(data, _LONGEST) or data
    except zlib.error:
        return data
