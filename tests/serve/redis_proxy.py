"""`RedisProxy`: stands before a real Redis, and puts replies of its own in the place of some."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import BinaryIO

Command = list[bytes]


class RedisProxy:
    """Passes commands on, and the replies back.

    Attributes:
        url: Where clients reach it.
        instead: Returns what is replied to a command instead, or `None` to pass the command on.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._listening.getsockname()[1]}/0"
        self.instead: Callable[[Command], bytes | None] = lambda _: None
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        behind = socket.create_connection(("127.0.0.1", self._behind))
        asked, replied = client.makefile("rb"), behind.makefile("rb")
        with client, behind, asked, replied, contextlib.suppress(OSError):  # either side went away
            while line := asked.readline():
                command = [asked.read(int(asked.readline()[1:]) + 2)[:-2] for _ in range(int(line[1:]))]
                client.sendall(self.instead(command) or _passed_on(command, behind, replied))


def _passed_on(command: Command, behind: socket.socket, replied: BinaryIO) -> bytes:
    behind.sendall(array(*map(bulk, command)))
    return _reply(replied)


def _reply(stream: BinaryIO) -> bytes:
    line = stream.readline()
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        return line + stream.read(int(rest) + 2) if int(rest) >= 0 else line
    parts = int(rest) if kind == b"*" else 0
    return line + b"".join([_reply(stream) for _ in range(parts)])


def bulk(text: bytes) -> bytes:
    """Return a text in the protocol of Redis."""
    return b"$%d\r\n%b\r\n" % (len(text), text)


def array(*parts: bytes) -> bytes:
    """Return a list of replies."""
    return b"*%d\r\n%b" % (len(parts), b"".join(parts))


def mapping(fields: dict[bytes, bytes]) -> bytes:
    """Return fields with their values."""
    return array(*(bulk(each) for field in fields.items() for each in field))
