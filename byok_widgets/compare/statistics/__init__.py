"""Statistics of comparisons, on plain arrays: cases × repeats from 0 to 1, nan where a score is missing.

The unit is the case: repeats are averaged inside it, groups of cases are clusters.

    contrasts = {name: score_contrast(scores[name], scores["now"]) for name in others}
    verdicts(contrasts, margin=0.05)             # when complete: Holm over the family, one Difference for each
    live_evidence(ours, baseline, finished)      # while it runs: may be looked at after each case
    cheapest_safe(chains_of(...), run, ...)      # a model for each node, confirmed by runs of the flow

Importing this package loads numpy and scipy: import it where it is needed.
"""

from __future__ import annotations

from byok_widgets.compare.statistics.assignments import (
    Candidate,
    SafeAssignment,
    Step,
    cases_to_decide,
    chains_of,
    cheapest_safe,
)
from byok_widgets.compare.statistics.common_cases import CommonCases, common_cases
from byok_widgets.compare.statistics.contrasts import f1_contrast, score_contrast
from byok_widgets.compare.statistics.evidence import (
    LiveEvidence,
    SequentialEvidence,
    finished_prefix,
    live_evidence,
    wealth,
)
from byok_widgets.compare.statistics.planning import Plan, PlanRow, cases_needed, detectable, plan
from byok_widgets.compare.statistics.rates import f1, quantile, rate
from byok_widgets.compare.statistics.ratios import ratio_of_totals, typical_ratio
from byok_widgets.compare.statistics.results import (
    MIN_CASES,
    MIN_DISCORDANT,
    MIN_GROUPS,
    Contrast,
    Difference,
    Estimate,
    Verdict,
)
from byok_widgets.compare.statistics.verdicts import holm, verdicts

__all__ = [
    "MIN_CASES",
    "MIN_DISCORDANT",
    "MIN_GROUPS",
    "Candidate",
    "CommonCases",
    "Contrast",
    "Difference",
    "Estimate",
    "LiveEvidence",
    "Plan",
    "PlanRow",
    "SafeAssignment",
    "SequentialEvidence",
    "Step",
    "Verdict",
    "cases_needed",
    "cases_to_decide",
    "chains_of",
    "cheapest_safe",
    "common_cases",
    "detectable",
    "f1",
    "f1_contrast",
    "finished_prefix",
    "holm",
    "live_evidence",
    "plan",
    "quantile",
    "rate",
    "ratio_of_totals",
    "score_contrast",
    "typical_ratio",
    "verdicts",
    "wealth",
]
