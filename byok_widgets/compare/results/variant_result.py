"""`VariantResult`: what is shown of one variant of a comparison, and `Verdicts`, those of all of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.results.figures import interval, percent, points
from byok_widgets.compare.results.validity import Validity
from byok_widgets.display import markup
from byok_widgets.display.text_tables import aligned
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from byok_widgets.compare.statistics import Difference, Estimate, SequentialEvidence


@dataclass(frozen=True)
class Service:
    """Cost and time of a variant; they are descriptive and give no verdict.

    Attributes:
        cost_ratio: What the common cases cost together, divided by what they cost on the baseline.
        typical_cost_ratio: The same for a typical call: the geometric mean of the ratios.
        p50_s: Median of the provider's own time, in seconds.
        p95_s: Its 95th percentile; without an upper bound below 72 cases.
    """

    cost_ratio: Estimate
    typical_cost_ratio: Estimate
    p50_s: Estimate
    p95_s: Estimate


@dataclass(frozen=True, repr=False)
class VariantResult:
    """What is shown of one variant.

    Attributes:
        variant: The variant.
        score: Its mean score, with the interval; its ends are nan where there is evidence in place of intervals.
        difference: Its difference from the baseline; `None` for the baseline, and where there is evidence.
        evidence: The evidence so far; `None` for the baseline, and when all has ended, unless cases were added.
        service: Cost and time beside the baseline's, with intervals; `None` before all has ended.
        validity: How far its simulated callers can be trusted; `None` where there are none.
        withheld: Why no verdict is given; empty where one is.
    """

    variant: Variant
    score: Estimate
    difference: Difference | None = None
    evidence: SequentialEvidence | None = None
    service: Service | None = None
    validity: Validity | None = None
    withheld: str = ""

    def __repr__(self) -> str:
        score = self.score
        bounds = f" ({score.low:.2f} to {score.high:.2f} at {score.level:.0%})"
        found = f"score {score.estimate:.2f}{'' if math.isnan(score.low) else bounds}"
        reason = f": {self.reason}" if self.reason else ""
        return redact(f"VariantResult({self.variant.name}, {found}, {self.verdict}{reason})", words=False)

    def _repr_html_(self) -> str:
        return _as_html([self])

    @property
    def verdict(self) -> str:
        """The verdict: better, worse, no worse, no difference shown, too few, withheld; or `baseline`."""
        shown = self.difference or self.evidence
        if self.withheld and shown is not None:
            return WITHHELD
        return "baseline" if shown is None else str(shown.verdict)

    @property
    def reason(self) -> str:
        """Why, in a sentence or two."""
        shown = self.difference or self.evidence
        return self.withheld or ("" if shown is None else shown.reason)


WITHHELD = "withheld"
"""What stands for a verdict where simulated callers went wrong too often."""


_COLUMNS = ("variant", "score", "difference (points)", "verdict", "why")


class Verdicts(list[VariantResult]):
    """What is shown of each variant, in the order of the columns."""

    def __repr__(self) -> str:
        return redact("\n".join(aligned([_COLUMNS, *map(_row, self)])), words=False)

    def _repr_html_(self) -> str:
        return _as_html(self)


def _as_html(results: Iterable[VariantResult]) -> str:
    """Return the table of verdicts as HTML."""
    rows = [[redact(cell, words=False) for cell in _row(result)] for result in results]
    return markup.table(rows, caption="Verdicts", columns=_COLUMNS, numbers={1, 2})


def _row(result: VariantResult) -> tuple[str, ...]:
    """Return the cells of a row: the score and its difference from the baseline with their intervals, and why."""
    score, apart = result.score, result.difference
    bounds = "" if math.isnan(score.low) else f" ({percent(score.low)} to {percent(score.high)})"
    return (
        result.variant.name,
        f"{percent(score.estimate)}{bounds}",
        _estimated(result.evidence) if apart is None else interval(apart),
        result.verdict,
        result.reason,
    )


def _estimated(evidence: SequentialEvidence | None) -> str:
    return "" if evidence is None else points(evidence.estimate)
