"""Scores of a node in whole conversations, where a variant may lose cases before they come to the node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from byok_widgets.compare.statistics.case_means import Floats, Groups, Weights, means_of, scores_of, weights_of
from byok_widgets.compare.statistics.contrasts import score_contrast
from byok_widgets.compare.statistics.results import Contrast


@dataclass(frozen=True)
class CommonCases:
    """A variant against the baseline at one node.

    Attributes:
        contrast: The difference on the cases that both bring to the node.
        ours: Mean score of the variant on these cases; nan without one.
        baseline: Mean score of the baseline on these cases; nan without one.
        n_cases: All cases with an expectation for the node, reached or not.
        n_ours: Cases that the variant brings to it.
        n_baseline: Cases that the baseline brings to it.
        naive: Difference of the means over whatever each of the two brings to it: biased where the cases that one
            of them loses before are harder or easier than the others.
    """

    contrast: Contrast
    ours: float
    baseline: float
    n_cases: int
    n_ours: int
    n_baseline: int
    naive: float


def common_cases(
    ours: ArrayLike, baseline: ArrayLike, *, groups: Groups = None, weights: Weights = None
) -> CommonCases:
    """Return a node's scores on the cases that both variants bring to it, beside the naive difference.

    Args:
        ours: Scores of the variant, cases × repeats; nan where the node was not reached.
        baseline: Scores of the baseline on the same cases.
        groups: The group of each case.
        weights: The weight of each case.

    Raises:
        ConfigError: If a score is outside 0 to 1, or the two differ in their number of cases.
    """
    contrast = score_contrast(ours, baseline, groups=groups, weights=weights)
    mine, theirs = means_of(scores_of(ours)), means_of(scores_of(baseline))
    heavy = weights_of(weights, len(mine))
    heavy = np.ones(len(mine)) if heavy is None else heavy
    both = ~np.isnan(mine) & ~np.isnan(theirs)
    return CommonCases(
        contrast,
        _mean(mine[both], heavy[both]),
        _mean(theirs[both], heavy[both]),
        len(mine),
        int((~np.isnan(mine)).sum()),
        int((~np.isnan(theirs)).sum()),
        _mean(mine, heavy) - _mean(theirs, heavy),
    )


def _mean(values: Floats, weights: Floats) -> float:
    known = ~np.isnan(values)
    return float(np.average(values[known], weights=weights[known])) if known.any() else float("nan")
