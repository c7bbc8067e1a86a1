"""A server that plays scripted bytes, in the event loop of the test itself, and keeps count of its connections."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

OK = b"HTTP/1.1 200 OK\r\n"


@dataclass(frozen=True)
class Play:
    """What is sent back to one request.

    Attributes:
        pieces: Bytes that are sent one after the other, each in a packet of its own as far as that can be had.
        then: What follows: the next request, the end of the connection, its reset, or nothing for ever.
    """

    pieces: tuple[bytes, ...] = ()
    then: str = "next"


def whole(body: bytes = b"hello", *headers: bytes) -> Play:
    """Return a complete answer that leaves its connection open."""
    head = b"".join(header + b"\r\n" for header in headers)
    return Play((OK + b"content-length: %d\r\n" % len(body) + head + b"\r\n" + body,))


@dataclass
class ByteServer:
    """Plays its script, one entry for each request; the last one again and again.

    Attributes:
        connections: How many have been accepted.
        open: How many are open.
        most_open: How many were open at once.
        requests: Heads and bodies as they came.
        ports: From which port of the client each of them came.
        gone: Set when a client has closed a connection, or has reset it.
    """

    script: list[Play]
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    port: int = 0
    connections: int = 0
    open: int = 0
    most_open: int = 0
    requests: list[bytes] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        """Its address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            self.gone.set()
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self.open -= 1
            writer.close()

    def play_for(self, request: bytes) -> Play:
        """Return what is sent back to a request."""
        del request
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        self.requests.append(head + await reader.readexactly(length))
        self.ports.append(writer.get_extra_info("peername")[1])
        play = self.play_for(self.requests[-1])
        for piece in play.pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        if play.then == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if play.then == "silence":
            await reader.readexactly(1)
        return play.then == "next"


@contextlib.asynccontextmanager
async def serving(
    *script: Play, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1", as_: type[ByteServer] = ByteServer
) -> AsyncIterator[ByteServer]:
    """Run a server."""
    playing = as_(list(script), tls, host)
    server = await asyncio.start_server(playing.serve, host, 0, ssl=tls, limit=2**20)
    playing.port = server.sockets[0].getsockname()[1]
    try:
        yield playing
    finally:
        server.close()


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test on a loop of its own, whose client reads the environment as it is now; it ends in 30 s."""

    async def in_time() -> None:
        async with asyncio.timeout(30):
            await test()

    asyncio.run(in_time())


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: It did not.
    """
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)
