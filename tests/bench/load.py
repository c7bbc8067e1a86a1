"""Many calls at once beside the raw SDK: `python -m tests.bench load`, about ten minutes.

Each of its parts can be named alone: `thousand`, `ten-thousand`, `faults`, `quota` and `memory`.

Raw makes its calls with one client and its own retries, at most so many at a time. Ours makes as many at a time,
except where calls are retried: there all are started, and the governor keeps the requests in flight to the same
number, since a call that waits gives its place on.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import NamedTuple
from unittest import mock

from byok_widgets import ByokError
from byok_widgets.engine import Governor
from byok_widgets.providers import governors
from tests.bench.calls import HELLO, stub_flow
from tests.bench.rows import interval
from tests.bench.stub_server import ANSWER_S, REQUESTS_PER_MIN

SEEDS = 10
METERED_CALLS = 900
MEMORY_CALLS = (2_000, 10_000)
_MEMORY = """\
import asyncio, os, psutil
from tests.bench.calls import stub_flow
ask = stub_flow("bench memory", os.environ["STUB"]).conversation("ask", "Be brief.")

async def calls(count):
    places = asyncio.Semaphore(50)
    async def one():
        async with places:
            await ask.arun("Hi")
    await asyncio.gather(*(one() for _ in range(count)))

async def main():
    await calls({first})
    before = psutil.Process().memory_info().rss
    for _ in range(({last} - {first}) // {first}):
        await calls({first})
    print(psutil.Process().memory_info().rss - before)

asyncio.run(main())"""

Call = Callable[[], Awaitable[object]]


class _Run(NamedTuple):
    """What many calls took, in seconds, and how many of them failed."""

    wall_s: float
    cpu_s: float
    lost: int


def load_lines(base_url: str, parts: Iterable[str] = ()) -> tuple[list[str], bool]:
    """Return the lines of this bench, or of some of its parts, and whether each `must` is kept."""
    made = [line for part in parts or LOADS for line in LOADS[part](base_url)]
    return [line for line, _ in made], all(kept for _, kept in made)


def _thousand(base_url: str) -> list[tuple[str, bool]]:
    count, at_once, name = 1_000, 50, "1,000 calls x 200 ms, 50 in flight"
    runs = _fan(base_url, count, at_once, rounds=5)
    ideal_s = count * ANSWER_S / at_once
    raw, ours = (ideal_s / statistics.median(run.wall_s for run in side) for side in zip(*runs, strict=True))
    kept = ours >= 0.94 and not _lost(runs)
    line = (
        f"{f'{name}, efficiency':55} raw {raw:.3f}  ours {ours:.3f}, {_lost(runs)} lost  "
        f"must >= 0.94 {_verdict(kept=kept)}  moonshot >= 0.955"
    )
    return [(line, kept), _ratios(f"{name}, CPU", [(raw.cpu_s, ours.cpu_s) for raw, ours in runs], 0.8, 0.60)]


def _ten_thousand(base_url: str) -> list[tuple[str, bool]]:
    name, runs = "10,000 calls x 200 ms, 200 in flight", _fan(base_url, 10_000, 200, rounds=2)
    line, kept = _ratios(
        f"{name}, wall, {_lost(runs)} lost", [(raw.wall_s, ours.wall_s) for raw, ours in runs], 0.85, 0.68
    )
    cpu = _ratios(f"{name}, CPU", [(raw.cpu_s, ours.cpu_s) for raw, ours in runs], 0.8, 0.45)
    return [(line, kept and not _lost(runs)), cpu]


def _fan(base_url: str, count: int, at_once: int, *, rounds: int) -> list[tuple[_Run, _Run]]:
    return [
        (_raw_run(base_url, "slow-10", count, at_once), _our_run(base_url, "slow-10", count, at_once))
        for _ in range(rounds)
    ]


def _faults(base_url: str) -> list[tuple[str, bool]]:
    count, at_once = 1_000, 50
    runs = []
    with mock.patch.object(governors, "Governor", partial(Governor, at_once)):
        for seed in range(SEEDS):
            raw = _raw_run(base_url, f"faulty-10@{seed}/raw", count, at_once)
            runs.append((raw, _our_run(base_url, f"faulty-10@{seed}/ours", count, count)))
    raw_lost = sum(raw.lost for raw, _ in runs)
    name = f"{count:,} calls, 10 % 429, 5 % 500, wall, {_lost(runs)} lost (raw {raw_lost})"
    line, kept = _ratios(name, [(raw.wall_s, ours.wall_s) for raw, ours in runs], 0.85, 0.80)
    return [(line, kept and not _lost(runs))]


def _metered(base_url: str) -> list[tuple[str, bool]]:
    raw = _raw_run(base_url, "metered-10@raw", METERED_CALLS, 50)
    ours = _our_run(base_url, "metered-10@ours", METERED_CALLS, METERED_CALLS)
    own_s = (METERED_CALLS - REQUESTS_PER_MIN) / (REQUESTS_PER_MIN / 60)
    kept = not ours.lost
    line = (
        f"{f'{METERED_CALLS} calls against {REQUESTS_PER_MIN} a minute':55} raw {METERED_CALLS - raw.lost}  "
        f"ours {METERED_CALLS - ours.lost} in {ours.wall_s / own_s:.2f} of the quota's own time  "
        f"must all {_verdict(kept=kept)}  moonshot <= 1.05 of the time"
    )
    return [(line, kept)]


def _memory(base_url: str) -> list[tuple[str, bool]]:
    first, last = MEMORY_CALLS
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY.format(first=first, last=last)],
        check=True,
        env={**os.environ, "STUB": base_url},
        stdout=subprocess.PIPE,
        text=True,
    )
    grown_mb = int(done.stdout) / 2**20
    kept = grown_mb <= 5
    name = f"memory from call {first:,} to call {last:,}"
    return [(f"{name:55} {grown_mb:+.1f} MB  must <= 5 MB {_verdict(kept=kept)}", kept)]


def _raw_run(base_url: str, model: str, count: int, at_once: int) -> _Run:
    import openai

    async def run() -> _Run:
        async with openai.AsyncOpenAI(api_key="none", base_url=base_url) as client:
            call = partial(client.chat.completions.create, model=model, messages=HELLO)
            return await _run(call, count, at_once)

    return asyncio.run(run())


def _our_run(base_url: str, model: str, count: int, at_once: int) -> _Run:
    ask = stub_flow("bench load", base_url).conversation("ask", "Be brief.")
    return asyncio.run(_run(lambda: ask.arun("Hi", model=f"compatible:{model}"), count, at_once))


async def _run(call: Call, count: int, at_once: int) -> _Run:
    import openai

    places, lost = asyncio.Semaphore(at_once), 0

    async def one() -> None:
        nonlocal lost
        async with places:
            try:
                await call()
            except (openai.OpenAIError, ByokError):
                lost += 1

    wall, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(one() for _ in range(count)))
    return _Run(time.perf_counter() - wall, time.process_time() - cpu, lost)


def _lost(runs: list[tuple[_Run, _Run]]) -> int:
    """Return how many of our calls failed."""
    return sum(ours.lost for _, ours in runs)


def _ratios(name: str, pairs: list[tuple[float, float]], must: float, moonshot: float) -> tuple[str, bool]:
    ratios = [ours / raw for raw, ours in pairs]
    ratio, (low, high) = statistics.median(ratios), interval(ratios)
    kept = ratio <= must
    line = (
        f"{name:55} ratio {ratio:5.2f} ({low:.2f} to {high:.2f})  "
        f"must <= {must:4.2f} {_verdict(kept=kept)}  moonshot <= {moonshot:4.2f}"
    )
    return line, kept


LOADS: dict[str, Callable[[str], list[tuple[str, bool]]]] = {
    "thousand": _thousand,
    "ten-thousand": _ten_thousand,
    "faults": _faults,
    "quota": _metered,
    "memory": _memory,
}
"""The parts of this bench, by the names by which they can be asked for."""


def _verdict(*, kept: bool) -> str:
    return "ok    " if kept else "MISSED"
