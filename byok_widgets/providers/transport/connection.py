"""One connection to a server, and the exchange of a request and its response on it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias, cast

import httpx2

from byok_widgets.providers.transport.message import IncomingMessage

Origin: TypeAlias = tuple[bytes, bytes, int]
"""Scheme, host and port."""

HIGH_WATER_BYTES = 256 * 2**10
"""Reading is paused when so many bytes wait to be taken."""
LOW_WATER_BYTES = 64 * 2**10
"""Reading continues when no more than this many are left."""
DRAIN_S = 0.1
"""How long the end of a response is waited for when its reader has read enough."""

_KEEP_ALIVE_OPTIONS = {"TCP_KEEPIDLE": 60, "TCP_KEEPALIVE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}
"""A peer that is gone without a word is noticed after two minutes: seconds of silence, between probes; probes."""


class Connection(asyncio.Protocol):
    """A connection. It carries one exchange at a time.

    Attributes:
        origin: Where it leads to.
        is_open: Whether it can carry an exchange, as far as is known here.
        idle_since: When its last exchange ended, in seconds on the loop's clock.
    """

    def __init__(
        self, origin: Origin, on_idle: Callable[[Connection], None], on_lost: Callable[[Connection], None]
    ) -> None:
        self.origin = origin
        self.is_open = False
        self.idle_since = 0.0
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._is_paused = False

    def begin(self, exchange: Exchange, request: bytes) -> None:
        """Send a request, whose response belongs to `exchange`."""
        assert self._transport is not None
        self._exchange = exchange
        self._transport.write(request)

    def abort(self) -> None:
        """Close it at once."""
        self.is_open = False
        self._exchange = None
        if self._transport is not None:
            self._transport.abort()

    def give_up(self, exchange: Exchange) -> None:
        """Close it at once, unless `exchange` has ended and left it to others."""
        if self._exchange is exchange:
            self.abort()

    def resume_reading(self, exchange: Exchange) -> None:
        """Read on, if `exchange` has taken most of what has come."""
        if self._is_paused and self._exchange is exchange and exchange.message.buffered <= LOW_WATER_BYTES:
            self._set_paused(paused=False)

    @property
    def socket(self) -> socket.socket | None:
        """The socket below it; for its options only."""
        return None if self._transport is None else self._transport.get_extra_info("socket")

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True
        if self.socket is not None:
            _keep_alive(self.socket)

    def data_received(self, data: bytes) -> None:
        """Pass on what has come."""
        exchange = self._exchange
        if exchange is None:  # a farewell, such as 408: nobody asked
            self.abort()
            return
        try:
            exchange.message.feed(data)
        except httpx2.RemoteProtocolError as error:
            exchange.fail(error)
            self.abort()
            return
        if exchange.message.is_complete:
            self._end(exchange)
        elif exchange.message.buffered > HIGH_WATER_BYTES and not self._is_paused:
            self._set_paused(paused=True)
        exchange.wake()

    def eof_received(self) -> None:
        """Let the transport close itself: the server sends no more."""
        self.is_open = False

    def connection_lost(self, error: Exception | None) -> None:
        """End the exchange: as an error, unless the end of the connection is the end of the response."""
        self.is_open = False
        exchange, self._exchange = self._exchange, None
        self._on_lost(self)
        if exchange is not None:
            exchange.end_with_connection(error)

    def _end(self, exchange: Exchange) -> None:
        exchange.message.release_parser()
        self._exchange = None
        assert self._transport is not None
        if not (self.is_open and exchange.message.keeps_alive) or self._transport.get_write_buffer_size():
            self.abort()
            return
        if self._is_paused:
            self._set_paused(paused=False)
        self._on_idle(self)

    def _set_paused(self, *, paused: bool) -> None:
        assert self._transport is not None
        self._is_paused = paused
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


class Exchange(httpx2.AsyncByteStream):
    """A request and its response; iterated, the response's body.

    Iterating again continues where the last iteration stopped, and ends at once when all has been taken: the SDKs
    read on after the last event, to see the end of the body.

    Attributes:
        message: The response.
    """

    def __init__(self, connection: Connection, *, has_body: bool, read_timeout_s: float | None) -> None:
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
        """End the exchange. Where only the end of the response is missing, it is waited for a moment."""
        if self.message.is_complete or self._error is not None:
            return
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            self._connection.give_up(self)
            return
        await self._drain()

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

    async def _drain(self) -> None:
        left = LOW_WATER_BYTES
        try:
            async with asyncio.timeout(DRAIN_S):
                while left > 0 and not self.message.is_complete:
                    await self._wait(None)
                    left -= len(self.message.take())
        except (TimeoutError, httpx2.TransportError):
            pass
        finally:
            self._connection.give_up(self)


def _keep_alive(connected: socket.socket) -> None:
    try:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE_OPTIONS.items():
            if hasattr(socket, name):
                connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    except OSError:
        pass  # a system that has no such option still has the connection
