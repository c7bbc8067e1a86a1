"""Cost and time of a variant as a ratio to the baseline's."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from byok_widgets.compare.statistics.case_means import Floats, Groups, Pairs, Weights, means_of, pairs_of, table_of
from byok_widgets.compare.statistics.counts import linearised
from byok_widgets.compare.statistics.intervals import standard_error, t_quantile
from byok_widgets.compare.statistics.results import Estimate
from byok_widgets.errors import ConfigError


def ratio_of_totals(
    ours: ArrayLike, baseline: ArrayLike, *, level: float = 0.95, groups: Groups = None, weights: Weights = None
) -> Estimate:
    """Return what the common cases cost together, divided by what they cost on the baseline: the ratio for money.

    Args:
        ours: Cost, tokens or seconds of the variant, cases × repeats; nan where it is unknown.
        baseline: The same of the baseline for the same cases in the same order.
        level: Confidence level.
        groups: Group id of each case.
        weights: Weight of each case.
    """
    pairs = _positive_pairs(ours, baseline, groups, weights)
    method = "ratio of totals, linearised t"
    if pairs.n == 0 or not pairs.baseline.sum():
        return Estimate(math.nan, 0.0, math.inf, level, pairs.n, method, _undefined(pairs))
    value, added = linearised(np.column_stack([pairs.ours, pairs.baseline]) * _heaviness(pairs)[:, np.newaxis])
    half = t_quantile(level, pairs.n_units - 1) * standard_error(added, pairs.codes)
    return Estimate(value, max(0.0, value - half), value + half, level, pairs.n, method)


def typical_ratio(
    ours: ArrayLike, baseline: ArrayLike, *, level: float = 0.95, groups: Groups = None, weights: Weights = None
) -> Estimate:
    """Return the geometric mean of the ratios of the common cases: the ratio for a typical call, not for money.

    Args:
        ours: Cost, tokens or seconds of the variant, cases × repeats; nan where it is unknown.
        baseline: The same of the baseline for the same cases in the same order.
        level: Confidence level.
        groups: Group id of each case.
        weights: Weight of each case.
    """
    pairs = _positive_pairs(ours, baseline, groups, weights)
    method = "log ratio, paired t"
    if pairs.n == 0 or not (pairs.ours.all() and pairs.baseline.all()):
        return Estimate(math.nan, 0.0, math.inf, level, pairs.n, method, _undefined(pairs))
    logs = np.log(pairs.ours) - np.log(pairs.baseline)
    heavy = _heaviness(pairs)
    centre, added = linearised(np.column_stack([heavy * logs, heavy]))
    half = t_quantile(level, pairs.n_units - 1) * standard_error(added, pairs.codes)
    high = math.exp(centre + half) if centre + half < 700 else math.inf
    return Estimate(math.exp(centre), math.exp(centre - half), high, level, pairs.n, method)


def _heaviness(pairs: Pairs) -> Floats:
    return np.ones(pairs.n) if pairs.weights is None else pairs.weights


def _positive_pairs(ours: ArrayLike, baseline: ArrayLike, groups: Groups, weights: Weights) -> Pairs:
    tables = table_of(ours), table_of(baseline)
    if any((table < 0).any() for table in tables):
        raise ConfigError("A cost or a time is negative.", kind="amounts", fix="Pass nan where it is unknown.")
    return pairs_of(means_of(tables[0]), means_of(tables[1]), groups, weights)


def _undefined(pairs: Pairs) -> str:
    return "Some of it is free, so there is no ratio." if pairs.n else "No case has a value on both sides."
