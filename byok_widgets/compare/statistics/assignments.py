"""The cheapest assignment of models to nodes that is not worse than the baseline by a margin.

What each model does on each node is combined per case into all assignments. That rests on an assumption: that a
node's outcome does not depend on the model that ran before it. So the combined figures only order the candidates,
from the safest to the cheapest, and runs of the whole flow decide: each against the baseline, until one fails.
A fixed sequence that stops at its first failure needs no correction for its length; two of them share alpha.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from byok_widgets.compare.statistics.case_means import Floats, Groups, Weights, means_of, scores_of
from byok_widgets.compare.statistics.contrasts import score_contrast
from byok_widgets.compare.statistics.evidence import live_evidence
from byok_widgets.compare.statistics.planning import cases_needed
from byok_widgets.compare.statistics.results import MIN_CASES, Difference, Verdict
from byok_widgets.compare.statistics.verdicts import check_margin, verdicts
from byok_widgets.errors import ConfigError

Assignment = tuple[int, ...]
"""The number of the model of each node."""

LARGEST = 100_000
"""Assignments that are combined at most."""
ALPHA = 0.05
"""Error rate of the two-sided intervals that decide, over all chains together."""
CHANCES = (0.99, 0.95, 0.9, 0.8, 0.65, 0.5)
"""Steps of the first chain: for each the cheapest candidate with at least this chance to pass."""


@dataclass(frozen=True)
class Candidate:
    """An assignment that a run of the flow may confirm.

    Attributes:
        assignment: The number of the model of each node.
        cost: Mean cost of a case.
        estimate: Expected difference from the baseline, if nodes do not depend on each other's models.
        chance: Expected chance to pass.
    """

    assignment: Assignment
    cost: float
    estimate: float
    chance: float


@dataclass(frozen=True)
class Step:
    """A candidate that was run, with what it showed.

    Attributes:
        candidate: The candidate.
        difference: Its flow runs against the baseline's.
    """

    candidate: Candidate
    difference: Difference

    @property
    def passed(self) -> bool:
        """Whether it is shown to be no worse than the baseline by the margin."""
        return self.difference.verdict in {Verdict.NO_WORSE, Verdict.BETTER}


Chain = tuple[Candidate, ...]
"""Candidates from the safest to the cheapest."""


@dataclass(frozen=True)
class SafeAssignment:
    """The cheapest assignment that was shown to be safe.

    Attributes:
        assignment: The number of the model of each node; the baseline's where nothing cheaper was shown safe.
        cost: Mean cost of a case.
        baseline_cost: The same of the baseline.
        steps: What was run, in order; the last one may have failed.
        kept_baseline: Whether it is the baseline.
        more_cases: About how many more cases would decide the step that failed; `None` where none would.
        reason: Why it ended here, in one or two sentences.
    """

    assignment: Assignment
    cost: float
    baseline_cost: float
    steps: tuple[Step, ...]
    kept_baseline: bool
    more_cases: int | None
    reason: str

    @property
    def saving(self) -> float:
        """Share of the baseline's cost that it saves."""
        return 1 - self.cost / self.baseline_cost if self.baseline_cost else 0.0


def combined(outcomes: Sequence[ArrayLike]) -> Floats:
    """Return the chance that all nodes are right: one axis of models for each node, then cases; nan if unknown.

    Args:
        outcomes: For each node its scores on frozen upstream: models × cases × repeats, from 0 to 1; nan if none.

    Raises:
        ConfigError: If the nodes differ in their cases, or there are too many assignments.
    """
    nodes = [np.stack([means_of(scores_of(scores)) for scores in np.asarray(node)]) for node in outcomes]
    if not nodes or len({node.shape[1] for node in nodes}) != 1:
        raise ConfigError(
            "The nodes have different cases.",
            kind="scores",
            fix="Pass all cases for each node, with nan where one has no score.",
        )
    count = math.prod(len(node) for node in nodes)
    if count > LARGEST:
        raise ConfigError(
            f"There are {count:,} assignments; at most {LARGEST:,} can be combined.",
            kind="assignments",
            fix="Compare fewer models, or leave nodes out whose model is settled.",
        )
    together = nodes[0]
    for node in nodes[1:]:
        together = together[..., np.newaxis, :] * node
    return together


def chains_of(
    outcomes: Sequence[ArrayLike], costs: Sequence[ArrayLike], baseline: Assignment, *, margin: float
) -> tuple[Chain, Chain]:
    """Return two chains to be run, each from the safest to the cheapest.

    The first takes all nodes together. The second is for flows in which its first step fails since nodes depend on
    each other's models: it changes one node, then two, and so on.

    Args:
        outcomes: For each node its scores on frozen upstream: models × cases × repeats, from 0 to 1.
        costs: For each node the mean cost of a case with each model; nan where it has no price: such a model is
            left out.
        baseline: The number of the model of each node that is in use now.
        margin: Loss that was declared acceptable before the run.

    Raises:
        ConfigError: If the arrays do not fit each other, or the baseline has no price.
    """
    check_margin(margin)
    scores, prices = combined(outcomes), _prices(costs)
    if prices.shape != scores.shape[:-1] or len(baseline) != prices.ndim:
        raise ConfigError(
            "Costs, outcomes and baseline have different nodes or models.",
            kind="costs",
            fix="Pass a cost for each model of each node, and one model for each node of the baseline.",
        )
    if math.isnan(prices[baseline]):
        raise ConfigError(
            "The baseline has no price, so nothing can be said to be cheaper.",
            kind="not_priced",
            fix="Give its models a price.",
        )
    estimates, chances = _chances(scores - scores[baseline], margin)
    cheaper = np.where(prices < prices[baseline], prices, np.inf)
    changed = _changed_nodes(prices.shape, baseline)
    bold = [np.where(chances >= least, cheaper, np.inf) for least in CHANCES]
    careful = [
        np.where((chances >= CHANCES[0]) & (changed <= nodes), cheaper, np.inf)
        for nodes in range(1, len(baseline))
    ]
    return _chain(bold, estimates, chances), _chain(careful, estimates, chances)


def _chain(allowed: Sequence[Floats], estimates: Floats, chances: Floats) -> Chain:
    """Return the cheapest candidate of each set, each cheaper than the one before."""
    chain: list[Candidate] = []
    for costs in allowed:
        index = tuple(int(i) for i in np.unravel_index(np.argmin(costs), costs.shape))
        if math.isfinite(costs[index]) and (not chain or costs[index] < chain[-1].cost):
            chain.append(Candidate(index, float(costs[index]), float(estimates[index]), float(chances[index])))
    return tuple(chain)


def cheapest_safe(
    chains: Sequence[Chain],
    run: Callable[[Assignment], ArrayLike | None],
    *,
    baseline: Assignment,
    baseline_cost: float,
    margin: float,
    groups: Groups = None,
    weights: Weights = None,
    is_second_look: Callable[[Assignment], bool] = lambda _: False,
) -> SafeAssignment:
    """Run the chains and return the last assignment that was shown to be no worse than the baseline.

    Args:
        chains: What `chains_of` returned; one is run where those before it showed nothing.
        run: Runs the whole flow with an assignment and returns its scores, cases × repeats, from 0 to 1; nan where
            one is missing. `None` ends the search, such as when the budget does not allow another run.
        baseline: The number of the model of each node that is in use now.
        baseline_cost: Mean cost of a case with it.
        margin: Loss that was declared acceptable before the run.
        groups: Which cases belong together; `None` where all are independent.
        weights: Weight of each case; `None` where all count the same.
        is_second_look: Whether cases were added to runs of an assignment after their verdict could be seen. It is
            asked when it was run. Then the cases stand in the order of the runs, and evidence decides that may be
            looked at at any time, at the error rate of one side of the interval.
    """
    check_margin(margin)
    chains = [chain for chain in chains if chain]
    steps: list[Step] = []
    more, reason = None, "All steps of the chain passed." if chains else "No cheaper assignment looks safe."
    scores = run(baseline) if chains else None
    for candidate, last in _order(chains, steps):
        found = None if scores is None else run(candidate.assignment)
        if found is None or scores is None:
            reason = "It ended before the chain did."
            break
        decide = _evidence_of if is_second_look(candidate.assignment) else _difference_of
        shown = decide(found, scores, alpha=ALPHA / len(chains), margin=margin, groups=groups, weights=weights)
        steps.append(Step(candidate, shown))
        if not steps[-1].passed:
            more, reason = _after_failure(steps[-1].difference, found, scores, margin)
        elif last:
            more, reason = None, "All steps of the chain passed."
    passed = [step.candidate for step in steps if step.passed]
    best = passed[-1] if passed else Candidate(baseline, baseline_cost, 0.0, 1.0)
    return SafeAssignment(best.assignment, best.cost, baseline_cost, tuple(steps), not passed, more, reason)


def _difference_of(
    found: ArrayLike, scores: ArrayLike, *, alpha: float, margin: float, groups: Groups, weights: Weights
) -> Difference:
    family = {"step": score_contrast(found, scores, groups=groups, weights=weights)}
    return verdicts(family, alpha=alpha, margin=margin)["step"]


def _evidence_of(
    found: ArrayLike, scores: ArrayLike, *, alpha: float, margin: float, groups: Groups, weights: Weights
) -> Difference:
    """Return what evidence shows that may be looked at at any time: no interval, and no p of a fixed number."""
    fixed = score_contrast(found, scores, groups=groups, weights=weights)
    finished = np.ones(len(np.asarray(scores)), dtype=np.bool_)
    shown = live_evidence(found, scores, finished, alpha=alpha / 2, margin=margin, groups=groups, weights=weights)
    none = dict.fromkeys(("low", "high", "level", "p", "p_adjusted"), math.nan)
    return Difference(
        **none,
        estimate=shown.estimate,
        n=shown.n,
        n_discordant=fixed.n_discordant,
        n_missing=fixed.n_missing,
        method="e-process",
        test="e-process",
        verdict=shown.verdict,
        reason=shown.reason,
        margin=margin,
        family_size=1,
    )


def cases_to_decide(
    outcomes: Sequence[ArrayLike], costs: Sequence[ArrayLike], baseline: Assignment, *, margin: float
) -> int | None:
    """Return about how many more cases would show a cheaper assignment to be safe, where none looks so yet.

    Args:
        outcomes: As `chains_of` takes them.
        costs: As `chains_of` takes them.
        baseline: The number of the model of each node that is in use now.
        margin: Loss that was declared acceptable before the run.

    Returns:
        The fewest that any of them needs; `None` where each seems to lose more than the margin.
    """
    scores, prices = combined(outcomes), _prices(costs)
    differences = (scores - scores[baseline])[prices < prices[baseline]]
    counts = (~np.isnan(differences)).sum(axis=-1)
    differences = differences[counts >= 2]
    if not differences.size:
        return None
    distances = np.nanmean(differences, axis=-1) + margin
    spreads = np.nanstd(differences, axis=-1, ddof=1)
    effort = np.where(distances > 0, (spreads + 1e-3) / np.maximum(distances, 1e-9), np.inf)
    nearest = int(np.argmin(effort))
    if distances[nearest] <= 0:
        return None
    needed = cases_needed(float(spreads[nearest]), min(float(distances[nearest]), 0.99))
    return max(1, needed - int(counts[counts >= 2][nearest]))


def _order(chains: Sequence[Chain], steps: Sequence[Step]) -> Iterator[tuple[Candidate, bool]]:
    """Give what to run next, by what the steps so far have shown, and whether its chain ends with it."""
    for chain in chains:
        for candidate in chain:
            if any(step.candidate.assignment == candidate.assignment for step in steps):
                break  # it failed in the chain before
            yield candidate, candidate is chain[-1]
            if not steps[-1].passed:
                break
        if any(step.passed for step in steps):
            return


def _changed_nodes(shape: tuple[int, ...], baseline: Assignment) -> NDArray[np.int64]:
    """Return in how many nodes each assignment differs from the baseline."""
    changed = [axis != model for axis, model in zip(np.indices(shape), baseline, strict=True)]
    return np.asarray(np.sum(changed, axis=0), dtype=np.int64)


def _prices(costs: Sequence[ArrayLike]) -> Floats:
    total = np.zeros(())
    for node in costs:
        total = total[..., np.newaxis] + np.asarray(node, dtype=np.float64)
    return total


def _chances(differences: Floats, margin: float) -> tuple[Floats, Floats]:
    """Return the mean difference of each assignment, and its chance to pass a run on the same cases.

    The run is as uncertain as these figures are, and its interval reaches two standard errors down.
    """
    known = ~np.isnan(differences)
    n = known.sum(axis=-1)
    means = np.where(n > 0, np.nansum(differences, axis=-1) / np.maximum(n, 1), np.nan)
    squares = np.nansum((differences - means[..., np.newaxis]) ** 2, axis=-1)
    errors = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    errors = np.maximum(errors, 1 / (np.maximum(n, 1) + 4))  # no scatter is no certainty
    chances = ndtr((means + margin) / errors / math.sqrt(2) - 2 / math.sqrt(2))
    return means, np.where(n < MIN_CASES, 0.0, np.nan_to_num(chances))


def _after_failure(
    difference: Difference, found: ArrayLike, scores: ArrayLike, margin: float
) -> tuple[int | None, str]:
    """Return how many more cases would decide, and the reason."""
    distance = difference.estimate + margin
    if math.isnan(distance) or distance <= 0 or difference.n < 2:
        return None, f"The next step failed. {difference.reason}"
    differences = means_of(scores_of(found)) - means_of(scores_of(scores))
    sd = float(np.nanstd(differences, ddof=1))
    more = max(1, cases_needed(sd, min(distance, 0.99)) - difference.n)
    return more, f"The next step was not decided. {difference.reason}"
