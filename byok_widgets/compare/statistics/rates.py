"""One variant alone: the mean of its scores, micro-F1, and quantiles such as the p95 of its latency."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from byok_widgets.compare.statistics.case_means import (
    SAME,
    Codes,
    Floats,
    Groups,
    Weights,
    codes_of,
    means_of,
    rows_with_values,
    scores_of,
    table_of,
    weights_of,
    worth_of,
)
from byok_widgets.compare.statistics.counts import linearised, ratio_terms
from byok_widgets.compare.statistics.intervals import (
    are_unanimous,
    standard_error,
    t_quantile,
    wilson_interval,
    z_quantile,
)
from byok_widgets.compare.statistics.results import Estimate

NOTHING = "No case has a value."


def rate(scores: ArrayLike, *, level: float = 0.95, groups: Groups = None, weights: Weights = None) -> Estimate:
    """Return the mean of the case means with its interval.

    Wilson's interval, with as many trials as the scatter of the case means is worth; with groups, clustered t.

    Args:
        scores: Cases × repeats, from 0 to 1; nan where a score is missing.
        level: Confidence level.
        groups: Group id of each case.
        weights: Weight of each case.
    """
    table = scores_of(scores)
    means = means_of(table)
    kept = rows_with_values(means)
    codes, means = codes_of(groups, kept), means[kept]
    n, units = len(means), int(codes.max(initial=-1)) + 1
    if n == 0:
        return Estimate(math.nan, 0.0, 1.0, level, 0, "Wilson", NOTHING)
    heavy = weights_of(weights, len(table))
    if heavy is not None:
        return _weighted_rate(means, heavy[kept], codes, level)
    mean, quantile = float(np.clip(means.mean(), 0, 1)), t_quantile(level, units - 1)
    if units < n and not are_unanimous(means, codes):
        half = quantile * standard_error(means, codes) if units > 1 else math.inf
        return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), level, n, "t, clustered by group")
    repeated = _effective_trials(means, units, int((~np.isnan(table)).sum()))
    trials = repeated if units == n else worth_of(codes)
    return Estimate(mean, *wilson_interval(mean, trials, quantile), level, n, "Wilson, effective n")


def _weighted_rate(means: Floats, weights: Floats, codes: Codes, level: float) -> Estimate:
    """Return the weighted mean: Wilson's interval with the trials that its linearised scatter is worth."""
    value, residuals = linearised(np.column_stack([weights * means, weights]))
    value, units = float(np.clip(value, 0, 1)), int(codes.max(initial=-1)) + 1
    fewest, error = worth_of(codes, weights), standard_error(residuals, codes)
    varies = SAME < error < math.inf
    trials = min(float(len(means)), max(fewest, value * (1 - value) / error**2)) if varies else fewest
    interval = wilson_interval(value, trials, t_quantile(level, units - 1))
    return Estimate(value, *interval, level, len(means), "Wilson, effective n, weighted")


def _effective_trials(means: Floats, units: int, values: int) -> float:
    """Return how many independent trials would scatter like the case means: from the cases to all repeats."""
    if len(means) < 2 or np.ptp(means) < SAME:
        return float(units)
    mean, error = float(means.mean()), float(means.std(ddof=1)) / math.sqrt(len(means))
    return float(np.clip(mean * (1 - mean) / error**2, units, values))


def f1(counts: ArrayLike, *, level: float = 0.95, groups: Groups = None) -> Estimate:
    """Return micro-F1 with the linearised t interval.

    Args:
        counts: True positives, false positives, false negatives: cases × 3 or cases × repeats × 3; nan if missing.
        level: Confidence level.
        groups: Group id of each case.
    """
    terms = ratio_terms(counts)
    kept = rows_with_values(terms)
    codes, terms = codes_of(groups, kept), terms[kept]
    method = "micro-F1, linearised t"
    if terms[:, 1].sum() == 0:
        return Estimate(math.nan, 0.0, 1.0, level, len(terms), method, "There is nothing to find in these cases.")
    value, residuals = linearised(terms)
    low, high = _interval_of_f1(value, residuals, codes, level, terms[:, 1])
    return Estimate(value, low, high, level, len(terms), method)


def _interval_of_f1(
    value: float, residuals: Floats, codes: Codes, level: float, weights: Floats
) -> tuple[float, float]:
    units = int(codes.max(initial=-1)) + 1
    if units < 2 or are_unanimous(residuals, codes):
        return wilson_interval(value, worth_of(codes, weights), t_quantile(level, units - 1))
    half = t_quantile(level, units - 1) * standard_error(residuals, codes)
    return max(0.0, value - half), min(1.0, value + half)


def quantile(values: ArrayLike, *, q: float = 0.95, level: float = 0.95) -> Estimate:
    """Return a quantile of all values, with an interval from order statistics.

    Repeats of a case count for as many trials as their scatter between cases is worth. With fewer cases than would
    show a value above the quantile at all (72 for a p95 at level 0.95) there is no upper bound.

    Args:
        values: Cases × repeats, such as seconds; nan where one is missing.
        q: Which quantile, such as 0.5 or 0.95.
        level: Confidence level.
    """
    z_quantile(level)
    table = table_of(values)
    present = np.sort(table[~np.isnan(table)])
    n = int((~np.isnan(table)).any(axis=1).sum())
    if n == 0:
        return Estimate(math.nan, 0.0, math.inf, level, 0, "order statistics", NOTHING)
    value = float(np.quantile(present, q))
    below = means_of(np.where(np.isnan(table), np.nan, table <= value))
    trials = round(_effective_trials(below[~np.isnan(below)], n, len(present)))
    tail = (1 - level) / 2

    def chance(k: int) -> float:
        """Return P(at most k of the trials lie below the quantile)."""
        return float(bdtr(k, trials, q))

    lowest = bisect_right(range(trials), tail, key=chance)
    highest = bisect_left(range(trials), 1 - tail, key=chance) + 1
    low = float(present[_rank(lowest, trials, len(present))]) if lowest else -math.inf
    bounded = q**n <= tail and highest <= trials
    high = float(present[_rank(highest, trials, len(present))]) if bounded else math.inf
    reason = "" if bounded else f"{n} cases are too few for an upper bound."
    return Estimate(value, low, high, level, n, "order statistics", reason)


def _rank(rank: int, trials: int, values: int) -> int:
    """Return the index of an order statistic of the trials among all sorted values."""
    return min(values - 1, max(0, -(-rank * values // trials) - 1))
