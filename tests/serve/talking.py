"""A client that speaks the protocol by hand, so that each byte of it can be wrong."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    @property
    def is_stream(self) -> bool:
        return self.body.startswith((b"data:", b":"))

    @property
    def chunks(self) -> list[dict[str, Any]]:
        events = [line.removeprefix(b"data: ") for line in self.body.split(b"\n\n") if line.startswith(b"data: ")]
        return [json.loads(event) for event in events if event != b"[DONE]"]

    @property
    def text(self) -> str:
        """What was said."""
        if not self.is_stream:
            return str(self.data["choices"][0]["message"]["content"])
        return "".join(c["choices"][0]["delta"].get("content", "") for c in self.chunks if c["choices"])

    @property
    def tools(self) -> list[str]:
        """The tools that were called."""
        if not self.is_stream:
            calls = self.data["choices"][0]["message"].get("tool_calls", [])
        else:
            deltas = [chunk["choices"][0]["delta"] for chunk in self.chunks if chunk["choices"]]
            calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
        return [call["function"]["name"] for call in calls]

    @property
    def finish(self) -> str:
        """Why it ended."""
        last = [chunk for chunk in self.chunks if chunk["choices"]][-1] if self.is_stream else self.data
        return str(last["choices"][0]["finish_reason"])


@dataclass
class Caller:
    """Asks a server."""

    port: int
    token: str
    timeout_s: float = 60.0
    headers: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout_s)
        try:
            every = {"Authorization": f"Bearer {self.token}", **self.headers, **(headers or {})}
            connection.request(method, path, body or None, {k: v for k, v in every.items() if v})
            response = connection.getresponse()
            return Response(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def ask(self, messages: Any, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
        body = json.dumps({"model": "served", "messages": messages, **more}).encode()
        return self.send("POST", "/v1/chat/completions", body, headers)

    def leave(self, messages: Any, after: bytes = b"", **more: Any) -> None:
        """Ask for a stream, and hang up as soon as some bytes have come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout_s)
        body = json.dumps({"model": "served", "messages": messages, "stream": True, **more}).encode()
        connection.request(
            "POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {self.token}", **self.headers}
        )
        if after:
            response = connection.getresponse()
            got = b""
            while after not in got and (piece := response.read1(4096)):
                got += piece
        if connection.sock:
            connection.sock.close()
        connection.close()


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def flow_said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}
