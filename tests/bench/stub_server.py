"""A Chat Completions server that answers at once, in a process of its own so that its work is not counted.

The model id says what comes: `text-N` streams N chunks (or one JSON answer of as many words), `paced-N` the same
at 100 a second, `record` an object.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator

RECORD = '{"name": "Ana", "weekday": "Tue", "urgent": false}'
_ENVELOPE = {"id": "x", "created": 1, "model": "stub"}
CHUNKS_PER_S = 100
USAGE = {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}


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


def _pieces(model: str) -> list[str]:
    if model.startswith(("text-", "paced-")):
        return ["word "] * int(model.partition("-")[2])
    return [RECORD[at : at + 4] for at in range(0, len(RECORD), 4)]


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    cache: dict[tuple[str, bool], bytes] = {}
    while True:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            break
        length = next(int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:"))
        request = json.loads(await reader.readexactly(length))
        what = (request["model"], bool(request.get("stream")))
        if what not in cache:
            pieces = _pieces(what[0])
            cache[what] = _stream(pieces) if what[1] else _whole("".join(pieces))
        body, kind = cache[what], "text/event-stream" if what[1] else "application/json"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        await (_write_paced if what[0].startswith("paced-") else _write)(writer, head.encode(), body)
    writer.close()


async def _write(writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    writer.write(head + body)
    await writer.drain()


async def _write_paced(writer: asyncio.StreamWriter, head: bytes, body: bytes) -> None:
    writer.write(head)
    events, clock = body.split(b"\n\n"), asyncio.get_running_loop().time
    start = clock()
    for number, event in enumerate(events, start=1):
        writer.write(event + (b"\n\n" if number < len(events) else b""))
        await writer.drain()
        await asyncio.sleep(max(0.0, start + number / CHUNKS_PER_S - clock()))


async def _main() -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
