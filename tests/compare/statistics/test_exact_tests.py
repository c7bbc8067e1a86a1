"""Mid-p against statsmodels, scipy, a published example, and enumeration of everything."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import binom, norm, permutation_test
from statsmodels.stats.contingency_tables import mcnemar

from byok_widgets.compare.statistics.exact_tests import label_swap_mid_p, mcnemar_mid_p, sign_flip_mid_p


@pytest.mark.parametrize("counts", [(0, 6), (6, 0), (3, 9), (10, 11), (0, 1), (40, 22)])
def test_mcnemar_is_the_exact_p_less_half_of_the_observed(counts: tuple[int, int]) -> None:
    exact = mcnemar([[0, counts[0]], [counts[1], 0]], exact=True).pvalue
    assert mcnemar_mid_p(*counts) == pytest.approx(exact - binom.pmf(min(counts), sum(counts), 0.5), abs=1e-12)


@pytest.mark.parametrize("same", [1, 5, 40])
def test_mcnemar_of_equal_counts_is_one_less_half_of_the_observed(same: int) -> None:
    """As in Fagerland, Lydersen, Laake (2013)."""
    assert mcnemar_mid_p(same, same) == pytest.approx(1 - binom.pmf(same, 2 * same, 0.5) / 2, abs=1e-12)


def test_mcnemar_on_the_published_example() -> None:
    """Bentur's airway hyper-responsiveness, in Fagerland, Lydersen, Laake (2013): .039."""
    assert mcnemar_mid_p(1, 7) == pytest.approx(0.039, abs=5e-4)


def enumerated(differences: np.ndarray) -> float:
    sums = np.array([abs(np.dot(signs, differences)) for signs in product((-1, 1), repeat=len(differences))])
    observed = abs(differences.sum())
    equal = np.abs(sums - observed) < 1e-9
    return float(((sums > observed) & ~equal).mean() + equal.mean() / 2)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("repeats", [1, 2, 3, 7])
def test_sign_flips_of_repeats_are_enumerated_exactly(seed: int, repeats: int) -> None:
    rng = np.random.default_rng(seed)
    differences = (rng.binomial(repeats, 0.7, 12) - rng.binomial(repeats, 0.4, 12)) / repeats
    assert sign_flip_mid_p(differences) == pytest.approx(enumerated(differences), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_sign_flips_of_graded_scores_are_enumerated_closely(seed: int) -> None:
    differences = np.random.default_rng(seed).uniform(-0.6, 1, 11)
    assert sign_flip_mid_p(differences) == pytest.approx(enumerated(differences), abs=0.002)


def test_sign_flips_agree_with_scipys_permutations() -> None:
    rng = np.random.default_rng(5)
    ours, baseline = rng.integers(0, 4, (2, 11)) / 3
    found = permutation_test(
        (ours, baseline),
        lambda first, second, axis: (first - second).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=5_000,
    )
    equal = np.abs(np.abs(found.null_distribution) - abs(found.statistic)) < 1e-9
    assert sign_flip_mid_p(ours - baseline) == pytest.approx(found.pvalue - equal.mean() / 2, abs=1e-9)


@pytest.mark.parametrize("counts", [(3, 9), (7, 7), (0, 8)])
def test_sign_flips_of_one_binary_score_are_mcnemar(counts: tuple[int, int]) -> None:
    differences = np.concatenate([np.ones(counts[0]), -np.ones(counts[1]), np.zeros(20)])
    assert sign_flip_mid_p(differences) == pytest.approx(mcnemar_mid_p(*counts), abs=1e-12)


def test_many_graded_differences_are_normal_where_the_grid_ends() -> None:
    differences = np.random.default_rng(6).uniform(-0.9, 1, 2_000)
    expected = 2 * norm.sf(abs(differences.sum()) / np.sqrt(differences @ differences))
    assert sign_flip_mid_p(differences) == pytest.approx(expected, rel=1e-9)
    fewer = differences[:300]
    expected = 2 * norm.sf(abs(fewer.sum()) / np.sqrt(fewer @ fewer))
    assert sign_flip_mid_p(fewer) == pytest.approx(expected, abs=0.01)


def test_the_order_and_direction_of_cases_do_not_matter() -> None:
    differences = np.random.default_rng(7).integers(-3, 4, 40) / 3
    assert sign_flip_mid_p(-differences) == pytest.approx(sign_flip_mid_p(differences[::-1]), abs=1e-12)


def test_nothing_that_differs_is_no_evidence() -> None:
    assert sign_flip_mid_p(np.zeros(30)) == 1.0
    assert mcnemar_mid_p(0, 0) == 1.0
    assert label_swap_mid_p(np.ones((30, 2)), np.ones((30, 2)), np.arange(30)) == 1.0


def swapped(ours: np.ndarray, baseline: np.ndarray, codes: np.ndarray) -> float:
    """Return the mid-p of the difference of F1 by swapping whole groups, one by one."""

    def distance(swaps: np.ndarray) -> float:
        first, second = np.where(swaps, baseline, ours).sum(axis=0), np.where(swaps, ours, baseline).sum(axis=0)
        return float(abs(first[0] / first[1] - second[0] / second[1]))

    units = codes.max() + 1
    found = np.array([distance(np.array(swaps)[codes][:, None]) for swaps in product((False, True), repeat=units)])
    equal = np.abs(found - found[0]) < 1e-9
    return float(((found > found[0]) & ~equal).mean() + equal.mean() / 2)


def terms(rng: np.random.Generator, n: int, chance: float) -> np.ndarray:
    hits, errors = 2 * rng.binomial(4, chance, n), rng.binomial(4, 1 - chance, n)
    return np.column_stack([hits, hits + errors + 1]).astype(float)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("codes", [np.arange(9), np.array([0, 0, 1, 2, 2, 3, 4, 5, 6])], ids=["cases", "groups"])
def test_label_swaps_are_enumerated(seed: int, codes: np.ndarray) -> None:
    rng = np.random.default_rng(seed)
    ours, baseline = terms(rng, 9, 0.8), terms(rng, 9, 0.6)
    assert label_swap_mid_p(ours, baseline, codes) == pytest.approx(swapped(ours, baseline, codes), abs=1e-12)


def test_random_label_swaps_come_close_to_all_of_them() -> None:
    rng = np.random.default_rng(8)
    ours, baseline = terms(rng, 14, 0.75), terms(rng, 14, 0.6)
    found = label_swap_mid_p(ours, baseline, np.arange(14))
    assert found == label_swap_mid_p(ours, baseline, np.arange(14)), "the same each time"
    assert found == pytest.approx(swapped(ours, baseline, np.arange(14)), abs=0.015)


def test_differences_without_a_common_grid_that_all_point_one_way_have_a_p() -> None:
    for seed in range(40):
        differences = np.random.default_rng(seed).uniform(0.01, 1, 15)
        assert sign_flip_mid_p(differences) == pytest.approx(2.0**-15, rel=0.01)
