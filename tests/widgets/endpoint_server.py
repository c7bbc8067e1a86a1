"""An endpoint that knows one key: it lists models, and says no in the ways that real ones do."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_server import Server

ANSWER = {
    "id": "r-1",
    "model": "model-a",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1},
}


class EndpointServer:
    """Answers `/v1/models` and calls that are not streamed; anything else is not there.

    Attributes:
        key: The key that it takes.
        mode: `"checks"` (401 without the key), `"open"` (anyone), `"broken"` (500) or `"page"` (a web page).
        calls: The same for calls of a model: `"checks"` or `"open"`.
        asked: The Authorization headers that came.
        models: The rows of its list.
        held: A list that is given only when `release` is set.
    """

    def __init__(self, key: str) -> None:
        self.key, self.mode, self.calls = key, "checks", "open"
        self.asked: list[str] = []
        self.models: list[dict[str, Any]] = [{"id": "model-b"}, {"id": "model-a"}]
        self.held: object = None
        self.release = threading.Event()
        self._server = Server(self._handler())

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def base_url(self) -> str:
        return f"http://{self.host}/v1"

    def close(self) -> None:
        self.release.set()
        self._server.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                given = self.headers.get("Authorization", "")
                models = endpoint.models
                endpoint.asked.append(given)
                if models is endpoint.held:
                    endpoint.release.wait(10)
                if self.path != "/v1/models":
                    self._answer(404, {"error": {"message": f"File Not Found: {self.path}"}})
                elif endpoint.mode == "broken":
                    self._answer(500, {"error": {"message": "out of order"}})
                elif endpoint.mode == "page":
                    self._answer(200, "<!doctype html><p>Log in</p>", "text/html")
                elif endpoint.mode == "open" or given == f"Bearer {endpoint.key}":
                    self._answer(200, {"object": "list", "data": models})
                else:
                    echoed = f"Incorrect API key provided: {given.removeprefix('Bearer ')}."
                    self._answer(401, {"error": {"message": echoed, "code": "invalid_api_key"}})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if endpoint.calls == "checks" and self.headers.get("Authorization") != f"Bearer {endpoint.key}":
                    self._answer(401, {"error": {"message": "A key is needed.", "code": "invalid_api_key"}})
                else:
                    self._answer(200, ANSWER)

            def _answer(self, status: int, body: Any, kind: str = "application/json") -> None:
                data = (body if isinstance(body, str) else json.dumps(body)).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.send_header("Connection", "close")  # nobody is served once the server is closed
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
