"""A second client of the kernel, and the hunt for a key in everything that was written, sent or said."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jupyter_client import BlockingKernelClient

from tests.pieces import Pieces, runs

PIECE = 14


class Listener:
    """Another client of a kernel, such as a second tab: keeps every frame that it receives from iopub."""

    def __init__(self, connection_file: Path) -> None:
        self.frames: list[bytes] = []
        self._client = BlockingKernelClient(connection_file=str(connection_file))
        self._client.load_connection_file()
        self._socket = self._client.connect_iopub()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def stop(self) -> bytes:
        """Stop listening and return all that came."""
        self._over.set()
        self._thread.join()
        self._socket.close(linger=0)
        return b"\n".join(self.frames)

    def _listen(self) -> None:
        is_over = False
        while not is_over:
            is_over = self._over.is_set()  # what had come by then is read all the same
            while self._socket.poll(100):
                self.frames += self._socket.recv_multipart()


class Frames:
    """The WebSocket frames of a page, both ways, and the addresses of its sockets."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.sent: list[bytes] = []
        self.received: list[bytes] = []

    def watch(self, page: Any) -> None:
        """Keep the frames of all sockets that a page opens from now on."""
        page.on("websocket", self._listen)

    def leave(self, page: Any) -> None:
        """Keep nothing of the sockets that it opens after this."""
        page.remove_listener("websocket", self._listen)

    def _listen(self, socket: Any) -> None:
        self.urls.append(socket.url)
        socket.on("framesent", lambda payload: self.sent.append(_bytes(payload)))
        socket.on("framereceived", lambda payload: self.received.append(_bytes(payload)))


def files_below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and content of each file that was written there."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()


def hits(places: Iterable[tuple[str, bytes]], key: str) -> list[str]:
    """Return the places that hold the key, a piece of 14 characters of it, or either in base64 or hex."""
    data = key.encode()
    forms = [data, data[::-1], data.hex().encode(), data.hex().upper().encode(), data.decode().encode("utf-16-le")]
    forms += [base64.b64encode(bytes(shift) + data)[4:-4] for shift in range(3)]
    pieces = Pieces(piece for form in forms for piece in runs(form, PIECE))
    return [name for name, content in places if pieces.are_in(content)]


def _bytes(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else str(payload).encode()
