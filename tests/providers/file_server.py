"""A file on loopback that can break off, forget ranges or lie: what stands in for a model hub."""

from __future__ import annotations

import contextlib
import time
from http.server import BaseHTTPRequestHandler

from tests.http_server import Server


class FileServer:
    """Serves `content` at `url`.

    Attributes:
        break_after: Bytes after which an answer breaks off; `None` for never. Applies to one answer only.
        ranges: Whether a partial file can be resumed.
        status: The HTTP status of every answer, where it is not the usual one.
        asked: The `Range` header of every request, or an empty text.
        pause_s: Wait after each 100,000 bytes, in seconds.
    """

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.break_after: int | None = None
        self.ranges = True
        self.status: int | None = None
        self.asked: list[str] = []
        self.pause_s = 0.0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner._answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self._server = Server(Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/model.gguf"

    def close(self) -> None:
        self._server.close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range", "")
        self.asked.append(wanted)
        if self.status is not None:
            request.send_error(self.status)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        body = self.content[start:]
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body)))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        request.end_headers()
        cut, self.break_after = self.break_after, None
        self._send(request, body[:cut])
        request.close_connection = True

    def _send(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # whoever asked may stop
            if not self.pause_s:
                request.wfile.write(body)
                return
            for start in range(0, len(body), 100_000):
                request.wfile.write(body[start : start + 100_000])
                time.sleep(self.pause_s)
