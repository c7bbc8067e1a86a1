"""The one place that asks the statistics: what the scores of a comparison show.

When everything has ended, or the limit was reached, that is an interval of a fixed number of cases. While it runs,
and after a person stopped it, it is the evidence of the finished prefix, which may be looked at at any time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from byok_widgets.compare.cases import Case
from byok_widgets.compare.results import Results
from byok_widgets.compare.variant import Variant
from byok_widgets.errors import ConfigError

if TYPE_CHECKING:
    from byok_widgets.compare.statistics import Difference, Estimate, Plan, SequentialEvidence


@dataclass(frozen=True, repr=False)
class VariantResult:
    """What is shown of one variant.

    Attributes:
        variant: The variant.
        score: Its mean score, with the interval.
        difference: Its difference from the baseline; `None` for the baseline, and before all has ended.
        evidence: The evidence so far; `None` for the baseline, and when all has ended.
    """

    variant: Variant
    score: Estimate
    difference: Difference | None = None
    evidence: SequentialEvidence | None = None

    def __repr__(self) -> str:
        score = self.score
        found = f"score {score.estimate:.2f} ({score.low:.2f} to {score.high:.2f} at {score.level:.0%})"
        reason = f": {self.reason}" if self.reason else ""
        return f"VariantResult({self.variant.name}, {found}, {self.verdict}{reason})"

    @property
    def verdict(self) -> str:
        """The verdict: better, worse, no worse, no difference shown, too few; `baseline` for the baseline."""
        shown = self.difference or self.evidence
        return "baseline" if shown is None else str(shown.verdict)

    @property
    def reason(self) -> str:
        """Why, in a sentence or two."""
        shown = self.difference or self.evidence
        return "" if shown is None else shown.reason


def variant_results(
    results: Results, baseline: Variant, *, margin: float | None, fixed: bool
) -> list[VariantResult]:
    """Return what is shown of each variant, in the order of the columns.

    Args:
        results: The cells.
        baseline: The variant that the others are compared with.
        margin: The loss that was declared acceptable beforehand.
        fixed: Whether the number of cases was fixed before anybody looked.

    Raises:
        ConfigError: numpy and scipy are missing.
    """
    require_statistics()
    from byok_widgets.compare import statistics

    groups = groups_of(results.cases)
    others = [variant for variant in results.variants if variant.id != baseline.id]
    scores = {variant.id: table_of(results, variant) for variant in results.variants}
    rates = {variant.id: statistics.rate(scores[variant.id], groups=groups) for variant in results.variants}
    if fixed:
        family = {
            v.id: statistics.score_contrast(scores[v.id], scores[baseline.id], groups=groups) for v in others
        }
        decided = statistics.verdicts(family, margin=margin)
        return [VariantResult(v, rates[v.id], decided.get(v.id)) for v in results.variants]
    size = max(1, len(others))
    live = {
        variant.id: statistics.live_evidence(
            scores[variant.id],
            scores[baseline.id],
            _ended(results, [variant, baseline]),
            family_size=size,
            margin=margin,
        )
        for variant in others
    }
    return [VariantResult(v, rates[v.id], evidence=live.get(v.id)) for v in results.variants]


def plan(results: Results, baseline: Variant, *, margin: float | None, power: float = 0.8) -> dict[str, Plan]:
    """Return for each variant how many cases and repeats it takes to show its difference from the baseline.

    Raises:
        ConfigError: numpy and scipy are missing, or fewer than two cases have a score on both sides.
    """
    require_statistics()
    from byok_widgets.compare import statistics

    plans = {}
    for variant in results.variants:
        if variant.id != baseline.id:
            costs = [results.summary(each).usd_per_1000 for each in (variant, baseline)]
            known = [float(usd) / 1000 for usd in costs if usd is not None]
            plans[variant.name] = statistics.plan(
                table_of(results, variant),
                table_of(results, baseline),
                margin=margin or 0.05,
                power=power,
                cost_per_cell=sum(known) / 2 if len(known) == 2 else None,
            )
    return plans


def table_of(results: Results, variant: Variant) -> list[list[float]]:
    """Return the scores of a variant, a row for each case, with nan for what is missing."""
    rows = []
    for case in results.cases:
        scores = [results.score(variant, case, repeat) for repeat in range(1, results.repeat + 1)]
        rows.append([math.nan if score is None else score for score in scores])
    return rows


def groups_of(cases: Sequence[Case]) -> list[Any] | None:
    """Return the group of each case; `None` where there are no groups."""
    groups = [case.group or None for case in cases]
    return groups if any(groups) else None


def are_possible() -> bool:
    """Whether numpy and scipy are installed."""
    return all(find_spec(name) is not None for name in ("numpy", "scipy"))


def _ended(results: Results, variants: Sequence[Variant]) -> list[list[bool]]:
    repeats = range(1, results.repeat + 1)
    return [
        [results.cell(variant, case, repeat) is not None for variant in variants for repeat in repeats]
        for case in results.cases
    ]


def require_statistics() -> None:
    """Make sure that statistics are possible.

    Raises:
        ConfigError: numpy and scipy are missing.
    """
    if not are_possible():
        raise ConfigError(
            "Verdicts need numpy and scipy.", kind="missing_package", fix='pip install "byok-widgets[compare]"'
        )
