"""A served flow beside the stub that its model is: `python -m tests.bench serving`, about three minutes.

Sessions ask turn by turn, each on a connection of its own, with pauses between. The rounds alternate between the
stub alone and the served flow; the best round of each is compared, since other work on the machine only adds time.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from byok_widgets import Flow

SESSIONS, PAUSE_S, ROUND_S, ROUNDS = 300, 8.0, 15.0, 5
MEMORY_TURNS = (1_000, 13_000)
CALL_TURNS = MEMORY_TURNS[1] // SESSIONS
"""Turns of a call: then its caller hangs up, and another one calls."""
AT_ONCE = 60
_MB = 1_000_000


@dataclass
class _Round:
    """The seconds to the first token of each turn."""

    first_s: list[float]

    @property
    def p95_s(self) -> float:
        return statistics.quantiles(self.first_s, n=20)[-1]


def serving_lines(base_url: str) -> tuple[list[str], bool]:
    """Return the lines of this bench, and whether each `must` is kept."""
    with _served(base_url) as (process, url, token):
        asyncio.run(_load(url, token, sessions=SESSIONS, pause_s=PAUSE_S, for_s=ROUND_S))  # opens the connections
        direct, ours, cpu_s = [], [], []
        for _ in range(ROUNDS):
            direct.append(asyncio.run(_load(base_url, "", sessions=SESSIONS, pause_s=PAUSE_S, for_s=ROUND_S)))
            before = _cpu_s(process)
            ours.append(asyncio.run(_load(url, token, sessions=SESSIONS, pause_s=PAUSE_S, for_s=ROUND_S)))
            cpu_s.append((_cpu_s(process) - before) / len(ours[-1].first_s))
        most = asyncio.run(_load(url, token, sessions=AT_ONCE, pause_s=0, for_s=ROUND_S))
        grown = _growth(process, url, token)
    more_ms = 1000 * (min(run.p95_s for run in ours) - min(run.p95_s for run in direct))
    rows = [
        (f"{SESSIONS} sessions, p95 to the first token over the stub's, ms", more_ms, 15.0),
        ("CPU of the server per turn, ms", 1000 * min(cpu_s), 4.0),
        (f"memory from turn {MEMORY_TURNS[0]:,} to {MEMORY_TURNS[1]:,}, MB", grown / _MB, 10.0),
    ]
    lines = [f"{name:65} {value:6.2f}  must <= {must:g} {_verdict(value, must)}" for name, value, must in rows]
    lines.append(f"{f'{AT_ONCE} sessions without pauses, turns a second':65} {len(most.first_s) / ROUND_S:6.0f}")
    return lines, all(value <= must for _, value, must in rows)


def _verdict(value: float, must: float) -> str:
    return "ok" if value <= must else "MISSED"


def _growth(process: psutil.Process, url: str, token: str) -> int:
    first, last = MEMORY_TURNS
    asyncio.run(_load(url, token, sessions=AT_ONCE, pause_s=0, turns=first))
    before = process.memory_info().rss
    asyncio.run(_load(url, token, sessions=AT_ONCE, pause_s=0, turns=last - first))
    return int(process.memory_info().rss - before)


@contextmanager
def _served(base_url: str) -> Iterator[tuple[psutil.Process, str, str]]:
    """Serve a flow of one node, and give its process, address and access token."""
    flow = Flow("bench serving", fresh=True)
    flow.set_base_url("compatible", base_url)
    flow.model = "compatible:slow-24"
    flow.conversation("ask", "Be brief.")
    with tempfile.TemporaryDirectory() as folder, socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
        found.close()
        path = Path(folder) / "bench.flow.json"
        flow.save(path)
        command = [
            sys.executable,
            "-m",
            "byok_widgets",
            "serve",
            str(path),
            "--port",
            str(port),
            "--settings",
            "file",
        ]
        server = subprocess.Popen(
            [*command, "--store", str(Path(folder) / "calls.sqlite")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ,
        )
        assert server.stdout is not None
        try:
            server.stdout.readline()
            yield psutil.Process(server.pid), f"http://127.0.0.1:{port}/v1", server.stdout.readline().split()[-1]
        finally:
            server.terminate()
            server.wait()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _load(
    url: str, token: str, *, sessions: int, pause_s: float, for_s: float = 3600.0, turns: int = 10**9
) -> _Round:
    """Hold conversations for a while, or for a number of turns."""
    run, left = _Round([]), iter(range(turns))
    until = time.monotonic() + for_s

    async def session(name: str) -> None:
        rng, said = random.Random(name), []
        reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
        await asyncio.sleep(rng.random() * pause_s)
        taken = 0
        while time.monotonic() < until and next(left, None) is not None:
            call, turn = divmod(taken, CALL_TURNS)
            taken += 1
            if not turn:
                said.clear()
            said.append({"role": "user", "content": f"This is turn {turn}."})
            first_s = await _turn(reader, writer, url, token, f"{name}.{call}", said)
            run.first_s.append(first_s)
            said.append({"role": "assistant", "content": "word " * 24})
            del said[:-9]
            pause = rng.expovariate(1 / pause_s) if pause_s else 0.0
            await asyncio.sleep(max(0.0, min(pause, until - time.monotonic())))
        writer.close()

    marker = time.monotonic_ns()
    await asyncio.gather(*(session(f"call {marker} {at}") for at in range(sessions)))
    return run


async def _turn(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, token: str, name: str, said: list[object]
) -> float:
    body = json.dumps({"model": "slow-24", "messages": said, "stream": True, "user": name}).encode()
    head = f"POST {urlsplit(url).path}/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    head += f"Authorization: Bearer {token}\r\n"
    began, first_s, got = time.perf_counter(), 0.0, b""
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    while b"[DONE]" not in got[-40:]:
        piece = await reader.read(65536)
        if not piece:
            raise ConnectionError("the server hung up")
        got += piece
        if not first_s and b"word" in got:
            first_s = time.perf_counter() - began
    if not first_s:
        raise ConnectionError(f"no answer of the stub: {got[-300:]!r}")
    return first_s
