"""The ASGI application: the chat endpoint and what stands around it. So few paths need no framework."""

from __future__ import annotations

import asyncio
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Collection, Coroutine, MutableMapping
from typing import Any

from byok_widgets.secrets import redact
from byok_widgets.serve.http.access import Access
from byok_widgets.serve.http.chunks import ALIVE, Pieces
from byok_widgets.serve.http.client import CLIENT, Client
from byok_widgets.serve.http.silence import Silence
from byok_widgets.serve.monitoring.metrics import Metrics
from byok_widgets.serve.turns.chat_request import read_request
from byok_widgets.serve.turns.live_turn import LiveTurn
from byok_widgets.serve.turns.protocol_error import ProtocolError
from byok_widgets.serve.turns.turn_service import TurnService

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_LOG = logging.getLogger("byok_widgets.serve")
MAX_BODY_BYTES = 1_000_000
ALIVE_EVERY_S = 4.0
"""A client that hears nothing for ten seconds asks again."""


class App:
    """Serves one flow.

    Args:
        turns: Answers the turns.
        access: Who may ask.
        model: The name under which the flow is listed.
        metrics: What Prometheus asks for.
    """

    def __init__(self, turns: TurnService, access: Access, model: str, metrics: Metrics) -> None:
        self._turns, self._access, self._model, self._metrics = turns, access, model, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        cors = self._access.cors(headers)
        has_begun = False

        async def noting(event: MutableMapping[str, Any]) -> None:
            nonlocal has_begun
            has_begun = True
            await send(event)

        try:
            _require_single(scope["headers"], headers)
            await self._serve(scope, headers, receive, _with_headers(noting, cors))
        except ProtocolError as error:
            refusal = error
        except Exception:
            if has_begun:  # uvicorn hangs up: what was sent must not pass for a whole answer
                raise
            _LOG.error("a request failed\n%s", redact(traceback.format_exc()))
            refusal = ProtocolError(500, "The server has failed to answer this request.", code="internal_error")
        else:
            return
        await send_body(send, refusal.status, json.dumps(refusal.body).encode(), {**cors, **refusal.headers})

    async def _serve(self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send) -> None:
        path, method = scope["path"].removesuffix("/"), scope["method"]
        path = path.removeprefix("/v1")
        if path in ("/health", "/ready"):
            await self._status(path, send)
            return
        self._access.require_address(headers)
        if method == "OPTIONS":
            await send_body(send, 204, b"")
            return
        caller = self._access.caller(headers)
        if path == "/chat/completions":
            _require(method, "POST")
            await self._chat(caller, headers, scope[CLIENT], receive, send)
        elif path == "/models":
            _require(method, "GET")
            await send_json(send, {"object": "list", "data": [self._model_entry]})
        elif path == f"/models/{self._model}":
            _require(method, "GET")
            await send_json(send, self._model_entry)
        elif path == "/metrics" and self._metrics.available:
            _require(method, "GET")
            await send_body(send, 200, self._metrics.text(), {"content-type": "text/plain; version=0.0.4"})
        else:
            raise ProtocolError(404, f"There is nothing at {redact(scope['path'])}.", code="not_found")

    @property
    def _model_entry(self) -> dict[str, Any]:
        return {"id": self._model, "object": "model", "created": 0, "owned_by": "byok-widgets"}

    async def _status(self, path: str, send: Send) -> None:
        state = self._turns.state if path == "/ready" else "ok"
        await send_json(send, {"status": state}, 200 if state == "ok" else 503)

    async def _chat(
        self, caller: str, headers: dict[str, str], client: Client, receive: Receive, send: Send
    ) -> None:
        request = read_request(await read_body(headers, receive), headers)
        events = _Events(send)
        asked = self._turns.ask(request, caller)
        live = await (events.waiting(asked) if request.stream else asked)
        pieces = Pieces(live.key, self._model, request.end_tool)
        client.watch(live.stir)
        live.followers += 1
        try:
            if request.stream:
                await _stream(live, pieces, events, client, usage=request.include_usage)
            else:
                await _whole(live, pieces, send, client)
        finally:
            live.followers -= 1
            client.unwatch(live.stir)
            self._turns.leave(live)


class _Events:
    """A streamed response; its head goes with the first piece: to send it alone takes longer than to make it."""

    def __init__(self, send: Send) -> None:
        self._send, self._has_begun = send, False

    async def send_on(self, body: bytes, *, more: bool = True) -> None:
        """Send some bytes."""
        if not self._has_begun:
            self._has_begun = True
            await self._send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def waiting(self, asked: Coroutine[Any, Any, LiveTurn]) -> LiveTurn:
        """Return the turn that was asked for; until it is found, which may take long, the client hears of it."""
        search = asyncio.create_task(asked)
        try:
            while not (await asyncio.wait([search], timeout=ALIVE_EVERY_S))[0]:
                await self.send_on(ALIVE)
        finally:
            search.cancel()  # does nothing where it has ended
        return search.result()


async def _stream(live: LiveTurn, pieces: Pieces, events: _Events, client: Client, *, usage: bool) -> None:
    first, heard = pieces.role(), ""
    silence = Silence(live.stir, ALIVE_EVERY_S)

    async def send_on(body: bytes, *, more: bool = True) -> None:
        await events.send_on(body, more=more)
        silence.begin()

    try:
        while not client.is_gone:
            said, answer = live.said, live.answer
            more = said[len(heard) :] if said.startswith(heard) else ""  # it may end otherwise than it has begun
            begun = first + pieces.text(more) if more else b""
            if answer is not None:
                await send_on((begun or first) + pieces.end(answer, usage=usage), more=False)
                return
            if begun:
                await send_on(begun)
                first, heard = b"", said
            elif silence.is_long:
                await send_on(ALIVE)
            else:
                await live.news()
    finally:
        silence.end()


async def _whole(live: LiveTurn, pieces: Pieces, send: Send, client: Client) -> None:
    while live.answer is None and not client.is_gone:
        await live.news()
    if live.answer is not None:
        await send_body(send, 200, pieces.whole(live.answer), _JSON)


async def read_body(headers: dict[str, str], receive: Receive) -> bytes:
    """Return the body of a request.

    Raises:
        ProtocolError: It is too large, compressed, or shorter than its head says.
    """
    if headers.get("content-encoding", "identity") != "identity":
        raise ProtocolError(415, "The body must not be compressed.", code="compressed")
    size, parts, more = 0, [], True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":  # what came may be JSON, and is not all that was meant
            raise ProtocolError(400, "The request has ended before its body did.", code="incomplete")
        size += len(event.get("body", b""))
        if size > MAX_BODY_BYTES:
            raise ProtocolError(413, f"The body is larger than {MAX_BODY_BYTES} bytes.", code="too_large")
        parts.append(event.get("body", b""))
        more = event.get("more_body", False)
    return b"".join(parts)


def _require_single(sent: Collection[tuple[bytes, bytes]], headers: dict[str, str]) -> None:
    """Refuse a request of which a proxy before this server may have checked another header than is read here.

    Raises:
        ProtocolError: A header comes twice that decides who may ask.
    """
    if len(sent) == len(headers):
        return
    names = [name for name, _ in sent]
    for name in ("host", "origin", "authorization"):
        if names.count(name.encode()) > 1:
            raise ProtocolError(400, f"The header {name} comes more than once.", code="repeated_header")


def _require(method: str, allowed: str) -> None:
    if method != allowed:
        raise ProtocolError(405, f"Use {allowed}.", code="method", headers={"allow": allowed})


def encoded(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return headers as the server takes them."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


_JSON = {"content-type": "application/json"}
_EVENTS = encoded(
    {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-cache",
        "x-accel-buffering": "no",  # nginx would hold back the pieces
    }
)


async def send_json(send: Send, data: Any, status: int = 200) -> None:
    """Send data."""
    await send_body(send, status, json.dumps(data).encode(), _JSON)


async def send_body(send: Send, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    """Send a whole response."""
    fields = {"content-length": str(len(body)), **(_JSON if headers is None else {**_JSON, **headers})}
    await send({"type": "http.response.start", "status": status, "headers": encoded(fields)})
    await send({"type": "http.response.body", "body": body})


def _with_headers(send: Send, more: dict[str, str]) -> Send:
    """Return a `send` that adds headers to a response."""
    if not more:
        return send

    async def adding(event: MutableMapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            event = {**event, "headers": [*event["headers"], *encoded(more)]}
        await send(event)

    return adding
