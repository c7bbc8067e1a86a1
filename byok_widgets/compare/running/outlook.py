"""What a running comparison will still take: time by how fast cells ended lately, money by what they cost."""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byok_widgets.compare.results.comparison_view import ComparisonView

WINDOW_S = 60.0
"""How far back the pace is measured, in seconds."""
_LEAST_S, _LEAST_CELLS = 2.0, 3
"""Over less than this, a pace would be a guess."""


class Pace:
    """How fast cells end."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, now_s: float, done: int) -> None:
        """Take note of how many cells have ended."""
        self._seen.append((now_s, done))
        while now_s - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()

    def seconds_for(self, cells: int) -> float | None:
        """Return about how long so many cells take; `None` while that is not known."""
        if not self._seen:
            return None
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        if now - began < _LEAST_S or last - first < _LEAST_CELLS:
            return None
        return cells * (now - began) / (last - first)


def left(comparison: ComparisonView, pace: Pace) -> str:
    """Return in words what a running comparison will still take; empty where that is not known."""
    if not comparison.running:
        return ""
    results = comparison.results
    seconds = pace.seconds_for(results.total - len(results))
    parts = [] if seconds is None else [f"about {duration(seconds)} left"]
    money = _money(comparison)
    return " · ".join([*parts, *([money] if money else [])])


def _money(comparison: ComparisonView) -> str:
    """Return what the missing cells will probably cost, at what those of the same variant have cost."""
    expected = comparison.estimate
    if any(not comparison.results.summary(variant).finished for variant in comparison.variants):
        missing = comparison.results.total - len(comparison.results)
        share = Decimal(missing) / expected.cells if expected.cells else Decimal(0)
        return _words((expected.usd or Decimal(0)) * min(share, Decimal(1)), bool(expected.unpriced))
    usd, unpriced = Decimal(0), False
    each = len(comparison.results.cases) * comparison.results.repeat
    for variant in comparison.variants:
        summary = comparison.results.summary(variant)
        if summary.usd_per_cell is None:
            unpriced = True
        else:
            usd += summary.usd_per_cell * (each - summary.finished)
    return _words(usd, unpriced)


def _words(usd: Decimal, unpriced: bool) -> str:  # noqa: FBT001 - private, and read in one place
    return f"{'at least' if unpriced else 'about'} ${usd:.4f} to come" if usd else ""


def duration(seconds: float) -> str:
    """Return a length of time, roughly."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
