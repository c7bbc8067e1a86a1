"""Confidence intervals that others are built from: t on units, Wilson, and Tango's for paired binary scores."""

from __future__ import annotations

import math

from scipy.special import ndtri, stdtrit

from byok_widgets.compare.statistics.case_means import SAME, Codes, Floats, sums_by, worth_of
from byok_widgets.compare.statistics.results import Interval
from byok_widgets.errors import ConfigError


def z_quantile(level: float) -> float:
    """Return the normal quantile of a two-sided interval.

    Raises:
        ConfigError: If the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ConfigError(f"{level} is not a confidence level.", kind="level", fix="Pass one such as 0.95.")
    return float(ndtri((1 + level) / 2))


def t_quantile(level: float, df: int) -> float:
    """Return the t quantile of a two-sided interval; infinite without degrees of freedom."""
    z_quantile(level)
    return float(stdtrit(df, (1 + level) / 2)) if df > 0 else math.inf


def standard_error(values: Floats, codes: Codes) -> float:
    """Return the standard error of the mean of values that are independent between groups only."""
    units = int(codes.max(initial=-1)) + 1
    if units < 2:
        return math.inf
    sums = sums_by(codes, values - values.mean())
    return math.sqrt(units / (units - 1) * float(sums @ sums)) / len(values)


def unanimous_half_width(level: float, units: float) -> float:
    """Return the half-width where all differences are equal: Tango's, with no case that differs.

    A t interval has no width there, and would certify any margin after two cases. The units need not be a whole
    number: it is how many that all count the same these are worth.
    """
    z = z_quantile(level)
    return z * z / (units + z * z)


def are_unanimous(values: Floats, codes: Codes) -> bool:
    """Whether all groups say the same, as they may where cases inside of them do not: they show no scatter."""
    return standard_error(values, codes) < SAME


def t_interval(values: Floats, codes: Codes, level: float, weights: Floats | None = None) -> Interval:
    """Return the t interval of the mean of differences from -1 to 1, clustered by group.

    Args:
        values: What each case adds to the mean.
        codes: Group of each case.
        level: Confidence level.
        weights: How much each case counts, where that differs: it decides what equal differences are worth.
    """
    units = int(codes.max(initial=-1)) + 1
    if units < 2:
        return -1.0, 1.0
    if are_unanimous(values, codes):
        half = unanimous_half_width(level, worth_of(codes, weights))
    else:
        half = t_quantile(level, units - 1) * standard_error(values, codes)
    mean = float(values.mean())
    return max(-1.0, mean - half), min(1.0, mean + half)


def wilson_interval(rate: float, n: float, quantile: float) -> Interval:
    """Return Wilson's interval of a rate, for a number of trials that need not be whole."""
    if math.isinf(quantile):
        return 0.0, 1.0
    square = quantile * quantile
    centre = (rate + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def tango_interval(only_ours: int, only_baseline: int, n: int, level: float) -> Interval:
    """Return Tango's score interval of the difference of two paired rates.

    Args:
        only_ours: Cases that only the variant has right.
        only_baseline: Cases that only the baseline has right.
        n: All cases.
        level: Confidence level.

    Reference: T. Tango, Statistics in Medicine 17 (1998), 891-908.
    """
    z = z_quantile(level)
    observed = (only_ours - only_baseline) / n

    def score(delta: float) -> float:
        linear = (2 * n - only_ours + only_baseline) * delta - only_ours - only_baseline
        constant = -only_baseline * delta * (1 - delta)
        nuisance = (math.sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
        variance = n * (2 * nuisance + delta * (1 - delta))
        distance = only_ours - only_baseline - n * delta
        return distance / math.sqrt(variance) if variance > 0 else math.copysign(math.inf, distance)

    def bound(outside: float) -> float:
        inside = observed
        for _ in range(60):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if abs(score(middle)) < z else (inside, middle)
        return (inside + outside) / 2

    return bound(-1.0), bound(1.0)
