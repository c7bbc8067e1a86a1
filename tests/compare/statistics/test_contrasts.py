"""Differences from the baseline: which method when, pairs, groups, and micro-F1."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import t
from statsmodels.stats.weightstats import DescrStatsW

from byok_widgets.compare.statistics import Contrast, f1_contrast, score_contrast, verdicts
from byok_widgets.compare.statistics.exact_tests import label_swap_mid_p, mcnemar_mid_p, sign_flip_mid_p
from byok_widgets.compare.statistics.intervals import tango_interval
from byok_widgets.errors import ConfigError
from tests.compare.statistics.worlds import field_counts, scores

NAN = math.nan


def drawn(repeats: int, seed: int = 1, cases: int = 30) -> tuple[np.ndarray, np.ndarray]:
    ours, baseline = scores(np.random.default_rng(seed), [0.8, 0.6], cases, repeats)[:, 0]
    return ours, baseline


def test_one_binary_score_per_case_goes_by_tango_and_mcnemar() -> None:
    ours, baseline = drawn(1)
    only_ours, only_baseline = int((ours > baseline).sum()), int((ours < baseline).sum())
    found = score_contrast(ours, baseline)
    assert (found.method, found.test) == ("Tango", "McNemar, mid-p")
    assert found.estimate == pytest.approx(ours.mean() - baseline.mean())
    assert found.p == mcnemar_mid_p(only_ours, only_baseline)
    assert found.interval(0.9) == tango_interval(only_ours, only_baseline, 30, 0.9)
    assert (found.n, found.n_units, found.n_discordant, found.n_missing) == (30, 30, only_ours + only_baseline, 0)


@pytest.mark.parametrize(
    ("ours", "baseline"),
    [drawn(3), tuple(side / 2 for side in drawn(1)), (drawn(2)[0], drawn(1)[1])],
    ids=["repeats", "graded", "repeats on one side"],
)
def test_repeats_and_graded_scores_go_by_t_and_sign_flips(ours: np.ndarray, baseline: np.ndarray) -> None:
    differences = ours.mean(axis=1) - baseline.mean(axis=1)
    found = score_contrast(ours, baseline)
    assert found.interval(0.95) == pytest.approx(DescrStatsW(differences).tconfint_mean(0.05))
    assert found.p == pytest.approx(sign_flip_mid_p(differences))
    assert found.n_discordant == np.count_nonzero(np.abs(differences) > 1e-9)


def test_a_case_is_left_out_only_where_one_side_has_no_score_at_all() -> None:
    ours, baseline = drawn(2)
    ours[0] = NAN
    baseline[1] = NAN
    ours[2, 0] = NAN
    found = score_contrast(ours, baseline)
    assert (found.n, found.n_missing) == (28, 2)
    differences = np.nanmean(ours[2:], axis=1) - baseline[2:].mean(axis=1)
    assert found.estimate == pytest.approx(differences.mean())


def test_two_missing_repeats_of_three_leave_one_binary_score() -> None:
    ours, baseline = drawn(3)
    ours[:, 1:] = NAN
    baseline[:, :2] = NAN
    assert score_contrast(ours, baseline).method == "Tango"


def test_groups_are_flipped_and_counted_whole() -> None:
    ours, baseline = drawn(1, cases=40)
    groups = [f"caller {case // 4}" for case in range(40)]
    found = score_contrast(ours, baseline, groups=groups)
    sums = (ours - baseline).reshape(10, 4).sum(axis=1)
    assert found.n_units == 10
    assert found.n_discordant == np.count_nonzero(sums)
    assert found.p == pytest.approx(sign_flip_mid_p(sums))
    half = t.ppf(0.975, 9) * math.sqrt(10 / 9 * ((sums - sums.mean()) ** 2).sum()) / 40
    assert found.interval(0.95) == pytest.approx((found.estimate - half, found.estimate + half))


def test_groups_whose_cases_cancel_out_are_no_proof_of_equality() -> None:
    ours, baseline, groups = np.tile([1.0, 0.0], 15), np.tile([0.0, 1.0], 15), np.repeat(np.arange(15), 2)
    found = verdicts({"same": score_contrast(ours, baseline, groups=groups)}, margin=0.05)["same"]
    assert (found.estimate, found.verdict) == (0, "no difference shown")
    assert found.high == -found.low > 0.2
    assert found.method == "Tango's bound for equal differences, clustered by group"


def test_groups_of_one_case_change_nothing() -> None:
    ours, baseline = drawn(1)
    plain, grouped = score_contrast(ours, baseline), score_contrast(ours, baseline, groups=list(range(30)))
    assert plain == grouped
    assert plain.interval(0.95) == grouped.interval(0.95)


@pytest.mark.parametrize("contrast", [score_contrast, f1_contrast])
def test_no_common_case_is_no_figure(contrast: type[Contrast]) -> None:
    shape = (4, 2) if contrast is score_contrast else (4, 2, 3)
    found = contrast(np.full(shape, NAN), np.ones(shape))
    assert math.isnan(found.estimate)
    assert (found.p, found.n, found.n_missing, found.interval(0.95)) == (1.0, 0, 4, (-1.0, 1.0))


def test_different_numbers_of_cases_are_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        score_contrast(np.ones(3), np.ones(4))
    assert refused.value.kind == "scores"


def test_f1_has_the_interval_of_the_delta_method_and_the_p_of_label_swaps() -> None:
    counts = field_counts(np.random.default_rng(3), 0.7, 40)
    terms = np.stack([2 * counts[..., 0], 2 * counts[..., 0] + counts[..., 1] + counts[..., 2]], axis=-1)
    four = np.concatenate(terms, axis=1)
    gradient = approx_fprime(four.mean(axis=0), lambda at: at[0] / at[1] - at[2] / at[3], 1e-7)
    error = math.sqrt(gradient @ (np.cov(four.T) / 40) @ gradient)
    sums = four.sum(axis=0)
    value, half = sums[0] / sums[1] - sums[2] / sums[3], t.ppf(0.975, 39) * error
    found = f1_contrast(*counts)
    assert found.estimate == pytest.approx(value)
    assert found.interval(0.95) == pytest.approx((value - half, value + half), abs=1e-5)
    assert found.p == label_swap_mid_p(*terms, np.arange(40))
    assert found.n_discordant == int((terms[0] != terms[1]).any(axis=1).sum())


def test_f1_knows_groups_and_missing_cases() -> None:
    counts = field_counts(np.random.default_rng(4), 0.7, 40)
    counts[0, 5] = NAN
    found = f1_contrast(*counts, groups=np.repeat(np.arange(10), 4))
    assert (found.n, found.n_units, found.n_missing) == (39, 10, 1)
    assert found.n_discordant <= 10


def test_equal_counts_are_no_proof_of_equality() -> None:
    counts = field_counts(np.random.default_rng(5), 0.7, 20)[0]
    found = f1_contrast(counts, counts)
    assert (found.estimate, found.p, found.n_discordant) == (0.0, 1.0, 0)
    low, high = found.interval(0.95)
    assert high == -low
    assert high > 0.1


def test_nothing_to_find_has_no_f1() -> None:
    assert math.isnan(f1_contrast(np.zeros((20, 3)), np.zeros((20, 3))).estimate)
