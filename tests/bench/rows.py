"""A row of the table: times of raw and ours, taken in turns in one run, as a ratio."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 15


@dataclass(frozen=True)
class Row:
    """One line of the table: what, the measured times in seconds, and what is demanded of their ratio."""

    name: str
    raw_s: list[float]
    ours_s: list[float]
    must: float
    moonshot: float

    def line(self) -> str:
        """Return the row as text."""
        raw, ours = statistics.median(self.raw_s), statistics.median(self.ours_s)
        ratio = ours / raw
        verdict = "ok" if ratio <= self.must else "MISSED"
        return (
            f"{self.name:44} raw {raw * 1000:8.2f} ms  ours {ours * 1000:8.2f} ms  "
            f"ratio {ratio:5.2f}  must <= {self.must:4.2f} {verdict:6}  moonshot <= {self.moonshot:4.2f}"
        )


def _cpu(work: Callable[[], object], repeats: int) -> float:
    start = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - start) / repeats


def interleaved(
    name: str, raw: Callable[[], object], ours: Callable[[], object], repeats: int, must: float, moonshot: float
) -> Row:
    """Take CPU times of both in turns."""
    _cpu(raw, 3), _cpu(ours, 3)
    times = [(_cpu(raw, repeats), _cpu(ours, repeats)) for _ in range(ROUNDS)]
    return Row(name, [raw for raw, _ in times], [ours for _, ours in times], must, moonshot)
