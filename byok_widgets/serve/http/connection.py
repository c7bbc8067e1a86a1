"""`Connection`: the connection of a client, of whom nothing is known yet: bounded in number, in size and in time.

uvicorn bounds none of these: one request whose head does not end would take the memory, and so would connections
that say nothing take all files that this process may open.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from byok_widgets.serve.http.client import CLIENT, Client
from byok_widgets.serve.http.joined_writes import JoinedWrites
from byok_widgets.serve.turns.protocol_error import ProtocolError

MAX_HEAD_BYTES = 64_000
MAX_REQUEST_BYTES = 1_500_000
"""More than any body that is read: what is refused for its size is heard out, so that the client hears why."""
REQUEST_S = 30.0
"""Time that a request has to arrive as a whole, and a new connection to bring its first."""
TAKE_S = 60.0
"""Time that a client has to read what was sent to it before more can be sent."""
MAX_CONNECTIONS = 1_000


class Connection(HttpToolsProtocol):  # type: ignore[misc, unused-ignore]
    """A connection that ends where a client sends too much or too slowly, or reads nothing of what it is sent."""

    _overdue: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _bytes = 0
    _in_head = True
    _is_whole = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, unless there are too many."""
        self._client = Client()
        super().connection_made(cast("Any", JoinedWrites(transport, self.loop)))
        if len(self.connections) > most_connections():
            self._end()
        else:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._arrived()
        self._read()
        super().connection_lost(exc)
        self._client.hang_up()

    def data_received(self, data: bytes) -> None:
        """Take some bytes of a request."""
        self._is_whole = False
        super().data_received(data)  # first: it may begin another request, whose bytes are counted from 0
        if not self._is_whole and self._overdue is None:
            self._expect()
        self._bytes += len(data)
        if self._bytes > (MAX_HEAD_BYTES if self._in_head else MAX_REQUEST_BYTES):
            self._end()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._bytes, self._in_head, self._is_whole = 0, True, False
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[CLIENT] = self._client

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes after the body must not stand in for what was there before it."""
        if self._in_head:
            super().on_header(name, value)

    def send_400_response(self, msg: str) -> None:
        """Say that this is no HTTP, in the protocol's form, and hang up."""
        body = json.dumps(ProtocolError(400, msg, code="invalid_http").body).encode()
        head = "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
        self.transport.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        self.transport.close()

    def on_headers_complete(self) -> None:
        """Note that the body follows."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the request is whole."""
        self._is_whole = True
        self._arrived()
        super().on_message_complete()
        if not self.pipeline:  # reading stops after a large body, and with it the news that the client has hung up
            self.flow.resume_reading()

    def on_response_complete(self) -> None:
        """Give the next request, of which a part may have come by now, its whole time."""
        super().on_response_complete()
        if self._overdue is not None:
            self._arrived()
            self._expect()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._unread = self.loop.call_later(TAKE_S, self._end)

    def resume_writing(self) -> None:
        """Go on: it has read most of what was sent."""
        self._read()
        super().resume_writing()

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _arrived(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _expect(self) -> None:
        self._overdue = self.loop.call_later(REQUEST_S, self._end_if_idle)

    def _end_if_idle(self) -> None:
        """Hang up, unless the request before is being answered: nothing is read until that has ended."""
        if self._is_answering:
            self._expect()
        else:
            self._end()

    @property
    def _is_answering(self) -> bool:
        cycle = self.cycle
        has_whole = cycle is not None and not cycle.more_body and not cycle.response_complete
        return has_whole or bool(self.pipeline)

    def _end(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()


def most_connections() -> int:
    """Return how many connections there may be: half of the files that this process may open stay for the rest."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return MAX_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, files // 2)
