"""A Chat Completions server for tests: it says what it is given, in order, and remembers what was asked.

It stands at the wire, so the SDK's own writing and reading is in the path.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_server import Server


@dataclass(frozen=True)
class Say:
    """One scripted answer.

    Attributes:
        text: What is said, streamed in pieces.
        finish: The finish reason; `None` ends the stream without one.
        status: An HTTP status other than 200 sends `body` instead.
        pause_s: Seconds between pieces.
        piece_chars: Length of a piece.
    """

    text: str = ""
    finish: str | None = "stop"
    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    pause_s: float = 0.0
    piece_chars: int = 5
    usage: Mapping[str, Any] | None = field(default_factory=lambda: {"prompt_tokens": 7, "completion_tokens": 3})


class ScriptedServer:
    """Plays `Say`s in order; when they are used up the last one is said again.

    Attributes:
        thoughts: What is thought before each answer, in order; the last again and again. Empty: nothing is.
        thought_field: The field in which it is sent; empty for tags in the text.
    """

    def __init__(self) -> None:
        self.thoughts: list[str] = []
        self.thought_field = "reasoning_content"
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.gone = threading.Event()
        self._script: list[Say | Callable[[dict[str, Any]], Say]] = [Say("Hello.")]
        self._server = Server(self._handler())

    @property
    def base_url(self) -> str:
        """Where a client of Chat Completions finds it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def script(self, *says: Say | str | Callable[[dict[str, Any]], Say]) -> None:
        """Set what is answered to the requests to come."""
        self._script = [Say(say) if isinstance(say, str) else say for say in says]
        self.requests.clear()
        self.headers.clear()

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _next(self, request: dict[str, Any], headers: Mapping[str, str]) -> Say:
        self.requests.append(request)
        self.headers.append({name.lower(): value for name, value in headers.items()})
        say = self._script.pop(0) if len(self._script) > 1 else self._script[0]
        return say(request) if callable(say) else say

    def _thought(self) -> list[dict[str, Any]]:
        """Return the next thought as the events that stand before an answer."""
        if not self.thoughts:
            return []
        thought = self.thoughts.pop(0) if len(self.thoughts) > 1 else self.thoughts[0]
        field, text = (
            ("content", f"<think>{thought}</think>") if not self.thought_field else (self.thought_field, thought)
        )
        return [{"choices": [{"index": 0, "delta": {field: text}}]}]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                say = owner._next(body, self.headers)
                if say.status != 200:
                    self._send(say.status, "application/json", json.dumps(say.body).encode())
                    return
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("connection", "close")
                self.end_headers()
                try:
                    for event in _events(say, owner._thought()):
                        self.wfile.write(b"data: " + event + b"\n\n")
                        self.wfile.flush()
                        time.sleep(say.pause_s)
                except OSError:
                    owner.gone.set()
                self.close_connection = True

            def _send(self, status: int, kind: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        return Handler


def _events(say: Say, thought: list[dict[str, Any]]) -> list[bytes]:
    pieces = [say.text[at : at + say.piece_chars] for at in range(0, len(say.text), say.piece_chars)]
    events: list[Any] = [*thought]
    events += [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    if say.finish:
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": say.finish}]})
    if say.usage:
        events.append({"choices": [], "usage": say.usage})
    encoded = [json.dumps({"id": "r-1", "model": "scripted-1", **event}).encode() for event in events]
    return [*encoded, b"[DONE]"] if say.finish else encoded
