"""Evidence while a comparison runs: an e-process, which may be looked at after each case.

It bets on one case after the other in the order fixed before the run. In the order in which cases finish it would
guarantee nothing: a model that is slow where it is right looks bad for as long as its right answers are under way.

References: I. Waudby-Smith, A. Ramdas, Journal of the Royal Statistical Society B 86 (2024), 1-27.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byok_widgets.compare.statistics.case_means import Floats, Weights, means_of, scores_of, weights_of
from byok_widgets.compare.statistics.results import MIN_CASES, Verdict
from byok_widgets.compare.statistics.verdicts import check_margin
from byok_widgets.errors import ConfigError

_SHARES = np.linspace(0.05, 0.95, 40)
TWO_SIDED_BETS: Floats = np.concatenate([-np.linspace(0.05, 0.95, 20), np.linspace(0.05, 0.95, 20)])
"""Share of the wealth that each of the 40 bets stakes on each case."""


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
        verdict: What is shown; once shown it stays, however the run goes on.
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
    return np.exp(np.minimum(total - math.log(len(bets)), 700.0))  # beyond that, exp() is infinite


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

    Raises:
        ConfigError: If the arrays have different numbers of cases, or alpha or margin is outside 0 to 1.
    """
    if not 0 < alpha < 1 or family_size < 1:
        raise ConfigError(
            f"alpha={alpha} with {family_size} comparisons is not an error rate.",
            kind="alpha",
            fix="Pass one such as 0.05, for at least one comparison.",
        )
    tables = scores_of(ours), scores_of(baseline)
    done = _whole_cases(finished)
    if not len(tables[0]) == len(tables[1]) == len(done):
        raise ConfigError(
            f"There are {len(tables[0])}, {len(tables[1])} and {len(done)} cases.",
            kind="scores",
            fix="Pass the same cases in the same order.",
        )
    prefix = finished_prefix(done)
    waiting = int(done.sum()) - prefix
    differences = means_of(tables[0][:prefix]) - means_of(tables[1][:prefix])
    heavy = weights_of(weights, len(done))
    shares = np.ones(prefix) if heavy is None else heavy[:prefix]
    kept = ~np.isnan(differences)
    return _evidence(differences[kept], shares[kept], waiting, family_size / alpha, margin)


def _evidence(
    differences: Floats, shares: Floats, waiting: int, threshold: float, margin: float | None
) -> SequentialEvidence:
    n = len(differences)
    path = wealth(differences, weights=shares)
    safe = None if margin is None else wealth(differences, margin=margin, weights=shares)
    verdict, reason = _verdict(differences * shares, path, safe, threshold)
    return SequentialEvidence(
        float(path[-1]) if n else 1.0,
        None if safe is None else float(safe[-1]) if n else 1.0,
        threshold,
        float(np.average(differences, weights=shares)) if n else math.nan,
        n,
        waiting,
        verdict,
        reason,
    )


def _verdict(differences: Floats, path: Floats, safe: Floats | None, threshold: float) -> tuple[Verdict, str]:
    n = len(differences)
    if n < MIN_CASES:
        return Verdict.TOO_FEW, f"{n} finished cases; a verdict needs at least {MIN_CASES}."
    reached = np.flatnonzero(path >= threshold)
    first = int(reached[0]) + 1 if len(reached) else 0
    higher = bool(first) and float(differences[:first].sum()) > 0
    if higher:
        return Verdict.BETTER, f"The evidence against no difference reached {threshold:g} at case {first}."
    if safe is not None and bool((safe >= threshold).any()):
        at = int(np.argmax(safe >= threshold)) + 1
        return Verdict.NO_WORSE, f"The evidence against a loss of the margin reached {threshold:g} at case {at}."
    if first:
        return Verdict.WORSE, f"The evidence against no difference reached {threshold:g} at case {first}."
    return Verdict.NO_DIFFERENCE, f"The evidence has not reached {threshold:g} in {n} cases."
