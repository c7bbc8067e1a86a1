"""Bodies that come compressed although nothing compressed was asked for, decoded block by block."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

import httpx2

from byok_widgets.providers.transport.faults import UnknownEncodingError

BLOCK_BYTES = 64 * 2**10
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # zlib looks which of the two it is
_RAW = -zlib.MAX_WBITS  # no header at all
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})
_PLAIN = re.compile(rb"(?:data|event|id|retry|error)?:|[\[{]\s*[\[{\"\]}]|<[!?A-Za-z]")
"""What an event stream, JSON and a web page begin with."""
_BLANK = re.compile(rb"(?:\s|\xef\xbb\xbf)*")
_TELLING_BYTES = len(b"event:")


def decoder(encoding: str) -> Decoder | None:
    """Return the decoder for a `content-encoding`; `None` if it says that the body is not encoded."""
    codings = [coding.strip().lower() for coding in encoding.split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    return Decoder(", ".join(codings)) if codings else None


class Decoder:
    """Decodes gzip and deflate.

    A body that is not encoded, whatever its head says, passes as it is: gateways decode an answer and leave the
    head of the server behind them.

    Attributes:
        waiting_bytes: How much of what has come is still to be decoded.
    """

    def __init__(self, coding: str) -> None:
        self._coding = coding
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._is_first = True
        self._is_plain: bool | None = None
        self._head = b""  # until it is known whether it is plain
        self.waiting_bytes = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` decodes to, in blocks of at most `BLOCK_BYTES`.

        Raises:
            DecodingError: It cannot be decoded.
        """
        if self._is_plain is None:
            data, self._head = _BLANK.sub(b"", self._head + data, count=1), b""
            self._is_plain = _is_plain(data)
        if self._is_plain is None:
            self._head = data
        elif self._is_plain:
            yield data
        else:
            yield from self._decoded(data)

    def end(self) -> Iterator[bytes]:
        """Yield what the end of the body completes, if it is very short.

        Raises:
            DecodingError: It cannot be decoded.
        """
        if self._head:
            self._is_plain = False
            yield from self._decoded(self._head)

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        if self._coding not in _CODINGS:
            raise httpx2.DecodingError("The response has an unknown encoding.") from UnknownEncodingError(
                self._coding
            )
        while True:
            block = self._decompress(data)
            self.waiting_bytes = len(self._inflate.unconsumed_tail)
            if block:
                yield block
            if self._inflate.eof:
                data = self._inflate.unused_data
                if not data.strip(b"\0"):  # some servers fill up with zeros
                    return
                self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)  # another member of a gzip file
                continue
            data = self._inflate.unconsumed_tail
            if not data and len(block) < BLOCK_BYTES:
                return

    def _decompress(self, data: bytes) -> bytes:
        try:
            block = self._inflate.decompress(data, BLOCK_BYTES)
        except zlib.error:
            if not self._is_first:
                raise httpx2.DecodingError("The response cannot be decompressed.") from None
            block = self._decompress_raw(data)
        self._is_first = self._is_first and not data
        return block

    def _decompress_raw(self, data: bytes) -> bytes:
        """Decode "deflate" as some servers understand it, without the header that the standard asks for."""
        self._inflate = zlib.decompressobj(_RAW)
        try:
            return self._inflate.decompress(data, BLOCK_BYTES)
        except zlib.error:
            raise httpx2.DecodingError("The response cannot be decompressed.") from None


def _is_plain(data: bytes) -> bool | None:
    """Whether a body that begins like this is not encoded; `None` if that cannot be told yet."""
    if _PLAIN.match(data):
        return True
    return False if len(data) >= _TELLING_BYTES else None
