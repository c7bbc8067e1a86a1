"""The one place that asks the statistics: what the scores of a comparison show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byok_widgets.compare.cases import Case
from byok_widgets.compare.results import Results
from byok_widgets.compare.variant import Variant
from byok_widgets.errors import ConfigError

if TYPE_CHECKING:
    from byok_widgets.compare.statistics.results import Difference, Estimate


@dataclass(frozen=True)
class Finding:
    """What is shown of one variant.

    Attributes:
        variant: The variant.
        score: Its mean score with the interval.
        difference: Its difference from the baseline; `None` for the baseline itself.
    """

    variant: Variant
    score: Estimate
    difference: Difference | None

    @property
    def verdict(self) -> str:
        """The verdict; `baseline` for the baseline."""
        return "baseline" if self.difference is None else str(self.difference.verdict)


def findings(results: Results, baseline: Variant, *, margin: float | None) -> list[Finding]:
    """Return what is shown of each variant, the baseline first.

    Raises:
        ConfigError: numpy and scipy are missing.
    """
    _require()
    from byok_widgets.compare import statistics

    groups = groups_of(results.cases)
    others = [variant for variant in results.variants if variant.id != baseline.id]
    scores = {variant.id: table_of(results, variant) for variant in results.variants}
    contrasts = [statistics.contrast(scores[variant.id], scores[baseline.id], groups=groups) for variant in others]
    differences = statistics.decide(contrasts, margin=margin)
    found = [Finding(baseline, statistics.rate(scores[baseline.id], groups=groups), None)]
    for variant, difference in zip(others, differences, strict=True):
        found.append(Finding(variant, statistics.rate(scores[variant.id], groups=groups), difference))
    return found


def table_of(results: Results, variant: Variant, cases: Sequence[Case] | None = None) -> list[list[float]]:
    """Return the scores of a variant, a row for each case, with nan for what is missing."""
    rows = []
    for case in results.cases if cases is None else cases:
        scores = [results.score(variant, case, repeat) for repeat in range(1, results.repeat + 1)]
        rows.append([math.nan if score is None else score for score in scores])
    return rows


def groups_of(cases: Sequence[Case]) -> list[Any] | None:
    """Return the group of each case; `None` where there are no groups."""
    groups = [case.group or None for case in cases]
    return groups if any(groups) else None


def _require() -> None:
    try:
        import numpy  # noqa: F401
        import scipy  # noqa: F401
    except ImportError:
        pass
    else:
        return
    raise ConfigError(
        "Verdicts need numpy and scipy.", kind="missing_package", fix='pip install "byok-widgets[compare]"'
    )
