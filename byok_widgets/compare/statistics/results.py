"""What the statistics return: frozen values with the fields that a table needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

MIN_CASES = 15
"""Fewer cases than this give no verdict: below it the intervals miss their level.

With unequal weights, so many cases of equal weight have to be worth as much.
"""
MIN_DISCORDANT = 6
"""Fewer cases that differ than this cannot reach p < .05, whichever way they point."""
MIN_GROUPS = 5
"""Fewer groups of cases than this give no verdict."""

Interval = tuple[float, float]


class Verdict(StrEnum):
    """What a comparison with the baseline shows."""

    BETTER = "better"
    WORSE = "worse"
    NO_WORSE = "no worse"
    NO_DIFFERENCE = "no difference shown"
    TOO_FEW = "too few"

    def __repr__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True, repr=False)
class Estimate:
    """One figure with its confidence interval.

    Attributes:
        estimate: The figure; nan where nothing was measured.
        low: Lower end of the interval.
        high: Upper end; `math.inf` where the cases are too few to bound it.
        level: Confidence level of the interval, such as 0.95.
        n: Cases that it rests on.
        method: The method by its usual name.
        reason: What a reader has to know beside it; empty if nothing.
    """

    estimate: float
    low: float
    high: float
    level: float
    n: int
    method: str
    reason: str = ""

    def __repr__(self) -> str:
        bounds = f"{self.low:.3g} to {self.high:.3g} at {100 * self.level:.3g}%"
        return f"Estimate({self.estimate:.3g}, {bounds}, n={self.n})"


@dataclass(frozen=True)
class Contrast:
    """A variant against the baseline on the same cases, before the family is known.

    Attributes:
        estimate: Difference, variant minus baseline, from -1 to 1; nan without a common case.
        p: Two-sided mid-p of "no difference".
        n: Cases that both have finished with a score.
        n_discordant: Cases that differ; with groups, groups that differ.
        n_units: Independent units: the cases, or with groups the groups.
        n_missing: Cases left out since one of the two has no score.
        method: The interval's method by its usual name.
        test: The method of `p`.
        interval: Gives the confidence interval at a level.
        n_worth: With unequal weights, how many cases of equal weight these are worth; `None` without weights.
    """

    estimate: float
    p: float
    n: int
    n_discordant: int
    n_units: int
    n_missing: int
    method: str
    test: str
    interval: Callable[[float], Interval] = field(repr=False, compare=False)
    n_worth: float | None = None


@dataclass(frozen=True, repr=False)
class Difference:
    """A variant against the baseline, with its verdict.

    Attributes:
        estimate: Difference, variant minus baseline, from -1 to 1; nan without a common case.
        low: Lower end of the interval.
        high: Upper end of the interval.
        level: Confidence level of the interval: the one of its Holm step.
        p: Two-sided mid-p, as it stands.
        p_adjusted: The same after Holm's correction; the verdict goes by it.
        n: Cases that both have finished with a score.
        n_discordant: Cases that differ; with groups, groups that differ.
        n_missing: Cases left out since one of the two has no score.
        method: The interval's method by its usual name.
        test: The method of `p`.
        verdict: What it shows.
        reason: Why, in one or two sentences.
        margin: The loss that was declared acceptable; `None` if none was.
        family_size: Comparisons that the correction is for.
    """

    estimate: float
    low: float
    high: float
    level: float
    p: float
    p_adjusted: float
    n: int
    n_discordant: int
    n_missing: int
    method: str
    test: str
    verdict: Verdict
    reason: str
    margin: float | None
    family_size: int

    def __repr__(self) -> str:
        bounds = f"{self.low:+.3g} to {self.high:+.3g} at {100 * self.level:.3g}%"
        return f"Difference({self.estimate:+.3g}, {bounds}, {self.verdict.value}, n={self.n})"
