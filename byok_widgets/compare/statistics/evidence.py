"""Evidence while a comparison runs: an e-process, which may be looked at after each case.

It bets on one case after the other in the order fixed before the run. In the order in which cases finish it would
guarantee nothing: a model that is slow where it is right looks bad for as long as its right answers are under way.
A group of cases is one bet: after the first of them, the others can be guessed.

References: I. Waudby-Smith, A. Ramdas, Journal of the Royal Statistical Society B 86 (2024), 1-27.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byok_widgets.compare.statistics.case_means import (
    Codes,
    Floats,
    Groups,
    Weights,
    codes_of,
    means_of,
    scores_of,
    sums_by,
    weights_of,
)
from byok_widgets.compare.statistics.results import MIN_CASES, MIN_GROUPS, Verdict
from byok_widgets.compare.statistics.verdicts import check_margin, is_too_little, worth_too_little
from byok_widgets.errors import ConfigError

_SHARES = np.linspace(0.05, 0.95, 40)
TWO_SIDED_BETS: Floats = np.concatenate([-np.linspace(0.05, 0.95, 20), np.linspace(0.05, 0.95, 20)])
"""Share of the wealth that each of the 40 bets stakes on each case."""

_AT_ONCE = 4096
"""Cases that are worked out at once: more would only fill memory."""


@dataclass(frozen=True)
class SequentialEvidence:
    """What a running comparison shows so far.

    Attributes:
        e_value: Wealth of the bets against "no difference"; it reaches the threshold by chance with at most alpha.
        e_value_no_worse: The same against "worse by the margin or more"; `None` without a margin.
        threshold: Wealth at which a verdict is given: size of the family / alpha.
        estimate: Mean difference of the cases betted on; nan before the first.
        n: Cases betted on: those finished before the first unfinished one, with a score on both sides.
        n_waiting: Finished cases behind an unfinished one, which wait for it.
        verdict: What is shown; once shown it stays, whatever the run brings.
        reason: Why, in one sentence.
    """

    e_value: float
    e_value_no_worse: float | None
    threshold: float
    estimate: float
    n: int
    n_waiting: int
    verdict: Verdict
    reason: str


def wealth(differences: ArrayLike, *, margin: float | None = None, weights: ArrayLike | None = None) -> Floats:
    """Return the wealth after each case, along the last axis; it starts at 1.

    Args:
        differences: Difference of the case means in the order fixed before the run, from -1 to 1.
        margin: `None` bets against "no difference"; a margin bets against "worse by the margin or more".
        weights: Weight of each case from 0 to 1: as much of each stake is bet.
    """
    check_margin(margin)
    values = np.asarray(differences, dtype=np.float64)
    if margin is None:
        bets, stakes = TWO_SIDED_BETS, values
    else:
        bets, stakes = _SHARES / (1 - margin), values + margin
    stakes = stakes if weights is None else stakes * np.asarray(weights)
    total = np.full(values.shape, -np.inf)
    for bet in bets:
        total = np.logaddexp(total, np.cumsum(np.log1p(bet * stakes), axis=-1))
    return _wealth_of(total, len(bets))


def _wealth_of(total: Floats, bets: int) -> Floats:
    """Return the mean wealth of some bets from the logarithm of their sum."""
    return np.asarray(np.exp(np.minimum(total - math.log(bets), 700.0)))  # beyond that, exp() is infinite


def finished_prefix(finished: ArrayLike) -> int:
    """Return how many cases from the first on are finished.

    Args:
        finished: Whether each case, or each cell of cases × cells, is finished; a failed cell is finished, too.
    """
    done = _whole_cases(finished)
    return len(done) if done.all() else int(np.argmin(done))


def _whole_cases(finished: ArrayLike) -> NDArray[np.bool_]:
    table = np.asarray(finished, dtype=np.bool_)
    return np.asarray(table.all(axis=tuple(range(1, table.ndim))), dtype=np.bool_)


def live_evidence(
    ours: ArrayLike,
    baseline: ArrayLike,
    finished: ArrayLike,
    *,
    alpha: float = 0.05,
    family_size: int = 1,
    margin: float | None = None,
    weights: Weights = None,
    groups: Groups = None,
) -> SequentialEvidence:
    """Return what the finished cases show so far, however often it was looked at.

    Args:
        ours: Scores of the variant, cases × repeats, in the order in which the cases were started; nan if missing.
        baseline: Scores of the baseline in the same order.
        finished: Whether each case, or each cell of cases × cells, is finished on both sides.
        alpha: Chance that any variant of the family is ever called better or worse though none is.
        family_size: How many variants are compared with the baseline.
        margin: Loss that was declared acceptable before the run.
        weights: Weight of each case.
        groups: Group id of each case.

    Raises:
        ConfigError: If the arrays have different numbers of cases, or alpha or margin is outside 0 to 1.
    """
    live = LiveEvidence(alpha=alpha, family_size=family_size, margin=margin, weights=weights, groups=groups)
    return live.look(ours, baseline, finished)


class LiveEvidence:
    """The same for repeated looks: each look bets on what was finished since the last one."""

    def __init__(
        self,
        *,
        alpha: float = 0.05,
        family_size: int = 1,
        margin: float | None = None,
        weights: Weights = None,
        groups: Groups = None,
    ) -> None:
        """Begin before the first case.

        Args:
            alpha: As of `live_evidence`, as are the others.
            family_size: How many variants are compared with the baseline.
            margin: Loss that was declared acceptable before the run.
            weights: Weight of each case.
            groups: Group id of each case.

        Raises:
            ConfigError: If alpha or margin is outside 0 to 1.
        """
        if not 0 < alpha < 1 or family_size < 1:
            raise ConfigError(
                f"alpha={alpha} with {family_size} comparisons is not an error rate.",
                kind="alpha",
                fix="Pass one such as 0.05, for at least one comparison.",
            )
        check_margin(margin)
        self._threshold = family_size / alpha
        self._differs = _Bets(TWO_SIDED_BETS, self._threshold)
        self._is_safe = None if margin is None else _Bets(_SHARES / (1 - margin), self._threshold)
        self._margin, self._weights, self._groups = margin or 0.0, weights, groups
        self._codes, self._shares = np.zeros(0, dtype=np.int64), np.zeros(0)
        self._prefix = self._n = self._n_bets = 0
        self._sum = self._share = self._squares = 0.0
        self._sum_when_reached = 0.0

    def look(self, ours: ArrayLike, baseline: ArrayLike, finished: ArrayLike) -> SequentialEvidence:
        """Return what the finished cases show so far.

        Args:
            ours: Scores of the variant, as of `live_evidence`; those of finished cases stay as they were.
            baseline: Scores of the baseline in the same order.
            finished: Whether each case, or each cell of cases × cells, is finished on both sides.

        Raises:
            ConfigError: If the arrays have different numbers of cases.
        """
        tables = scores_of(ours), scores_of(baseline)
        done = _whole_cases(finished)
        if not len(tables[0]) == len(tables[1]) == len(done):
            raise ConfigError(
                f"There are {len(tables[0])}, {len(tables[1])} and {len(done)} cases.",
                kind="scores",
                fix="Pass the same cases in the same order.",
            )
        if len(self._codes) != len(done):
            self._codes, self._shares = self._units(len(done))
        codes, first = self._codes, self._prefix
        self._prefix = finished_prefix(sums_by(codes, (~done).astype(np.float64)) == 0)
        new = (codes >= first) & (codes < self._prefix)
        differences = means_of(tables[0][new]) - means_of(tables[1][new])
        kept = ~np.isnan(differences)
        self._bet(differences[kept], self._shares[new][kept], codes[new][kept] - first)
        return self._evidence(int((done & (codes >= self._prefix)).sum()))

    def _units(self, count: int) -> tuple[Codes, Floats]:
        """Return the number of each case's group, and how much of a stake is bet on the case."""
        codes = codes_of(self._groups, np.ones(count, dtype=np.bool_))
        heavy = weights_of(self._weights, count)
        shares = np.ones(count) if heavy is None else heavy
        return codes, shares / sums_by(codes, shares).max(initial=1.0)

    def _bet(self, differences: Floats, shares: Floats, codes: Codes) -> None:
        counts = np.bincount(codes)
        there = counts > 0  # no bet where no case of a group has a score
        stakes, staked = sums_by(codes, differences * shares)[there], sums_by(codes, shares)[there]
        ends = self._n + np.cumsum(counts[there])
        had_reached = self._differs.reached
        self._differs.go_on(stakes, ends)
        if self._is_safe is not None:
            self._is_safe.go_on(stakes + self._margin * staked, ends)
        if self._differs.reached and not had_reached:
            self._sum_when_reached = self._sum + float(stakes[ends <= self._differs.reached].sum())
        self._n += len(differences)
        self._n_bets += len(stakes)
        self._sum += float(stakes.sum())
        self._share += float(staked.sum())
        self._squares += float(shares @ shares)

    def _evidence(self, waiting: int) -> SequentialEvidence:
        safe = self._is_safe
        verdict, reason = self._verdict()
        return SequentialEvidence(
            self._differs.wealth,
            None if safe is None else safe.wealth,
            self._threshold,
            self._sum / self._share if self._n else math.nan,
            self._n,
            waiting,
            verdict,
            reason,
        )

    def _verdict(self) -> tuple[Verdict, str]:
        if self._n < MIN_CASES:
            return Verdict.TOO_FEW, f"{self._n} finished cases; a verdict needs at least {MIN_CASES}."
        worth = self._share**2 / self._squares
        if self._weights is not None and is_too_little(worth):
            return Verdict.TOO_FEW, worth_too_little(self._n, worth)
        if self._n_bets < MIN_GROUPS:
            return Verdict.TOO_FEW, f"{self._n_bets} finished groups; a verdict needs at least {MIN_GROUPS}."
        first, level = self._differs.reached, f"{self._threshold:g}"
        said = f"The evidence against no difference reached {level} at case {first}."
        if first and self._sum_when_reached > 0:
            return Verdict.BETTER, said
        if self._is_safe is not None and self._is_safe.reached:
            at = self._is_safe.reached
            return Verdict.NO_WORSE, f"The evidence against a loss of the margin reached {level} at case {at}."
        if first:
            return Verdict.WORSE, said
        return Verdict.NO_DIFFERENCE, f"The evidence has not reached {level} in {self._n} cases."


class _Bets:
    """The wealth of some bets on one case after the other.

    Attributes:
        wealth: What it is now.
        reached: Number of the case with which it first came to the threshold; 0 if it never did.
    """

    def __init__(self, bets: Floats, threshold: float) -> None:
        self._bets, self._threshold = bets, threshold
        self._logs: Floats = np.zeros(len(bets))
        self.wealth, self.reached = 1.0, 0

    def go_on(self, stakes: Floats, ends: NDArray[np.int64]) -> None:
        """Bet more, each stake on the cases that end at a number."""
        for at in range(0, len(stakes), _AT_ONCE):
            part = stakes[at : at + _AT_ONCE]
            logs = self._logs[:, np.newaxis] + np.cumsum(np.log1p(np.outer(self._bets, part)), axis=1)
            most = logs.max(axis=0)
            path = _wealth_of(most + np.log(np.exp(logs - most).sum(axis=0)), len(self._bets))
            hits = np.flatnonzero(path >= self._threshold)
            if len(hits) and not self.reached:
                self.reached = int(ends[at + hits[0]])
            self._logs, self.wealth = logs[:, -1], float(path[-1])
