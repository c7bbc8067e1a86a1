"""Bodies that come compressed although nothing compressed was asked for, decoded block by block."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx2

BLOCK_BYTES = 64 * 2**10
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS  # zlib looks which of the two it is
_RAW = -zlib.MAX_WBITS  # no header at all
_CODINGS = frozenset({"gzip", "x-gzip", "deflate"})


def decoder(encoding: str) -> Decoder | None:
    """Return the decoder for a `content-encoding`; `None` if the body is not encoded.

    Raises:
        DecodingError: It is encoded in a way that was not asked for and is not known here.
    """
    codings = [coding.strip().lower() for coding in encoding.split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in _CODINGS:
        raise httpx2.DecodingError("The response is encoded in a way that was not asked for.")
    return Decoder()


class Decoder:
    """Decodes gzip and deflate.

    Attributes:
        waiting_bytes: How much of what has come is still to be decoded.
    """

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._is_first = True
        self.waiting_bytes = 0

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` decodes to, in blocks of at most `BLOCK_BYTES`.

        Raises:
            DecodingError: It cannot be decoded.
        """
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
