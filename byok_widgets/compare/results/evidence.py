"""The one place that asks the statistics: what the scores of a comparison show.

When everything has ended, that is an interval of a fixed number of cases. While it runs, after it was stopped
early, and where cases were added to what could be seen before, no interval would hold: it is the evidence of the
finished prefix, which may be looked at at any time.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from byok_widgets.compare.cells.scoring import Metric
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.results.figures import percent
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.results.validity import Validity, validity_of
from byok_widgets.compare.results.variant_result import Service, VariantResult
from byok_widgets.engine import HAS_THREADS
from byok_widgets.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from byok_widgets.compare.statistics import LiveEvidence, Plan, SequentialEvidence


class Live:
    """The evidence of a running comparison: a later look continues from there, unless a cell was replaced."""

    def __init__(self) -> None:
        self._of: object = None
        self._looks: dict[str, LiveEvidence] = {}
        self._lock = threading.Lock()

    def look(self, results: Results, baseline: Variant, margin: float | None) -> dict[str, SequentialEvidence]:
        """Return the evidence so far of each variant but the baseline, by its id."""
        from byok_widgets.compare import statistics

        others = [variant for variant in results.variants if variant.id != baseline.id]
        with self._lock:
            of = (results.replaced, margin)
            if self._of != of:
                size, weights, groups = max(1, len(others)), results.weights, results.groups
                self._looks = {
                    variant.id: statistics.LiveEvidence(
                        family_size=size, margin=margin, weights=weights, groups=groups
                    )
                    for variant in others
                }
                self._of = of
            found = {}
            for variant in others:
                ended = _ended(results, [variant, baseline])  # what ends from here on is for the next look
                scores = table_of(results, variant), table_of(results, baseline)
                found[variant.id] = self._looks[variant.id].look(*scores, ended)
            return found


def variant_results(
    results: Results,
    baseline: Variant,
    *,
    metric: Metric,
    margin: float | None,
    fixed: bool,
    live: Live | None = None,
) -> list[VariantResult]:
    """Return what is shown of each variant, in the order of the columns.

    Args:
        results: The cells.
        baseline: The variant that the others are compared with.
        metric: How outputs were scored. Micro-F1 is shown when all has ended; before, bets are on the mean F1 of
            cases, which is another figure.
        margin: The loss that was declared acceptable beforehand.
        fixed: Whether the number of cases was fixed before anybody looked.
        live: What was looked at before; by default nothing.

    Raises:
        ConfigError: numpy and scipy are missing.
    """
    require_statistics()
    if fixed:
        found = _complete(results, baseline, metric=metric, margin=margin)
    else:
        found = _so_far(results, baseline, margin=margin, live=live or Live())
    trust = validities(results)
    withheld = why_withheld(trust, baseline)
    return [
        replace(result, validity=trust[result.variant.id], withheld=withheld[result.variant.id])
        for result in found
    ]


def validities(results: Results) -> dict[str, Validity | None]:
    """Return how far the simulated callers of each variant can be trusted, by its id; `None` where none are."""
    if not results.has_simulated:
        return {variant.id: None for variant in results.variants}
    return {variant.id: validity_of(results, variant) for variant in results.variants}


def why_withheld(trust: Mapping[str, Validity | None], baseline: Variant) -> dict[str, str]:
    """Return for each variant why it gets no verdict, by its id; empty where it gets one.

    It gets none where too few dialogues of its callers, or of the baseline's, were valid.
    """
    found = {}
    for own, validity in trust.items():
        both = (validity, trust[baseline.id])
        doubtful = next((one for one in both if one is not None and not one.is_enough), None)
        found[own] = (
            ""
            if doubtful is None
            else (
                f"No verdict: the simulated callers went wrong too often. {doubtful}; at least "
                f"{percent(doubtful.least)} must be valid."
            )
        )
    return found


def _complete(results: Results, baseline: Variant, *, metric: Metric, margin: float | None) -> list[VariantResult]:
    from byok_widgets.compare import statistics

    groups, weights = results.groups, results.weights
    others = [variant for variant in results.variants if variant.id != baseline.id]
    if metric.counts_values:
        counts = {variant.id: _counts_of(results, variant, metric) for variant in results.variants}
        rates = {own: statistics.f1(counted, groups=groups) for own, counted in counts.items()}
        family = {v.id: statistics.f1_contrast(counts[v.id], counts[baseline.id], groups=groups) for v in others}
    else:
        scores = {variant.id: table_of(results, variant) for variant in results.variants}
        rates = {own: statistics.rate(each, groups=groups, weights=weights) for own, each in scores.items()}
        family = {
            v.id: statistics.score_contrast(scores[v.id], scores[baseline.id], groups=groups, weights=weights)
            for v in others
        }
    decided = statistics.verdicts(family, margin=margin)
    return [
        VariantResult(v, rates[v.id], decided.get(v.id), service=_service(results, v, baseline))
        for v in results.variants
    ]


def _so_far(results: Results, baseline: Variant, *, margin: float | None, live: Live) -> list[VariantResult]:
    from byok_widgets.compare import statistics

    scores = {variant.id: table_of(results, variant) for variant in results.variants}
    rates = {
        own: statistics.rate(each, groups=results.groups, weights=results.weights) for own, each in scores.items()
    }
    found = live.look(results, baseline, margin)
    return [
        VariantResult(v, replace(rates[v.id], low=math.nan, high=math.nan), evidence=found.get(v.id))
        for v in results.variants
    ]


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
            costs = [results.summary(each).usd_per_cell for each in (variant, baseline)]
            known = [float(usd) for usd in costs if usd is not None]
            plans[variant.name] = statistics.plan(
                table_of(results, variant),
                table_of(results, baseline),
                margin=0.05 if margin is None else margin,
                power=power,
                cost_per_cell=sum(known) / 2 if len(known) == 2 else None,
                weights=results.weights,
                groups=results.groups,
            )
    return plans


def table_of(results: Results, variant: Variant) -> NDArray[np.float64]:
    """Return the scores of a variant, a row for each case, with nan for what is missing."""
    import numpy as np

    return np.frombuffer(results.column(variant)[0]).reshape(-1, results.repeat)


def _counts_of(results: Results, variant: Variant, metric: Metric) -> list[list[list[float]]]:
    """Return true positives, false positives and false negatives of each cell, times the weight of its case."""
    rows = []
    for case in results.cases:
        cells = [results.cell(variant, case, repeat) for repeat in range(1, results.repeat + 1)]
        counted = [None if cell is None else metric.counts(case, cell) for cell in cells]
        rows.append(
            [[math.nan] * 3 if each is None else [case.weight * count for count in each] for each in counted]
        )
    return rows


def _service(results: Results, variant: Variant, baseline: Variant) -> Service:
    from byok_widgets.compare import statistics

    groups, weights = results.groups, results.weights
    (costs, seconds), (of_baseline, _) = (_amounts(results, each) for each in (variant, baseline))
    return Service(
        statistics.ratio_of_totals(costs, of_baseline, groups=groups, weights=weights),
        statistics.typical_ratio(costs, of_baseline, groups=groups, weights=weights),
        statistics.quantile(seconds, q=0.5),
        statistics.quantile(seconds, q=0.95),
    )


def _amounts(results: Results, variant: Variant) -> list[NDArray[np.float64]]:
    """Return the costs and the seconds of a variant, a row for each case, with nan for what is missing."""
    import numpy as np

    return [np.frombuffer(column).reshape(-1, results.repeat) for column in results.amounts(variant)]


def are_possible() -> bool:
    """Whether numpy and scipy are installed."""
    return all(find_spec(name) is not None for name in ("numpy", "scipy"))


def _ended(results: Results, variants: Sequence[Variant]) -> NDArray[np.bool_]:
    import numpy as np

    ended = [np.frombuffer(results.column(variant)[1], np.bool_) for variant in variants]
    return np.hstack([column.reshape(-1, results.repeat) for column in ended])


def require_statistics() -> None:
    """Make sure that statistics are possible.

    Raises:
        ConfigError: numpy and scipy are missing.
    """
    if not are_possible():
        install = 'pip install "byok-widgets[compare]"'
        elsewhere = f"This page has neither; on a computer of your own, {install} brings both."
        fix = install if HAS_THREADS else elsewhere
        raise ConfigError("Verdicts need numpy and scipy.", kind="missing_package", fix=fix)
