"""The figures of a variant: one row of the table and of the board."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byok_widgets.compare.results import evidence
from byok_widgets.compare.results.figures import dollars, percent, points, seconds

if TYPE_CHECKING:
    from byok_widgets.compare.cells.variant import Variant
    from byok_widgets.compare.results.comparison_view import ComparisonView
    from byok_widgets.compare.results.tally import Summary
    from byok_widgets.compare.results.variant_result import VariantResult
    from byok_widgets.compare.statistics import Estimate

COLUMNS = (
    *("score", "difference (points)", "verdict", "cost per 1,000", "first token", "tokens per second"),
    *("time (p50)", "time (p95)", "declined", "failed", "retries", "own wait", "cost ratio"),
)
SCORE, VERDICT = COLUMNS.index("score"), COLUMNS.index("verdict")
_IDLE = frozenset({"", "–", "0", "0.00 s"})
"""What a figure says where there is nothing to say."""


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        words: The figure as people read it; empty where there is none.
        beside: What stands beside it: its interval or bound.
        value: What rows are sorted by; `None` where it is not known.
    """

    words: str
    beside: str = ""
    value: float | None = None

    def __str__(self) -> str:
        return f"{self.words} {self.beside}".rstrip()


def results_by_variant(comparison: ComparisonView) -> Mapping[str, VariantResult]:
    """Return what is shown of each variant by its id; empty while it runs, and without numpy and scipy."""
    if not len(comparison.results) or not evidence.are_possible():
        return {}
    return {result.variant.id: result for result in comparison.verdicts_now()}


def figures_of(comparison: ComparisonView, variant: Variant, result: VariantResult | None) -> tuple[Figure, ...]:
    """Return a figure for each of `COLUMNS`."""
    summary = comparison.results.summary(variant)
    return (
        _score(comparison, variant, result),
        _difference(result),
        Figure("" if result is None else result.verdict),
        _money(summary),
        _seconds(summary.first_token_s),
        Figure("–" if summary.tokens_per_s is None else f"{summary.tokens_per_s:.0f}", value=summary.tokens_per_s),
        _seconds(summary.p50_s),
        _p95(result, summary.p95_s),
        *(Figure(str(count), value=count) for count in (summary.declined, summary.failed, summary.retries)),
        _seconds(summary.wait_s),
        _ratio(comparison, summary, result),
    )


def telling(rows: Sequence[Sequence[Figure]]) -> list[int]:
    """Return the columns without those whose figures say nothing of any variant."""
    return [at for at in range(len(COLUMNS)) if at == SCORE or any(row[at].words not in _IDLE for row in rows)]


def _score(comparison: ComparisonView, variant: Variant, result: VariantResult | None) -> Figure:
    if result is None:  # as without numpy and scipy
        mean = comparison.results.mean_of(variant)
        return Figure("–" if mean is None else percent(mean), value=mean)
    rate = result.score
    bounds = "" if math.isnan(rate.low) else f"({percent(rate.low)} to {percent(rate.high)})"
    return Figure(percent(rate.estimate), bounds, None if math.isnan(rate.estimate) else rate.estimate)


def _difference(result: VariantResult | None) -> Figure:
    apart = None if result is None else result.difference
    if apart is None:
        return Figure("")
    known = None if math.isnan(apart.estimate) else apart.estimate
    return Figure(points(apart.estimate), f"({points(apart.low)} to {points(apart.high)})", known)


def _money(summary: Summary) -> Figure:
    usd = summary.usd_per_1000
    if usd is None and not summary.unpriced:  # nothing was paid for, as where all calls failed
        return Figure("–")
    return Figure(dollars(usd), value=None if usd is None else float(usd))


def _ratio(comparison: ComparisonView, summary: Summary, result: VariantResult | None) -> Figure:
    """Return the ratio of what the same cases cost, with its interval; none where some of it has no price."""
    if result is None or result.service is None or result.verdict == "baseline":
        return Figure("")
    ratio = result.service.cost_ratio
    unpriced = summary.unpriced or comparison.results.summary(comparison.baseline).unpriced
    if unpriced or math.isnan(ratio.estimate):
        return Figure("–")
    return Figure(f"{ratio.estimate:.3g}", f"({ratio.low:.3g} to {ratio.high:.3g})", ratio.estimate)


def _seconds(value: float | None) -> Figure:
    return Figure(seconds(value), value=value)


def _p95(result: VariantResult | None, so_far: float | None) -> Figure:
    """Return the p95 with its upper bound, where there are enough cases for one."""
    found: Estimate | None = None if result is None or result.service is None else result.service.p95_s
    if found is None or math.isnan(found.estimate):
        return _seconds(so_far)
    bound = "" if math.isinf(found.high) else f"(at most {seconds(found.high)})"
    return Figure(seconds(found.estimate), bound, found.estimate)
