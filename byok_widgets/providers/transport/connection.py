"""One connection to a server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import TypeAlias, cast

import httpx2

from byok_widgets.providers.transport.exchange import Exchange
from byok_widgets.providers.transport.pace import Pace

Origin: TypeAlias = tuple[bytes, bytes, int]
"""Scheme, host and port."""

HIGH_WATER_BYTES = 256 * 2**10
"""Reading is paused while more than this many bytes wait to be taken."""

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
        self._transport: asyncio.Transport  # there is one from `connection_made` on
        self._is_made = False
        self._is_unwanted = False
        self._exchange: Exchange | None = None
        self._is_paused = False
        self._pace = Pace()
        self._rest: asyncio.TimerHandle | None = None

    def begin(self, exchange: Exchange, request: bytes) -> None:
        """Send a request, whose response belongs to `exchange`."""
        self._exchange, self._pace = exchange, Pace()
        self._transport.write(request)

    def abort(self) -> None:
        """Close it at once."""
        self.is_open = False
        self._is_unwanted = True
        self._exchange = None
        self._end_rest()
        if self._is_made:
            self._transport.abort()

    def give_up(self, exchange: Exchange) -> None:
        """Close it at once, unless `exchange` has ended and left it to others."""
        if self._exchange is exchange:
            self.abort()

    def resume_reading(self, exchange: Exchange) -> None:
        """Read on, if `exchange` has taken most of what has come."""
        is_resting = self._rest is not None
        if self._is_paused and not is_resting and self._exchange is exchange and exchange.has_room:
            self._set_paused(paused=False)

    @property
    def socket(self) -> socket.socket | None:
        """The socket below it; for its options only."""
        return self._transport.get_extra_info("socket") if self._is_made else None

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._is_made = True
        if self._is_unwanted:  # all connections were closed while it was being made
            self._transport.abort()
            return
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
        elif not self._is_paused:
            self._pause_if_fit(exchange, len(data))
        exchange.wake()

    def eof_received(self) -> None:
        """Let the transport close itself: the server sends no more."""
        self.is_open = False

    def connection_lost(self, error: Exception | None) -> None:
        """End the exchange: as an error, unless the end of the connection is the end of the response."""
        self.is_open = False
        exchange, self._exchange = self._exchange, None
        self._end_rest()
        self._on_lost(self)
        if exchange is not None:
            exchange.end_with_connection(error)

    def _end(self, exchange: Exchange) -> None:
        exchange.message.release_parser()
        self._exchange = None
        self._end_rest()
        # Answered before the request was sent as a whole: its rest would be read as the next request.
        if not (self.is_open and exchange.message.keeps_alive) or self._transport.get_write_buffer_size():
            self.abort()
            return
        if self._is_paused:  # while paused, it would not notice that the server closes it
            self._set_paused(paused=False)
        self._on_idle(self)

    def _pause_if_fit(self, exchange: Exchange, size: int) -> None:
        """Stop reading for as long as the reader is behind, or for a rest."""
        if exchange.message.buffered > HIGH_WATER_BYTES:
            self._set_paused(paused=True)
            return
        loop = asyncio.get_running_loop()
        rest_s = self._pace.rest_s(size, loop.time()) if exchange.message.has_head else 0.0
        if rest_s:
            self._set_paused(paused=True)
            self._rest = loop.call_later(rest_s, self._read_on, exchange)

    def _read_on(self, exchange: Exchange) -> None:
        self._rest = None
        self.resume_reading(exchange)

    def _end_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _set_paused(self, *, paused: bool) -> None:
        self._is_paused = paused
        if paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()


def _keep_alive(connected: socket.socket) -> None:
    try:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEP_ALIVE_OPTIONS.items():
            if hasattr(socket, name):
                connected.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    except OSError:
        pass  # a system that has no such option still has the connection
