"""The e-process: a martingale, the finished prefix, and what is shown while a run goes on."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from byok_widgets.compare.statistics import LiveEvidence, Verdict, finished_prefix, live_evidence, wealth
from byok_widgets.errors import ConfigError

NAN = math.nan


def test_wealth_is_the_mean_of_forty_bets() -> None:
    differences = np.random.default_rng(1).integers(-3, 4, 25) / 3
    shares = np.linspace(0.05, 0.95, 20)
    bets = np.concatenate([shares, -shares])
    expected = [np.mean([np.prod(1 + bet * differences[: n + 1]) for bet in bets]) for n in range(25)]
    assert wealth(differences) == pytest.approx(expected)
    assert wealth(np.stack([differences, -differences]))[1] == pytest.approx(expected), "no side is preferred"


@pytest.mark.parametrize("margin", [None, 0.05, 0.2])
def test_without_a_difference_wealth_stays_one_in_the_mean(margin: float | None) -> None:
    """Over all ways in which ten cases may fall, at the edge of what is bet against."""
    values = np.array(list(product((-1.0, 0.0, 1.0), repeat=7)))
    shift = margin or 0.0
    chances = np.where(values == 0, 0.5, np.where(values > 0, 0.25 - shift / 2, 0.25 + shift / 2)).prod(axis=1)
    assert chances.sum() == pytest.approx(1)
    assert chances @ wealth(values, margin=margin) == pytest.approx(np.ones(7))


def test_no_path_ruins_or_overflows() -> None:
    assert wealth(-np.ones(3_000), margin=0.1)[-1] >= 0
    assert math.isfinite(wealth(np.ones(3_000))[-1])


@pytest.mark.parametrize(
    ("finished", "prefix"),
    [
        ([], 0),
        ([False, True], 0),
        ([True, True, False, True], 2),
        ([True, True], 2),
        ([[True, True], [True, False], [True, True]], 1),
    ],
)
def test_the_prefix_ends_at_the_first_case_with_an_unfinished_cell(finished: list[object], prefix: int) -> None:
    assert finished_prefix(finished) == prefix


@pytest.mark.parametrize("margin", [None, 0.1])
@pytest.mark.parametrize("seed", range(4))
def test_who_looks_again_and_again_sees_what_one_look_shows(margin: float | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ours, baseline = (rng.random((5_000, 2)) < 0.55).astype(float), (rng.random((5_000, 2)) < 0.5).astype(float)
    ours[rng.random(5_000) < 0.1] = NAN
    weights, ended = rng.integers(1, 4, 5_000), np.zeros(5_000, dtype=bool)
    live = LiveEvidence(margin=margin, weights=weights, family_size=2)
    for more in np.array_split(rng.permutation(5_000), 7):
        ended[more] = True
        found = live.look(ours, baseline, ended)
    once = live_evidence(ours, baseline, ended, margin=margin, weights=weights, family_size=2)
    assert (found.n, found.n_waiting, found.verdict, found.reason) == (once.n, 0, once.verdict, once.reason)
    assert (found.e_value, found.estimate) == pytest.approx((once.e_value, once.estimate))
    kept = ~np.isnan(ours[:, 0])
    path = wealth((ours - baseline)[kept].mean(axis=1), weights=weights[kept] / 3)
    assert found.e_value == pytest.approx(path[-1])


@pytest.mark.parametrize("margin", [None, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_group_is_one_bet(margin: float | None, weighted: bool) -> None:
    rng = np.random.default_rng(3)
    groups = np.sort(rng.integers(0, 40, 120))
    ours, baseline = (rng.random((2, 120, 2)) < 0.6).astype(float)
    ours[rng.random(120) < 0.1] = NAN
    weights = rng.integers(1, 4, 120) if weighted else np.ones(120)
    largest = max(weights[groups == group].sum() for group in groups)
    differences, stakes, shares = (ours - baseline).mean(axis=1), [], []
    for group in dict.fromkeys(groups):
        own = (groups == group) & ~np.isnan(differences)
        if own.any():
            stakes.append((weights * differences)[own].sum() / largest)
            shares.append(weights[own].sum() / largest)
    names = [f"caller {group}" for group in groups]
    found = live_evidence(
        ours, baseline, np.ones(120, dtype=bool), groups=names, weights=list(weights), margin=margin
    )
    assert found.e_value == pytest.approx(wealth(stakes)[-1])
    assert found.n == (~np.isnan(differences)).sum()
    assert found.estimate == pytest.approx(np.sum(stakes) / np.sum(shares))
    if margin is not None:
        shifted = np.divide(stakes, shares)
        assert found.e_value_no_worse == pytest.approx(wealth(shifted, margin=margin, weights=shares)[-1])


def test_a_group_waits_for_the_last_of_its_cases() -> None:
    ours, baseline, groups = np.ones((60, 1)), np.zeros((60, 1)), np.repeat(np.arange(20), 3)
    live = LiveEvidence(groups=list(groups))
    finished = np.arange(60) != 31
    found = live.look(ours, baseline, finished)
    assert (found.n, found.n_waiting) == (30, 29)
    assert (found.verdict, live.look(ours, baseline, finished).e_value) == (Verdict.BETTER, found.e_value)
    assert found.reason.endswith("at case 24."), "the eighth group ends with it"
    assert live.look(ours, baseline, np.ones(60, dtype=bool)).n == 60


def test_few_groups_are_no_verdict() -> None:
    ours, baseline = np.ones((80, 1)), np.zeros((80, 1))
    for count, verdict in ((4, Verdict.TOO_FEW), (8, Verdict.BETTER)):
        groups = list(np.arange(80) * count // 80)
        assert live_evidence(ours, baseline, np.ones(80, dtype=bool), groups=groups).verdict is verdict


def test_only_the_finished_prefix_counts() -> None:
    ours, baseline = np.ones((60, 1)), np.zeros((60, 1))
    finished = np.arange(60) != 20
    found = live_evidence(ours, baseline, finished)
    assert (found.n, found.n_waiting) == (20, 39)
    assert found.e_value == pytest.approx(wealth(np.ones(20))[-1])


def test_a_failed_case_is_finished_and_no_bet() -> None:
    ours, baseline = np.ones((30, 2)), np.zeros((30, 2))
    ours[4] = NAN
    ours[5, 0] = NAN
    found = live_evidence(ours, baseline, np.ones(30, dtype=bool))
    assert (found.n, found.n_waiting, found.estimate) == (29, 0, 1.0)


def shown(differences: list[float], **options: float) -> Verdict:
    values = np.array(differences)
    ours, baseline = np.maximum(values, 0), np.maximum(-values, 0)
    return live_evidence(ours, baseline, np.ones(len(values), dtype=bool), **options).verdict


@pytest.mark.parametrize(
    ("differences", "options", "verdict"),
    [
        ([], {}, Verdict.TOO_FEW),
        ([1.0] * 14, {}, Verdict.TOO_FEW),
        ([1.0] * 15, {}, Verdict.BETTER),
        ([-1.0] * 15, {}, Verdict.WORSE),
        ([-1.0] * 15, {"margin": 0.1}, Verdict.WORSE),
        ([1.0, -1.0] * 30, {}, Verdict.NO_DIFFERENCE),
        ([0.0] * 200, {}, Verdict.NO_DIFFERENCE),
        ([0.0] * 200, {"margin": 0.1}, Verdict.NO_WORSE),
        ([1.0] * 15 + [0.0] * 200, {"margin": 0.1}, Verdict.BETTER),
        ([1.0] * 15 + [0.0, -1.0] * 40, {}, Verdict.BETTER),  # once shown it stays
        ([1.0] * 7 + [0.0] * 20, {"family_size": 1}, Verdict.NO_DIFFERENCE),
        ([1.0] * 8 + [0.0] * 20, {"family_size": 1}, Verdict.BETTER),
        ([1.0] * 11 + [0.0] * 20, {"family_size": 9}, Verdict.NO_DIFFERENCE),
        ([1.0] * 12 + [0.0] * 20, {"family_size": 9}, Verdict.BETTER),
    ],
)
def test_verdict(differences: list[float], options: dict[str, float], verdict: Verdict) -> None:
    assert shown(differences, **options) is verdict


@pytest.mark.parametrize(
    ("arrays", "options", "kind"),
    [
        (([1.0], [1.0], [True]), {"alpha": 0}, "alpha"),
        (([1.0], [1.0], [True]), {"family_size": 0}, "alpha"),
        (([1.0], [1.0], [True]), {"margin": 1}, "margin"),
        (([1.0, 1.0], [1.0], [True]), {}, "scores"),
        (([1.0], [1.0], [True, True]), {}, "scores"),
        (([2.0], [1.0], [True]), {}, "scores"),
    ],
)
def test_what_makes_no_evidence_is_refused(arrays: tuple[list[float], ...], options: dict, kind: str) -> None:
    with pytest.raises(ConfigError) as refused:
        live_evidence(*arrays, **options)
    assert refused.value.kind == kind
