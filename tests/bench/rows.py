"""A row of the table: times of raw, ours and peers, taken in turns in one run, as ratios to raw.

Each round takes all of them once, so that a noisy machine disturbs them alike; a row shows the median ratio of its
rounds and the interval that holds it with 95 % confidence.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

ROUNDS = 31
RAW, OURS = "raw", "ours"

Work = Callable[[], object]
AsyncWork = Callable[[], Awaitable[object]]
_Work = TypeVar("_Work", Work, AsyncWork)


@dataclass(frozen=True)
class Row:
    """One line of the table: what, the measured times in seconds, and what is demanded of their ratio.

    Attributes:
        peers: Times of other libraries, by name.
    """

    name: str
    raw_s: Sequence[float]
    ours_s: Sequence[float]
    must: float
    moonshot: float
    peers: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """The median ratio of ours to raw."""
        return _median(self.ours_s, self.raw_s)

    def line(self) -> str:
        """Return the row as text."""
        raw, ours = statistics.median(self.raw_s), statistics.median(self.ours_s)
        low, high = interval(_ratios(self.ours_s, self.raw_s))
        verdict = "ok" if self.ratio <= self.must else "MISSED"
        peers = (
            f"{name} {statistics.median(_ratios(times, self.raw_s)):.2f}" for name, times in self.peers.items()
        )
        return "  ".join(
            (
                f"{self.name:44} raw {raw * 1000:8.2f} ms  ours {ours * 1000:8.2f} ms",
                f"ratio {self.ratio:5.2f} ({low:.2f} to {high:.2f})",
                f"must <= {self.must:4.2f} {verdict:6}  moonshot <= {self.moonshot:4.2f}",
                *peers,
            )
        )


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the interval that holds the median with 95 % confidence, from the order of the values."""
    ordered, half = sorted(values), 0.98 * math.sqrt(len(values))
    middle = (len(values) - 1) / 2
    return ordered[max(0, math.floor(middle - half))], ordered[min(len(values) - 1, math.ceil(middle + half))]


def interleaved(
    name: str,
    raw: Work,
    ours: Work,
    repeats: int,
    must: float,
    moonshot: float,
    *,
    peers: Mapping[str, Work] | None = None,
) -> Row:
    """Take the CPU times of all in turns."""
    return _row(name, {RAW: raw, OURS: ours, **(peers or {})}, lambda work: _cpu(work, repeats), must, moonshot)


def interleaved_async(
    name: str,
    raw: AsyncWork,
    ours: AsyncWork,
    repeats: int,
    must: float,
    moonshot: float,
    *,
    close: AsyncWork,
) -> Row:
    """Take the CPU times of coroutines in turns, all on one loop; `close` closes what raw opened there."""
    with asyncio.Runner() as runner:

        def take(work: AsyncWork) -> float:
            return runner.run(_async_cpu(work, repeats))

        row = _row(name, {RAW: raw, OURS: ours}, take, must, moonshot)
        runner.run(_awaited(close))
    return row


def _row(
    name: str, works: Mapping[str, _Work], take: Callable[[_Work], float], must: float, moonshot: float
) -> Row:
    for work in works.values():  # the first time is another one
        take(work)
    times: dict[str, list[float]] = {one: [] for one in works}
    for _ in range(ROUNDS):
        for one, work in works.items():
            times[one].append(take(work))
    return Row(name, times.pop(RAW), times.pop(OURS), must, moonshot, times)


def _cpu(work: Work, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


async def _async_cpu(work: AsyncWork, repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        await work()
    return (time.process_time() - start) / repeats


async def _awaited(work: AsyncWork) -> None:
    await work()


def _median(times_s: Sequence[float], raw_s: Sequence[float]) -> float:
    return statistics.median(_ratios(times_s, raw_s))


def _ratios(times_s: Sequence[float], raw_s: Sequence[float]) -> list[float]:
    return [time_s / raw for time_s, raw in zip(times_s, raw_s, strict=True)]
