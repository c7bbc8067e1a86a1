"""How the bytes of an answer are read that are not UTF-8.

JSON and event streams are UTF-8, whatever a server declares. So what it declares counts only where the bytes
cannot be UTF-8, and UTF-16 and UTF-32 are recognised by their first bytes.
"""

from __future__ import annotations

import codecs
import json
import re

_DECLARED = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE | re.ASCII)
_KNOWN = re.compile(
    r"iso8859-\d+|cp125\d|cp8\d\d|koi8-.|mac-.+|tis-620|shift_jis.*|euc_.*|iso2022_.*|cp9.+|gb.+|big5.*"
)
_SINGLE = re.compile("iso8859|cp125|cp8|koi8|mac|tis")
"""Charsets with a byte for each character."""
_LAST_OF_TWO_BYTES = "\u07ff"
_WESTERN = frozenset({"ascii", "iso8859-1"})
"""What is called so is Windows-1252, as browsers know."""
_ESCAPED = "iso2022"
"""Charsets whose bytes are all below 128, so that they look like UTF-8."""
_ESCAPE = b"\x1b"
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_WIDTH_BYTES, _TELLING_BYTES = 2, 4
"""So many bytes show whether characters are wide, and of which kind."""
_FILLING = bytes(_TELLING_BYTES)
"""No text begins with so many NUL bytes, whatever the width of its characters: a server has filled its buffer."""


class Charset:
    """The charset that a server declares: what it says is believed until a text turns out to be UTF-8.

    Args:
        content_type: What the server says the body is.

    Attributes:
        codec: The name of the codec of the charset that may be in use; empty for UTF-8.
    """

    def __init__(self, content_type: str) -> None:
        self.codec = _codec(content_type) if "=" in content_type else ""
        self._is_certain = False

    def as_utf8(self, data: bytes) -> bytes:
        """Return whole characters as UTF-8; as they are, where nothing says how else to read them."""
        if not self.codec or (data.isascii() and not self._escapes(data)):
            return data
        if not self._is_certain and self._is_utf8(data):
            self.codec = ""
            return data
        self._is_certain = True
        return data.decode(self.codec, "replace").encode()

    def _is_utf8(self, data: bytes) -> bool:
        """Whether it is UTF-8, and not two bytes of each character of another charset that look like it."""
        try:
            highest = max(data.decode())
        except UnicodeDecodeError:
            return False
        return highest > ("\x7f" if _SINGLE.match(self.codec) else _LAST_OF_TWO_BYTES)

    def _escapes(self, data: bytes) -> bool:
        return self.codec.startswith(_ESCAPED) and _ESCAPE in data


class WideText:
    """Turns UTF-16 and UTF-32 into UTF-8 while it arrives; all else stays as it is.

    Attributes:
        is_needed: Whether it has to see what comes: it is not known to be neither of them.
    """

    def __init__(self) -> None:
        self.is_needed = True
        self._first = b""
        self._decoder: codecs.IncrementalDecoder | None = None

    def feed(self, piece: bytes, *, is_last: bool = False) -> bytes:
        """Return the next piece; the first bytes are held back until they tell what it is."""
        if self._decoder is None:
            piece, self._first = self._first + piece, b""
            if piece.startswith(_FILLING):
                self.is_needed = False
                return piece.lstrip(b"\0")
            if not _may_be_wide(piece):
                self.is_needed = False
                return piece
            if len(piece) < 2 * _TELLING_BYTES and not is_last:
                self._first = piece
                return b""
            if not _is_wide(piece):
                self.is_needed = False
                return piece
            self._decoder = codecs.getincrementaldecoder(json.detect_encoding(piece))("replace")
        return self._decoder.decode(piece, is_last).encode("utf-8", "replace")


def whole_as_utf8(body: bytes, content_type: str) -> bytes:
    """Return a whole body as UTF-8."""
    return Charset(content_type).as_utf8(WideText().feed(body, is_last=True))


def _may_be_wide(first: bytes) -> bool:
    return len(first) < _WIDTH_BYTES or 0 in first[:_WIDTH_BYTES] or first.startswith(_WIDE_BOMS)


def _is_wide(first: bytes) -> bool:
    """Whether the first bytes are those of wide characters, and not of a text with NUL bytes before it."""
    if first.startswith(_WIDE_BOMS):
        return True
    next_few = first[_TELLING_BYTES : 2 * _TELLING_BYTES]
    return len(next_few) < _TELLING_BYTES or json.detect_encoding(first) == json.detect_encoding(next_few)


def _codec(content_type: str) -> str:
    """Return the name of the codec for what is declared; empty if that is UTF-8, or is not known."""
    declared = _DECLARED.search(content_type)
    try:
        name = codecs.lookup(declared[1]).name if declared else ""
    except LookupError:
        return ""
    if name in _WESTERN:
        return "cp1252"
    return name if _KNOWN.fullmatch(name) else ""
