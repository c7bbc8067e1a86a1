"""The cheapest safe assignment: how it is found, and how often it is wrong in worlds whose truth is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from byok_widgets.compare.statistics.assignments import (
    Assignment,
    Candidate,
    SafeAssignment,
    chains_of,
    cheapest_safe,
    combined,
)
from byok_widgets.errors import ConfigError
from tests.compare.statistics.flow_worlds import MODELS, NODES, PRICES, STRONG, FlowWorld

NAN = math.nan
CHAIN = (Candidate((0, 1), 3.0, 0.0, 0.99), Candidate((1, 1), 2.0, 0.0, 0.9))
CAREFUL = (Candidate((1, 0), 4.0, 0.0, 0.99),)


def test_outcomes_are_combined_within_each_case() -> None:
    first = [[[1, 0], [1, 1]], [[0, 0], [1, NAN]]]  # two models, two cases, two repeats
    second = [[[1, 1], [0, 1]]] * 3
    found = combined([first, second])
    assert found.shape == (2, 3, 2)
    assert found[0, 0] == pytest.approx([0.5, 0.5])
    assert found[1, 2] == pytest.approx([0.0, 0.5])


def searched(
    passing: set[Assignment], chains: tuple = (CHAIN, CAREFUL)
) -> tuple[SafeAssignment, list[Assignment]]:
    """Return what is found where some assignments are as good as the baseline and all others always fail."""
    ran: list[Assignment] = []

    def run(assignment: Assignment) -> np.ndarray:
        ran.append(assignment)
        return np.full((100, 1), float(assignment in passing or assignment == (0, 0)))

    return cheapest_safe(chains, run, baseline=(0, 0), baseline_cost=5.0, margin=0.1), ran


@pytest.mark.parametrize(
    ("passing", "assignment", "ran"),
    [
        ({(0, 1), (1, 1)}, (1, 1), [(0, 0), (0, 1), (1, 1)]),
        ({(0, 1)}, (0, 1), [(0, 0), (0, 1), (1, 1)]),
        ({(1, 1)}, (0, 0), [(0, 0), (0, 1), (1, 0)]),  # what stands behind a failure is not run
        ({(1, 0)}, (1, 0), [(0, 0), (0, 1), (1, 0)]),  # the second chain is for what the first did not show
    ],
)
def test_a_chain_goes_on_until_a_step_fails(
    passing: set[Assignment], assignment: Assignment, ran: list[Assignment]
) -> None:
    found, order = searched(passing)
    assert (found.assignment, order) == (assignment, ran)
    assert found.kept_baseline == (assignment == (0, 0))
    assert found.saving == pytest.approx(1 - found.cost / 5.0)
    assert [step.candidate.assignment for step in found.steps] == ran[1:]
    assert {step.difference.level for step in found.steps} == {0.975}, "two chains share alpha"


def test_nothing_that_looks_safe_runs_nothing() -> None:
    found, ran = searched(set(), ((), ()))
    assert (found.assignment, found.cost, found.kept_baseline, ran) == ((0, 0), 5.0, True, [])


def test_the_search_ends_where_no_run_is_allowed() -> None:
    def run(assignment: Assignment) -> np.ndarray | None:
        return None if assignment == (1, 1) else np.ones((100, 1))

    found = cheapest_safe((CHAIN,), run, baseline=(0, 0), baseline_cost=5.0, margin=0.1)
    assert (found.assignment, len(found.steps)) == ((0, 1), 1)


def test_an_undecided_step_says_how_many_more_cases_it_takes() -> None:
    """Six of forty cases fall each way: no difference, but not enough cases to show it."""

    def run(assignment: Assignment) -> np.ndarray:
        return (np.arange(40) // 6 != (0 if assignment == (0, 0) else 1)).astype(float)

    found = cheapest_safe((CHAIN,), run, baseline=(0, 0), baseline_cost=5.0, margin=0.1)
    assert found.kept_baseline
    assert found.more_cases is not None
    assert 100 < found.more_cases < 400


def test_cases_that_are_added_again_and_again_do_not_make_unsafe_assignments_safe() -> None:
    """The flow runs of the only candidate lose just what is too much, and somebody looks after every 25 cases."""

    def called_safe(seed: int, *, again: bool) -> bool:
        rng = np.random.default_rng(seed)
        chances = rng.uniform(0.6, 1.0, 150)
        now, changed = ((rng.random(150) < at).astype(float) for at in (chances, chances - 0.1))
        looks = [
            cheapest_safe(
                (CHAIN[:1],),
                lambda assignment, n=n: (changed if any(assignment) else now)[:n],
                baseline=(0, 0),
                baseline_cost=5.0,
                margin=0.1,
                is_second_look=lambda _: again,
            )
            for n in range(25, 151, 25)
        ]
        return not all(look.kept_baseline for look in looks)

    assert sum(called_safe(seed, again=True) for seed in range(60)) <= 2
    assert sum(called_safe(seed, again=False) for seed in range(60)) >= 3, "which is why"


def test_evidence_shows_no_interval_and_still_finds_what_is_safe() -> None:
    equal = (np.arange(120) % 10 > 0).astype(float)
    found = cheapest_safe(
        (CHAIN,),
        lambda _: equal,
        baseline=(0, 0),
        baseline_cost=5.0,
        margin=0.1,
        is_second_look=lambda assignment: assignment == (1, 1),
    )
    assert [(step.passed, math.isnan(step.difference.low)) for step in found.steps] == [
        (True, False),
        (True, True),
    ]
    assert found.assignment == (1, 1)


def outcomes(cases: int = 60) -> list[np.ndarray]:
    return [np.ones((2, cases, 1)), np.ones((2, cases, 1))]


def test_what_has_no_price_is_no_candidate_and_chains_only_get_cheaper() -> None:
    first, second = chains_of(outcomes(), [[3.0, NAN], [2.0, 1.0]], (0, 0), margin=0.1)
    assert [candidate.assignment for candidate in (*first, *second)] == [(0, 1), (0, 1)]
    first, _ = chains_of(outcomes(), [[3.0, 1.0], [2.0, 1.0]], (1, 1), margin=0.1)
    assert first == ()


def test_few_cases_make_no_candidate() -> None:
    assert chains_of(outcomes(14), [[3.0, 1.0], [2.0, 1.0]], (0, 0), margin=0.1) == ((), ())


@pytest.mark.parametrize(
    ("scores", "costs", "kind"),
    [
        ([np.ones((2, 20, 1)), np.ones((2, 21, 1))], [[2.0, 1.0]] * 2, "scores"),
        ([np.ones((20, 20, 1))] * 4, [[1.0] * 20] * 4, "assignments"),
        (outcomes(), [[2.0, 1.0]], "costs"),
        (outcomes(), [[NAN, 1.0], [2.0, 1.0]], "not_priced"),
    ],
)
def test_what_does_not_fit_is_refused(scores: list[np.ndarray], costs: list[list[float]], kind: str) -> None:
    with pytest.raises(ConfigError) as refused:
        chains_of(scores, costs, (0, 0), margin=0.1)
    assert refused.value.kind == kind


@dataclass(frozen=True)
class Outcome:
    """One search in a world: its cost over the optimum's, its loss beyond the margin, its share of all calls."""

    cost_ratio: float
    excess_loss: float
    saved: float
    calls: float


def search(seed: int, kind: str, interaction: float, margin: float, cases: int, repeats: int) -> Outcome:
    rng = np.random.default_rng(seed)
    world = FlowWorld.drawn(rng, kind, interaction)
    chances = world.chances(rng, cases)
    drawn = (rng.random((*chances.shape, repeats)) < chances[..., None]).astype(float)
    costs = {a: sum(world.costs[i, m] for i, m in enumerate(a)) for a in np.ndindex(*(MODELS,) * NODES)}
    runs = 0

    def run(assignment: Assignment) -> np.ndarray:
        nonlocal runs
        runs += 1
        return (rng.random((cases, repeats)) < world.flow_chances(chances, assignment)[:, None]).astype(float)

    chains = chains_of(list(drawn), list(world.costs), STRONG, margin=margin)
    found = cheapest_safe(chains, run, baseline=STRONG, baseline_cost=costs[STRONG], margin=margin)
    truth = world.chances(np.random.default_rng(10**6 + seed), 4_000)
    losses = {a: float((world.flow_chances(truth, STRONG) - world.flow_chances(truth, a)).mean()) for a in costs}
    best = min(cost for assignment, cost in costs.items() if losses[assignment] <= margin)
    return Outcome(
        found.cost / best,
        losses[found.assignment] - margin,
        (costs[STRONG] - found.cost) / (costs[STRONG] - best),
        (NODES * MODELS + NODES * runs) / (NODES * MODELS**NODES),
    )


WORLDS = [
    ("gap", 0.0, 0.10, 200, 3),
    ("gap", 0.06, 0.10, 200, 3),
    ("gap", 0.0, 0.10, 60, 3),
    ("gap", 0.06, 0.05, 200, 3),
    ("smooth", 0.0, 0.10, 200, 3),
    ("smooth", 0.06, 0.10, 200, 3),
    ("smooth", 0.06, 0.10, 60, 3),
    ("smooth", 0.06, 0.05, 200, 1),
]


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_what_is_called_safe_is_safe_and_nearly_the_cheapest(world: tuple) -> None:
    assert pytest.approx(1 / 67) == PRICES[-1] / PRICES[0]
    found = [search(seed, *world) for seed in range(200)]
    unsafe = sum(outcome.excess_loss > 0 for outcome in found)
    close = float(np.mean([outcome.cost_ratio <= 1.05 for outcome in found]))
    calls = max(outcome.calls for outcome in found)
    saved = float(np.median([outcome.saved for outcome in found]))
    print(f"{world}: within 5 % {close:.3f}, saved {saved:.2f}, false safe {unsafe} of 200, calls {calls:.4f}")
    assert unsafe <= 17
    assert calls <= 0.03
    if world == WORLDS[0]:
        assert close >= 0.9
