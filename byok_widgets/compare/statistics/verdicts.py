"""Verdicts on a family of variants against one baseline, at the level that Holm's correction leaves to each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real

from byok_widgets.compare.statistics.case_means import SAME
from byok_widgets.compare.statistics.results import (
    MIN_CASES,
    MIN_DISCORDANT,
    MIN_GROUPS,
    Contrast,
    Difference,
    Interval,
    Verdict,
)
from byok_widgets.errors import ConfigError
from byok_widgets.secrets.quoting import as_given


def holm(p_values: Sequence[float], *, alpha: float = 0.05) -> list[tuple[float, float]]:
    """Return for each p its adjusted value and the error rate of its step.

    The step is the one at which it is decided: those after the first that is kept share that one's.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    found = [(1.0, alpha)] * len(p_values)
    adjusted, rate, open_ = 0.0, alpha, True
    for step, index in enumerate(order):
        left = len(p_values) - step
        adjusted = min(1.0, max(adjusted, left * p_values[index]))
        rate = alpha / left if open_ else rate
        open_ = open_ and adjusted <= alpha
        found[index] = (adjusted, rate)
    return found


def verdicts(
    contrasts: Mapping[str, Contrast], *, alpha: float = 0.05, margin: float | None = None
) -> dict[str, Difference]:
    """Return each variant's difference from the baseline with its verdict.

    Args:
        contrasts: The family: all variants against the baseline, for one node and its primary metric.
        alpha: Chance that any of them is called better or worse though none is.
        margin: Loss that was declared acceptable before the run, such as 0.05; `None` gives no "no worse".

    Raises:
        ConfigError: If alpha or margin is outside 0 to 1.
    """
    if not 0 < alpha < 1:
        raise ConfigError(f"alpha={alpha} is not an error rate.", kind="alpha", fix="Pass one such as 0.05.")
    check_margin(margin)
    steps = holm([contrast.p for contrast in contrasts.values()], alpha=alpha)
    return {
        name: _difference(
            contrast, adjusted, rate, differs=adjusted <= alpha, margin=margin, family=len(contrasts)
        )
        for (name, contrast), (adjusted, rate) in zip(contrasts.items(), steps, strict=True)
    }


def check_margin(margin: float | None) -> None:
    """Refuse a margin that is no share.

    Raises:
        ConfigError: If it is not above 0 and below 1.
    """
    is_share = isinstance(margin, Real) and not isinstance(margin, bool) and 0 < margin < 1
    if margin is not None and not is_share:
        raise ConfigError(
            f"margin={as_given(margin)} is not a loss between 0 and 1.",
            kind="margin",
            fix="Pass one such as 0.05.",
        )


def _difference(
    contrast: Contrast, adjusted: float, rate: float, *, differs: bool, margin: float | None, family: int
) -> Difference:
    level = 1 - rate
    interval = contrast.interval(level)
    verdict, reason = _verdict(contrast, interval, level, differs=differs, margin=margin)
    if not _too_few(contrast):
        reason += f" {_how(contrast, adjusted, family)}"
    return Difference(
        contrast.estimate,
        *interval,
        level,
        contrast.p,
        adjusted,
        contrast.n,
        contrast.n_discordant,
        contrast.n_missing,
        contrast.method,
        contrast.test,
        verdict,
        reason,
        margin,
        family,
    )


def _how(contrast: Contrast, adjusted: float, family: int) -> str:
    """Say by which methods interval and p were found, and what p is."""
    corrected = f", and {_p(adjusted)} after Holm's correction" if family > 1 else ""
    return f"Interval by {contrast.method}; {_p(contrast.p)} by {contrast.test}{corrected}."


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


def _verdict(
    contrast: Contrast, interval: Interval, level: float, *, differs: bool, margin: float | None
) -> tuple[Verdict, str]:
    """Return the verdict and its reason; p and interval have to agree on a difference."""
    short = _too_few(contrast)
    if short:
        return Verdict.TOO_FEW, short
    low, high = interval
    outside = low > 0 or high < 0
    few = contrast.n_discordant < MIN_DISCORDANT
    named, sides = f"{100 * level:.3g}% interval", f"from {_points(low)} to {_points(high)} points"
    if differs and low > 0 and not few:
        return Verdict.BETTER, f"The {named} lies above 0: {sides}."
    if margin is not None and low > -margin:
        lower = " It is lower, by less than that." if high < 0 else ""
        return (
            Verdict.NO_WORSE,
            f"The {named}, {sides}, lies above the margin of {_points(-margin)} points.{lower}",
        )
    if differs and high < 0 and not few:
        return Verdict.WORSE, f"The {named} lies below 0: {sides}."
    if few and (differs or outside):
        units = _units(contrast)
        return (
            Verdict.TOO_FEW,
            f"Only {contrast.n_discordant} {units} differ; a verdict needs {MIN_DISCORDANT}.",
        )
    if differs or outside:
        return Verdict.NO_DIFFERENCE, f"On the edge: the {named} goes {sides}, and the p-value disagrees."
    return Verdict.NO_DIFFERENCE, f"The {named} goes {sides}."


def _too_few(contrast: Contrast) -> str:
    """Return why there is no verdict at all; empty where there can be one."""
    if contrast.n < MIN_CASES:
        return f"{contrast.n} case{'' if contrast.n == 1 else 's'}; a verdict needs at least {MIN_CASES}."
    if contrast.n_worth is not None and is_too_little(contrast.n_worth):
        return worth_too_little(contrast.n, contrast.n_worth)
    if math.isnan(contrast.estimate):
        return "There is nothing to find in these cases."
    if contrast.n_units < MIN_GROUPS:
        return f"{contrast.n_units} groups of cases; a verdict needs at least {MIN_GROUPS}."
    return ""


def is_too_little(worth: float) -> bool:
    """Whether cases with weights are worth too few of equal weight for a verdict; rounding does not count."""
    return worth < MIN_CASES - SAME


def worth_too_little(count: int, worth: float) -> str:
    """Say why cases with such weights give no verdict."""
    equal = math.floor(10 * worth) / 10
    return (
        f"Some of the {count} cases weigh so much that all of them are worth {equal:g} of equal weight; a verdict "
        f"needs at least {MIN_CASES}."
    )


def _units(contrast: Contrast) -> str:
    return "cases" if contrast.n_units == contrast.n else "groups of cases"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"
