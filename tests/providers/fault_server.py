"""A server that fails as told: any status, headers and bytes, cut, reset or silent at any place.

It speaks HTTP by hand over sockets, so that nothing repairs what is meant to be broken, and keeps what was asked.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Log in to go on</p></body></html>"


@dataclass(frozen=True)
class Reply:
    """What is sent back to one request.

    Attributes:
        body: The bytes of the answer.
        status: The HTTP status.
        kind: The content type; empty for none.
        headers: Further headers.
        pieces: Where the body is split into pieces that arrive one by one.
        pause_s: How long it is silent before each piece but the first, in seconds.
        sent: How many bytes of the body are sent.
        then: What follows: the end of the answer, a cut connection, a reset one, or silence.
    """

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: tuple[int, ...] = ()
    pause_s: float = 0.0
    sent: int | None = None
    then: Literal["end", "cut", "reset", "stall"] = "end"

    def but(self, **changes: Any) -> Reply:
        """Return the same reply with some changes."""
        return replace(self, **changes)


HANG_UP = Reply(sent=-1, then="reset")
"""No answer at all: the connection is reset when the request has come."""
UNSCRIPTED = Reply(b"nothing was scripted", 500, "text/plain")
SILENCE = Reply(sent=-1, then="stall")


def says(body: Any, status: int = 200, **headers: str) -> Reply:
    """Return a JSON answer; underscores in names of headers stand for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(body).encode(), status, headers=named)


def page(status: int = 200, kind: str = "text/html; charset=utf-8") -> Reply:
    """Return a web page."""
    return Reply(PAGE, status, kind)


def stream(*events: Any, named: bool = False) -> Reply:
    """Return an event stream; each event is a mapping, or bytes that are sent as they are."""
    return Reply(b"".join(_event(event, named=named) for event in events), kind="text/event-stream")


def _event(event: Any, *, named: bool) -> bytes:
    if isinstance(event, bytes):
        return event
    name = f"event: {event['type']}\n".encode() if named else b""
    return name + b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        """The JSON that was sent."""
        return json.loads(self.content)


class FaultServer:
    """Sends the scripted replies in order, the last one for ever.

    Attributes:
        host: Its address and port.
        asked: The requests that came since the last script.
        gone: Set when a client has hung up on a reply that stalls.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.gone = threading.Event()
        self._tls = tls
        self._script = [UNSCRIPTED]
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"{'https' if self._tls else 'http'}://{self.host}"

    def script(self, *replies: Reply) -> None:
        """Set what is sent to the requests to come."""
        self._script = list(replies) or [UNSCRIPTED]
        self.asked.clear()
        self.gone.clear()

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with connection, connection.makefile("rb") as reader:
                while asked := _read(reader):
                    self.asked.append(asked)
                    reply = self._script.pop(0) if len(self._script) > 1 else self._script[0]
                    if not self._send(connection, reply):
                        return
        except OSError:
            self.gone.set()

    def _send(self, connection: socket.socket, reply: Reply) -> bool:
        """Send a reply; whether the connection goes on after it."""
        if reply.sent != -1:
            connection.sendall(_head(reply))
            for number, piece in enumerate(_pieces(reply)):
                time.sleep(reply.pause_s if number else 0.0)
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if reply.pieces else piece)
            if reply.pieces and reply.then == "end":
                connection.sendall(b"0\r\n\r\n")
        if reply.then == "stall":
            self._wait_until_gone(connection)
        if reply.then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return reply.then == "end"

    def _wait_until_gone(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        if not connection.recv(1):
            self.gone.set()


def _head(reply: Reply) -> bytes:
    length = "transfer-encoding: chunked" if reply.pieces else f"content-length: {len(reply.body)}"
    lines = [f"HTTP/1.1 {reply.status} Whatever", *([f"content-type: {reply.kind}"] if reply.kind else []), length]
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _pieces(reply: Reply) -> Iterable[bytes]:
    body = reply.body[: reply.sent]
    ends = [end for end in reply.pieces if 0 < end < len(body)]
    return (body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True))


def _read(reader: Any) -> Asked | None:
    begin = reader.read(1)
    if begin == b"\x16":  # TLS: what follows is not made of lines
        return None
    first = (begin + reader.readline()).decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := reader.readline().strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    content = reader.read(int(headers.get("content-length", 0)))
    return Asked(first[0], first[1], headers, content)
