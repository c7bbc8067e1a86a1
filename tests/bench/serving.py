"""A served flow beside the stub that its model is: `python -m tests.bench serving`, about four minutes.

Each of its parts can be named alone: `serving-turns`, `serving-memory`, `serving-saturation` and `serving-proxy`.

Sessions ask turn by turn, each on a connection of its own, with pauses between. The rounds alternate between the
stub alone and the served flow; the best round of each is compared, since other work on the machine only adds time.
What each round gave is printed as soon as it has ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from byok_widgets import Flow

SESSIONS, PAUSE_S, ROUND_S, ROUNDS = 300, 8.0, 7.0, 5
FEW_SESSIONS = 30
"""So many a proxy carries that does the same for any model."""
MEMORY_TURNS = (1_000, 13_000)
MEMORY_STEP = 2_000
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


def serving_lines(base_url: str, parts: Iterable[str] = ()) -> tuple[list[str], bool]:
    """Return the lines of this bench, or of some of its parts, and whether each `must` is kept."""
    made = [line for part in parts or PARTS for line in PARTS[part](base_url)]
    return [line for line, _ in made], all(kept for _, kept in made)


def _turns(base_url: str) -> list[tuple[str, bool]]:
    with _served(base_url) as (process, url, token):
        _round(url, token)  # opens the connections
        direct, ours, cpu_s = [], [], []
        for number in range(ROUNDS):
            direct.append(_round(base_url, ""))
            before = _cpu_s(process)
            ours.append(_round(url, token))
            cpu_s.append((_cpu_s(process) - before) / len(ours[-1].first_s))
            waits = " and ".join(f"{1000 * run.p95_s:.0f}" for run in (direct[-1], ours[-1]))
            _tell(f"round {number + 1}: p95 {waits} ms, {1000 * cpu_s[-1]:.2f} ms of CPU a turn")
    more_ms = 1000 * (min(run.p95_s for run in ours) - min(run.p95_s for run in direct))
    return [
        _line(f"{SESSIONS} sessions, p95 to the first token over the stub's, ms", more_ms, 15.0),
        _line("CPU of the server per turn, ms", 1000 * min(cpu_s), 4.0),
    ]


def _memory(base_url: str) -> list[tuple[str, bool]]:
    first, last = MEMORY_TURNS
    with _served(base_url) as (process, url, token):
        _round(url, token, sessions=AT_ONCE, pause_s=0, for_s=3600.0, turns=first)
        before = process.memory_info().rss
        for done in range(first, last, MEMORY_STEP):
            _round(url, token, sessions=AT_ONCE, pause_s=0, for_s=3600.0, turns=MEMORY_STEP)
            grown = process.memory_info().rss - before
            _tell(f"{done + MEMORY_STEP:,} turns: {grown / _MB:+.1f} MB")
    return [_line(f"memory from turn {first:,} to {last:,}, MB", grown / _MB, 10.0)]


def _saturation(base_url: str) -> list[tuple[str, bool]]:
    with _served(base_url) as (_, url, token):
        return [_most(url, token, "served flow")]


def _proxy(base_url: str) -> list[tuple[str, bool]]:
    """Compare with LiteLLM's proxy, which brings an environment of its own."""
    command = shutil.which("litellm")
    if command is None:
        return [("serving-proxy: no `litellm` is on the PATH: pip install 'litellm[proxy]'", True)]
    with _served(base_url) as (process, url, token):
        ours = [_few(process, url, token, base_url, "served flow"), _most(url, token, "served flow")]
    with _proxied(command, base_url) as (process, url, token):
        return [*ours, _few(process, url, token, base_url, "litellm"), _most(url, token, "litellm")]


def _few(process: psutil.Process, url: str, token: str, base_url: str, name: str) -> tuple[str, bool]:
    """Return what a few sessions wait for, beside the stub, with one round before that warms up."""
    few = partial(_round, sessions=FEW_SESSIONS)
    few(url, token)
    direct, before = few(base_url, ""), _cpu_s(process)
    run = few(url, token)
    cpu_s = (_cpu_s(process) - before) / len(run.first_s)
    more_ms = 1000 * (statistics.median(run.first_s) - statistics.median(direct.first_s))
    what = f"{FEW_SESSIONS} sessions, {name}, p50 to the first token over the stub's, ms"
    return f"{what:65} {more_ms:6.1f}  CPU per turn {1000 * cpu_s:6.2f} ms", True


def _most(url: str, token: str, name: str) -> tuple[str, bool]:
    _round(url, token, sessions=AT_ONCE, pause_s=0, for_s=3600.0, turns=AT_ONCE)  # warms it up
    per_s = len(_round(url, token, sessions=AT_ONCE, pause_s=0).first_s) / ROUND_S
    return f"{f'{AT_ONCE} sessions without pauses, {name}, turns a second':65} {per_s:6.0f}", True


def _line(name: str, value: float, must: float) -> tuple[str, bool]:
    verdict = "ok" if value <= must else "MISSED"
    return f"{name:65} {value:6.2f}  must <= {must:g} {verdict}", value <= must


def _tell(done: str) -> None:
    print(f"  {done}", flush=True)


PARTS: dict[str, Callable[[str], list[tuple[str, bool]]]] = {
    "serving-turns": _turns,
    "serving-memory": _memory,
    "serving-saturation": _saturation,
    "serving-proxy": _proxy,
}
"""The parts of this bench, by the names by which they can be asked for."""


@contextmanager
def _served(base_url: str) -> Iterator[tuple[psutil.Process, str, str]]:
    """Serve a flow of one node, and give its process, address and access token."""
    flow = Flow("bench serving", fresh=True)
    flow.set_base_url("compatible", base_url)
    flow.model = "compatible:slow-24"
    flow.conversation("ask", "Be brief.")
    with tempfile.TemporaryDirectory() as folder:
        port, path = _free_port(), Path(folder) / "bench.flow.json"
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


@contextmanager
def _proxied(command: str, base_url: str) -> Iterator[tuple[psutil.Process, str, str]]:
    """Run LiteLLM's proxy before the stub, and give its process, address and access token."""
    token = f"sk-{secrets.token_hex(16)}"  # without one it does not start
    named = {"model": "openai/slow-24", "api_base": base_url, "api_key": "none"}
    with tempfile.TemporaryDirectory() as folder:
        port, path = _free_port(), Path(folder) / "config.yaml"
        path.write_text(json.dumps({"model_list": [{"model_name": "slow-24", "litellm_params": named}]}))
        server = subprocess.Popen(
            [command, "--config", str(path), "--host", "127.0.0.1", "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LITELLM_MASTER_KEY": token},
        )
        try:
            while not _listens(port):
                if server.poll() is not None:
                    raise RuntimeError("litellm has ended: is litellm[proxy] installed?")
                time.sleep(0.2)
            yield psutil.Process(server.pid), f"http://127.0.0.1:{port}/v1", token
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _cpu_s(process: psutil.Process) -> float:
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def _round(
    url: str,
    token: str,
    *,
    sessions: int = SESSIONS,
    pause_s: float = PAUSE_S,
    for_s: float = ROUND_S,
    turns: int = 10**9,
) -> _Round:
    """Hold conversations for a while, or for a number of turns."""
    return asyncio.run(_load(url, token, sessions=sessions, pause_s=pause_s, for_s=for_s, turns=turns))


async def _load(url: str, token: str, *, sessions: int, pause_s: float, for_s: float, turns: int) -> _Round:
    run, left = _Round([]), iter(range(turns))
    until = time.monotonic() + for_s

    async def session(name: str) -> None:
        rng, said = random.Random(name), []
        reader, writer = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)
        await asyncio.sleep(min(rng.random() * pause_s, for_s))
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
