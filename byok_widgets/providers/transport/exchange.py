"""A request and its response on one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import httpx2

from byok_widgets.providers.transport.message import IncomingMessage

LOW_WATER_BYTES = 64 * 2**10
"""A connection whose reading was paused reads on when no more than this many bytes wait to be taken."""


class Carrier(Protocol):
    """What an exchange needs of its connection."""

    def begin(self, exchange: Exchange, request: bytes) -> None:
        """Send a request, whose response belongs to `exchange`."""

    def resume_reading(self, exchange: Exchange) -> None:
        """Read on, if `exchange` has taken most of what has come."""

    def give_up(self, exchange: Exchange) -> None:
        """Close the connection at once, unless `exchange` has ended and left it to others."""


class Exchange(httpx2.AsyncByteStream):
    """A request and its response; iterated, the response's body.

    Iterating again continues where the last iteration stopped, and ends at once when all has been taken: a reader
    that stops at the last event reads on later, to see the end of the body.

    Attributes:
        message: The response.
    """

    def __init__(self, connection: Carrier, *, has_body: bool, read_timeout_s: float | None) -> None:
        self.message = IncomingMessage(has_body=has_body)
        self._connection = connection
        self._read_timeout_s = read_timeout_s
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None

    async def send(self, request: bytes) -> None:
        """Send the request and wait for the head of the response.

        Raises:
            ReadError, RemoteProtocolError, ReadTimeout: There is none.
        """
        self._connection.begin(self, request)
        while not self.message.has_head:
            await self._wait(self._read_timeout_s)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while True:
            piece = self.message.take()
            if piece:
                self._connection.resume_reading(self)
                return piece
            if self.message.is_complete:
                raise StopAsyncIteration
            await self._wait(self._read_timeout_s)

    async def aclose(self) -> None:
        """End the exchange; where the response is not complete, its connection is closed at once."""
        if not self.message.is_complete and self._error is None:
            self._error = httpx2.ReadError("The response was closed before it was complete.")
        self._connection.give_up(self)

    @property
    def has_arrived(self) -> bool:
        """Whether the end of the response is here, read or not."""
        return self.message.is_complete

    @property
    def has_room(self) -> bool:
        """Whether the reader has taken most of what has come."""
        return self.message.buffered <= LOW_WATER_BYTES

    def fail(self, error: Exception) -> None:
        """End it with an error, which the reader gets after what has come before."""
        self._error = error
        self.wake()

    def end_with_connection(self, error: Exception | None) -> None:
        """End it because the connection has ended."""
        try:
            if error is not None:
                raise httpx2.ReadError(f"The connection broke: {type(error).__name__}") from error
            self.message.feed_eof()
        except httpx2.TransportError as fault:
            self._error = fault
        self.message.release_parser()
        self.wake()

    def wake(self) -> None:
        """Tell the reader that something has come."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, timeout_s: float | None) -> None:
        """Wait until something has come; where the caller is cancelled, the connection is closed at once."""
        if self._error is not None:
            raise self._error
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            if timeout_s is None:  # setting up a time limit costs as much as waiting
                await self._waiter
            else:
                async with asyncio.timeout(timeout_s):
                    await self._waiter
        except TimeoutError:
            self._connection.give_up(self)
            raise httpx2.ReadTimeout("The server sent nothing in time.") from None
        except BaseException:
            self._connection.give_up(self)
            raise
        finally:
            self._waiter = None
