"""A node in whole conversations: losing hard callers before it must not make a variant look better at it."""

from __future__ import annotations

import numpy as np
import pytest

from byok_widgets.compare.statistics import common_cases, verdicts

RUNS = 500
CASES = 60


def planted(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return scores of two variants that are equal at the node; the first loses hard callers before it."""
    random = np.random.default_rng(seed)
    hard = random.random(CASES) < 0.5
    rate = np.where(hard, 0.35, 0.65)
    ours, theirs = ((random.random(CASES) < rate).astype(float) for _ in range(2))
    lost = random.random(CASES) < np.where(hard, 0.75, 0.25)
    return np.where(lost, np.nan, ours), theirs


def test_common_cases_show_no_difference_where_there_is_none_and_the_naive_figure_does() -> None:
    covered, common, naive = 0, [], []
    for seed in range(RUNS):
        found = common_cases(*planted(seed))
        difference = verdicts({"other": found.contrast})["other"]
        covered += difference.low <= 0 <= difference.high
        common.append(found.ours - found.baseline)
        naive.append(found.naive)
    assert covered >= 0.93 * RUNS
    assert abs(np.mean(common)) < 0.015
    assert np.mean(naive) > 0.04


def test_counts_and_means_of_the_common_cases() -> None:
    found = common_cases([1, np.nan, 0, 1], [1, 1, np.nan, 0])
    assert (found.contrast.n, found.n_cases, found.n_ours, found.n_baseline) == (2, 4, 3, 3)
    assert (found.ours, found.baseline) == (1.0, 0.5)
    assert found.naive == pytest.approx(0)
