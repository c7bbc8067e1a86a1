"""How many cases and repeats a comparison takes, from a pilot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import nctdtr, ndtri, stdtrit

from byok_widgets.compare.statistics.case_means import (
    Floats,
    Groups,
    Weights,
    codes_of,
    means_of,
    scores_of,
    weights_of,
)
from byok_widgets.compare.statistics.intervals import standard_error, unanimous_half_width
from byok_widgets.compare.statistics.results import MIN_CASES
from byok_widgets.compare.statistics.verdicts import check_margin
from byok_widgets.errors import ConfigError

REPEATS = (1, 2, 3, 5, 10)


@dataclass(frozen=True)
class PlanRow:
    """What one number of repeats takes.

    Attributes:
        repeats: Repeats of each case.
        cases: Cases that show "no worse" between equal models, with the plan's power.
        cells: Result cells of variant and baseline together.
        cost: What they cost; `None` where the cost of a cell is not known.
        detectable: Difference that the pilot's number of cases would show with these repeats.
    """

    repeats: int
    cases: int
    cells: int
    cost: float | None
    detectable: float


@dataclass(frozen=True)
class Plan:
    """Scatter of a pilot, and what follows from it.

    Attributes:
        between: Variance between cases that repeats do not reduce.
        within: Variance within a case, which is divided by the number of repeats.
        pilot_cases: Common cases of the pilot.
        margin: The margin, or the difference to be shown.
        level: Confidence level of the two-sided interval.
        power: Chance to show it.
        rows: A row for each number of repeats.
        reason: What the pilot could not tell; empty if nothing.
    """

    between: float
    within: float
    pilot_cases: int
    margin: float
    level: float
    power: float
    rows: tuple[PlanRow, ...]
    reason: str = ""

    def sd(self, repeats: int) -> float:
        """Return the standard deviation of the difference of case means."""
        return math.sqrt(self.between + self.within / repeats)


def detectable(sd: float, cases: int, *, level: float = 0.95, power: float = 0.8) -> float:
    """Return the smallest difference that the interval shows with the given power.

    Args:
        sd: Standard deviation of the differences of case means. Where it is 0, the interval is the one of equal
            differences, which does not certify more than that number of cases can.
        cases: Number of cases, at least 2.
        level: Confidence level of the two-sided interval.
        power: Chance to show it.
    """
    _check(sd, level, power)
    df = cases - 1
    if df < 1:
        return math.inf
    if sd == 0:
        return unanimous_half_width(level, cases)
    limit = float(stdtrit(df, (1 + level) / 2))
    above = limit
    while nctdtr(df, above, limit) > 1 - power:
        above += 1
    shift = brentq(lambda shift: nctdtr(df, shift, limit) - (1 - power), 0.0, above)
    return float(shift) * sd / math.sqrt(cases)


def cases_needed(sd: float, difference: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """Return how many cases show a difference, or that there is no loss of that margin between equal models.

    Args:
        sd: Standard deviation of the differences of case means.
        difference: The difference or the margin, above 0.
        level: Confidence level of the two-sided interval.
        power: Chance to show it.
    """
    _check(sd, level, power)
    check_margin(difference)
    normal = (float(ndtri((1 + level) / 2)) + float(ndtri(power))) * sd / difference
    cases = max(MIN_CASES, math.ceil(normal**2))
    while detectable(sd, cases, level=level, power=power) > difference:
        cases += 1
    return cases


def plan(
    ours: ArrayLike,
    baseline: ArrayLike,
    *,
    margin: float = 0.05,
    level: float = 0.95,
    power: float = 0.8,
    repeats: Sequence[int] = REPEATS,
    cost_per_cell: float | None = None,
    weights: Weights = None,
    groups: Groups = None,
) -> Plan:
    """Return how many cases it takes with each number of repeats, from the scatter of a pilot.

    Args:
        ours: Scores of the variant in the pilot, cases × repeats, from 0 to 1; nan where a score is missing.
        baseline: Scores of the baseline for the same cases in the same order.
        margin: The margin, or the difference to be shown.
        level: Confidence level of the two-sided interval.
        power: Chance to show it.
        repeats: Numbers of repeats to plan for. A pilot of one repeat cannot plan more.
        cost_per_cell: Mean cost of a cell; `None` where it is not known.
        weights: Weight of each case; `None` where all count the same. Unequal ones take more cases.
        groups: Group id of each case. Cases of a group that are alike take more of them, in groups as large.

    Raises:
        ConfigError: If fewer than two cases have a score on both sides.
    """
    check_margin(margin)
    pilot = scores_of(ours), scores_of(baseline)
    between, within, n, reason = _components(*pilot, weights, groups)
    is_single = max(_repeats_of(side) for side in pilot) < 2
    rows = []
    for count in [1] if is_single else repeats:
        sd = math.sqrt(between + within / count)
        cases = cases_needed(sd, margin, level=level, power=power)
        cells = 2 * cases * count
        cost = None if cost_per_cell is None else cells * cost_per_cell
        rows.append(PlanRow(count, cases, cells, cost, detectable(sd, n, level=level, power=power)))
    said = " ".join(filter(None, [reason, _SINGLE if is_single else ""]))
    return Plan(between, within, n, margin, level, power, tuple(rows), said)


_SINGLE = (
    "Each case of the pilot was run once: how much the answers to one case vary is unknown, and with it what more "
    "repeats would gain. Run it with repeat=3 to plan repeats."
)


def _repeats_of(table: Floats) -> int:
    """Return the most scores that a case has."""
    return int((~np.isnan(table)).sum(axis=1).max(initial=0))


def _components(ours: Floats, baseline: Floats, weights: Weights, groups: Groups) -> tuple[float, float, int, str]:
    """Return the variance between and within cases, the number of cases, and what could not be told.

    Variances are those of what a case adds to the weighted mean, times the number of cases.
    """
    differences = means_of(ours) - means_of(baseline)
    kept = ~np.isnan(differences)
    n = int(kept.sum())
    if n < 2:
        raise ConfigError(
            f"A plan needs a pilot; {n} cases have a score on both sides.", kind="pilot", fix="Run 15 cases first."
        )
    heavy = weights_of(weights, len(differences))
    shares = np.ones(n) if heavy is None else heavy[kept] / heavy[kept].mean()
    found = differences[kept]
    codes = codes_of(groups, kept)
    if codes.max() < 1:
        raise ConfigError(
            "A plan needs a pilot of several groups; all its cases are of one.", kind="pilot", fix="Add others."
        )
    total = n * standard_error(shares * (found - np.average(found, weights=shares)), codes) ** 2
    if total < 1e-12:
        reason = "All differences in the pilot are equal; planned as if one more case differed."
        return float((shares**2).mean()) / (n + 1), 0.0, n, reason
    within, of_mean = (
        sum(parts) for parts in zip(*(_within(side[kept], shares) for side in (ours, baseline)), strict=True)
    )
    if not within:
        return total, 0.0, n, ""
    return max(0.0, total - of_mean), within, n, ""


def _within(table: Floats, shares: Floats) -> tuple[float, float]:
    """Return the mean variance of one repeat, and of a case mean, over the cases with their shares."""
    counts = (~np.isnan(table)).sum(axis=1)
    squares = np.nansum((table - means_of(table)[:, np.newaxis]) ** 2, axis=1)
    degrees = (counts - 1).sum()
    if degrees < 1:
        return 0.0, 0.0
    variance = float(squares.sum() / degrees)
    return variance * float((shares**2).mean()), variance * float((shares**2 / counts).mean())


def _check(sd: float, level: float, power: float) -> None:
    if sd < 0 or not 0 < level < 1 or not 0 < power < 1:
        raise ConfigError(
            f"sd={sd}, level={level}, power={power} cannot be planned with.",
            kind="plan",
            fix="Pass a standard deviation of at least 0, and level and power between 0 and 1.",
        )
