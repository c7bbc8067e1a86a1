"""Weights of cases: how often each comes decides how much it counts, in rates, differences and live evidence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from byok_widgets import ConfigError
from byok_widgets.compare.statistics import live_evidence, rate, score_contrast, verdicts

RUNS = 200


def scores(seed: int, count: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return graded scores of two variants with equal weighted means, and the weights."""
    random = np.random.default_rng(seed)
    weights = random.choice([1.0, 4.0], count)
    shift = np.where(weights > 1, 0.05, -0.2)  # outweighed: 4 * .05 = .2
    base = random.beta(4, 3, count)
    noise = random.normal(0, 0.08, (2, count))
    return np.clip(base * 0.6 + 0.2 + shift + noise[0], 0, 1), np.clip(base * 0.6 + 0.2 + noise[1], 0, 1), weights


def test_equal_weights_change_nothing() -> None:
    ours, theirs, _ = scores(1)
    plain, weighted = score_contrast(ours, theirs), score_contrast(ours, theirs, weights=[3.0] * len(ours))
    assert plain.interval(0.95) == weighted.interval(0.95)
    assert rate(ours) == rate(ours, weights=[2.0] * len(ours))


def test_equal_differences_show_what_their_weights_are_worth() -> None:
    """One case of 30 has half of the weight: all are worth no more than four."""
    weights = [29.0] + [1.0] * 29
    worth, z = 58**2 / (29**2 + 29), norm.ppf(0.975)
    contrast = score_contrast([1.0] * 30, [1.0] * 30, weights=weights)
    half = z * z / (worth + z * z)
    assert contrast.interval(0.95) == pytest.approx((-half, half))
    assert contrast.n_worth == pytest.approx(worth)
    found = verdicts({"same": contrast}, margin=0.9)["same"]
    assert (found.verdict, "3.8 of equal weight" in found.reason) == ("too few", True)
    shown = live_evidence([1.0] * 30, [0.0] * 30, [True] * 30, weights=weights)
    assert (shown.verdict, shown.reason) == ("too few", found.reason)
    lighter = score_contrast([1.0] * 30, [1.0] * 30, weights=[2.0] + [1.0] * 29)
    assert verdicts({"same": lighter}, margin=0.9)["same"].verdict == "no worse"


@pytest.mark.slow
def test_the_weighted_difference_is_covered_and_the_plain_one_is_another() -> None:
    covered, estimates, runs = 0, [], RUNS // 2  # the exact p of graded scores takes its time
    for seed in range(runs):
        ours, theirs, weights = scores(seed)
        found = score_contrast(ours, theirs, weights=weights)
        low, high = found.interval(0.95)
        covered += low <= 0 <= high
        estimates.append(found.estimate)
    assert covered >= 0.9 * runs
    assert abs(np.mean(estimates)) < 0.02
    assert score_contrast(*scores(0)[:2]).estimate < -0.03


def test_the_weighted_rate_is_covered() -> None:
    covered = 0
    for seed in range(RUNS):
        random = np.random.default_rng(seed)
        weights = random.choice([1.0, 3.0], 60)
        hits = (random.random(60) < np.where(weights > 1, 0.9, 0.5)).astype(float)
        found = rate(hits, weights=weights)
        covered += found.low <= 0.8 <= found.high  # (3 * .9 + 1 * .5) / 4
    assert covered >= 0.92 * RUNS


def test_live_evidence_bets_by_weight_and_seldom_finds_what_is_not_there() -> None:
    found = 0
    for seed in range(RUNS):
        ours, theirs, weights = scores(seed, 60)
        shown = live_evidence(ours, theirs, np.ones(60, bool), weights=weights)
        found += shown.verdict in ("better", "worse")
    assert found <= 0.05 * RUNS


@pytest.mark.parametrize("weights", [[1.0], [1.0, 0.0], [1.0, float("nan")]])
def test_what_are_no_weights_is_refused(weights: list[float]) -> None:
    with pytest.raises(ConfigError) as caught:
        score_contrast([1, 0], [0, 0], weights=weights)
    assert caught.value.kind == "weights"
