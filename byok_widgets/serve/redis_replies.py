"""Reads what Redis replies, within bounds: a server that is wrong or hostile does not fill the memory.

The client library reads a reply of any size. Its parser can be replaced, so this one takes its place; it reads the
second version of the protocol, which needs five kinds of replies.
"""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio.connection import DefaultParser
from redis.exceptions import ConnectionError as LostConnectionError
from redis.exceptions import InvalidResponse

MOST_BYTES = 20_000_000
"""Largest reply. A flow file, the largest thing that is kept, has this limit too."""
_MOST_PARTS = 200_000
_MOST_NESTED = 8
_LONGEST_LINE = 65_536
_READ_BYTES = 65_536
_END = b"\r\n"


class BoundedReplies(DefaultParser):  # type: ignore[misc, valid-type]  # it knows the errors that Redis names
    """Reads the replies on one connection."""

    def __init__(self, socket_read_size: int) -> None:
        super().__init__(socket_read_size)
        self._source: asyncio.StreamReader | None = None
        self._received, self._at = bytearray(), 0
        self._parts = self._bytes = 0

    def on_connect(self, connection: Any) -> None:
        """Read from a connection."""
        self._source, self._received, self._at = connection._reader, bytearray(), 0  # noqa: SLF001 - as parsers do
        self._connected = True

    def on_disconnect(self) -> None:
        """Let go of it."""
        self._source, self._received, self._at = None, bytearray(), 0
        self._connected = False

    async def can_read(self) -> bool:
        """Whether something has come that nobody asked for, or the connection has ended."""
        source = self._require_source()
        return bool(self._received) or bool(source._buffer) or source.at_eof()  # type: ignore[attr-defined]  # noqa: SLF001

    async def can_read_destructive(self) -> bool:
        """Do what `can_read` does; earlier versions of the library call it by this name."""
        return await self.can_read()

    async def read_response(self, disable_decoding: bool = False, **_: Any) -> Any:  # noqa: FBT001, FBT002
        """Return the next reply.

        Raises:
            InvalidResponse: It is too large, or not the protocol of Redis.
        """
        self._parts = self._bytes = 0
        reply = await self._reply(is_text=not disable_decoding, nested=0)
        del self._received[: self._at]
        self._at = 0
        return reply

    async def _reply(self, *, is_text: bool, nested: int) -> Any:
        line = await self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            return await self._bulk(_number(rest), is_text=is_text)
        if kind == b"*":
            return await self._array(_number(rest), is_text=is_text, nested=nested + 1)
        if kind == b":":
            return _number(rest)
        if kind == b"+":
            return rest.decode("utf-8", "replace") if is_text else rest
        if kind == b"-":
            return self._error(rest.decode("utf-8", "replace"))
        raise InvalidResponse("what it replies is not the protocol of Redis")

    def _error(self, text: str) -> Exception:
        error: Exception = self.parse_error(text)
        if isinstance(error, LostConnectionError):
            raise error
        return error

    async def _array(self, count: int, *, is_text: bool, nested: int) -> list[Any] | None:
        if count < 0:
            return None
        self._parts += count
        if self._parts > _MOST_PARTS or nested > _MOST_NESTED:
            raise InvalidResponse("it replies with more parts than anything that is kept has")
        return [await self._reply(is_text=is_text, nested=nested) for _ in range(count)]

    async def _bulk(self, size: int, *, is_text: bool) -> str | bytes | None:
        if size < 0:
            return None
        self._count(size)
        end = self._at + size
        while len(self._received) < end + len(_END):
            await self._receive()
        with memoryview(self._received)[self._at : end] as part:
            found = str(part, "utf-8", "replace") if is_text else bytes(part)
        self._at = end + len(_END)
        return found

    async def _line(self) -> bytes:
        while (end := self._received.find(_END, self._at)) < 0:
            if len(self._received) - self._at > _LONGEST_LINE:
                raise InvalidResponse("it replies with a line that does not end")
            await self._receive()
        line, self._at = bytes(self._received[self._at : end]), end + len(_END)
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._bytes > MOST_BYTES:
            raise InvalidResponse("it replies with more than anything that is kept has")

    async def _receive(self) -> None:
        more = await self._require_source().read(_READ_BYTES)
        if not more:
            raise LostConnectionError("Connection closed by server.")
        self._received += more

    def _require_source(self) -> asyncio.StreamReader:
        if self._source is None:
            raise LostConnectionError("Connection closed by server.")
        return self._source


def _number(digits: bytes) -> int:
    """Return a number of the protocol.

    Raises:
        InvalidResponse: It is none.
    """
    try:
        return int(digits)
    except ValueError:
        raise InvalidResponse("what it replies is not the protocol of Redis") from None
