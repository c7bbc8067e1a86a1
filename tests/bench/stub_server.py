"""A Chat Completions server in a process of its own, so that its work is not counted. It does as little as it can.

The model id says what comes, before a `@` that may name a run: `text-N` N chunks at once (or one JSON answer of as
many words), `paced-N` the same at 100 a second, `record` an object, `slow-N` N chunks after 200 ms, `faulty-N` the
same with 10 % 429 and 5 % 500, and `metered-N` N chunks at once for 600 requests a minute, 429 beyond them. Each
run has its own luck (the seed is its name up to a `/`) and its own allowance.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator

RECORD = '{"name": "Ana", "weekday": "Tue", "urgent": false}'
CHUNKS_PER_S = 100
ANSWER_S = 0.2
REQUESTS_PER_MIN = 600
USAGE = {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}

_ENVELOPE = {"id": "x", "created": 1, "model": "stub"}
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MODEL = re.compile(rb'"model": ?"([^"]+)"')
_STREAM = re.compile(rb'"stream": ?true')


@contextlib.contextmanager
def stub_server() -> Iterator[str]:
    """Run the server and give its base URL."""
    command = [sys.executable, "-m", "tests.bench.stub_server"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.terminate()
        process.wait()


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {**_ENVELOPE, "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def _stream(pieces: list[str]) -> bytes:
    events = [_chunk({"role": "assistant", "content": ""})]
    events += [_chunk({"content": piece}) for piece in pieces]
    events.append(_chunk({}, "stop"))
    usage = {**_ENVELOPE, "object": "chat.completion.chunk", "choices": [], "usage": USAGE}
    events += [b"data: " + json.dumps(usage).encode() + b"\n\n", b"data: [DONE]\n\n"]
    return b"".join(events)


def _whole(text: str) -> bytes:
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    body = {**_ENVELOPE, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    return json.dumps(body).encode()


def _head(status: str, kind: str, length: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Content-Length: {length}\r\n\r\n".encode()


@functools.cache
def _answer(what: str, *, streams: bool) -> tuple[bytes, bytes]:
    """Return head and body of an answer."""
    words = what.rpartition("-")[2]
    record = [RECORD[at : at + 4] for at in range(0, len(RECORD), 4)]
    pieces = ["word "] * int(words) if words.isdigit() else record
    body = _stream(pieces) if streams else _whole("".join(pieces))
    return _head("200 OK", "text/event-stream" if streams else "application/json", len(body)), body


def _refusal(status: str, kind: str, *, wait_s: float | None = None) -> bytes:
    body = json.dumps({"error": {"message": "Try again.", "type": kind, "code": kind}}).encode()
    more = "" if wait_s is None else f"Retry-After: {wait_s:.3f}\r\n"
    return _head(status, "application/json", len(body), more) + body


class _Bucket:
    """An allowance that is full at first, and refilled evenly."""

    def __init__(self, now: float) -> None:
        self._left, self._at = float(REQUESTS_PER_MIN), now

    def wait_s(self, now: float) -> float:
        """Take one request; returns how long to wait where none is left."""
        per_s = REQUESTS_PER_MIN / 60
        self._left, self._at = min(REQUESTS_PER_MIN, self._left + (now - self._at) * per_s), now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / per_s


_luck: dict[str, random.Random] = {}
_buckets: dict[str, _Bucket] = {}


class _Connection(asyncio.Protocol):
    """One connection: a request at a time, as the SDKs send them."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _LENGTH.search(self._received, 0, end)
        stop = end + 4 + (int(length[1]) if length else 0)
        if len(self._received) >= stop:
            request = bytes(self._received[end + 4 : stop])
            del self._received[:stop]
            self._serve(request)

    def _serve(self, request: bytes) -> None:
        named = _MODEL.search(request)
        what, _, run = named[1].decode().partition("@") if named else ("text-1", "", "")
        head, body = _answer(what, streams=_STREAM.search(request) is not None)
        kind = what.partition("-")[0]
        if kind == "paced":
            self._write(head)
            self._pace(body.split(b"\n\n")[:-1], self._loop.time(), 0)
        elif kind == "slow":
            self._loop.call_later(ANSWER_S, self._write, head + body)
        elif kind == "faulty":
            self._serve_with_luck(head + body, run)
        elif kind == "metered":
            now = self._loop.time()
            wait_s = _buckets.setdefault(run, _Bucket(now)).wait_s(now)
            self._write(_refusal("429 Too Many", "rate_limit_exceeded", wait_s=wait_s) if wait_s else head + body)
        else:
            self._write(head + body)

    def _serve_with_luck(self, answer: bytes, run: str) -> None:
        number = _luck.setdefault(run, random.Random(run.partition("/")[0])).random()
        if number < 0.10:
            self._loop.call_later(0.005, self._write, _refusal("429 Too Many", "rate_limit_exceeded", wait_s=1))
        elif number < 0.15:
            self._loop.call_later(0.005, self._write, _refusal("500 Internal", "server_error"))
        else:
            self._loop.call_later(ANSWER_S, self._write, answer)

    def _pace(self, events: list[bytes], start: float, number: int) -> None:
        self._write(events[number] + b"\n\n")
        if number + 1 < len(events):
            due = start + (number + 1) / CHUNKS_PER_S
            self._loop.call_at(due, self._pace, events, start, number + 1)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)


async def _main() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
