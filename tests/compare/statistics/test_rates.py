"""One variant: rates, micro-F1 and quantiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.stats import quantile_test, t
from statsmodels.stats.proportion import proportion_confint

from byok_widgets.compare.statistics import f1, quantile, rate
from byok_widgets.errors import ConfigError
from tests.compare.statistics.worlds import field_counts

NAN = math.nan


def wilson(mean: float, trials: float, cases: int) -> tuple[float, float]:
    """Return statsmodels' Wilson interval, at the level whose normal quantile is the t quantile of the cases."""
    from scipy.stats import norm

    level = 2 * norm.cdf(t.ppf(0.975, cases - 1)) - 1
    return proportion_confint(mean * trials, trials, alpha=1 - level, method="wilson")


def test_one_repeat_counts_as_many_trials_as_cases() -> None:
    scores = [1.0] * 12 + [0.0] * 8
    found = rate(scores)
    assert (found.estimate, found.n) == (0.6, 20)
    assert (found.low, found.high) == pytest.approx(wilson(0.6, 20, 20), abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "trials"),
    [
        ([[1, 1, 1]] * 10 + [[0, 0, 0]] * 10, 20),  # a case is always the same: repeats tell nothing new
        ([[1, 0, 1], [0, 1, 1]] * 10, 20),  # no case mean differs from another: no more than the cases
        ([[1, 1, 0]] * 19 + [[1, 0, 0]], 60),  # hardly any scatter between cases: at most all repeats
    ],
)
def test_repeats_count_for_what_their_scatter_is_worth(rows: list[list[int]], trials: int) -> None:
    found = rate(rows)
    assert found.estimate == pytest.approx(np.mean(rows))
    assert (found.low, found.high) == pytest.approx(wilson(np.mean(rows), trials, 20), abs=1e-9)


def test_a_case_counts_once_however_many_of_its_repeats_are_missing() -> None:
    found = rate([[1, 1, 1], [0, NAN, NAN], [NAN, NAN, NAN]])
    assert (found.estimate, found.n) == (0.5, 2)


@pytest.mark.parametrize("scores", [[[1.0]] * 30, [[0.0, 0.0]] * 30])
def test_perfect_scores_have_an_interval_inside_0_to_1(scores: list[list[float]]) -> None:
    found = rate(scores)
    assert 0 <= found.low < found.high <= 1
    assert found.high - found.low > 0.1
    grouped = rate(scores, groups=[0, 1, 2] * 10)
    assert grouped.high - grouped.low > found.high - found.low, "three groups tell less than thirty cases"


def test_groups_are_clusters_and_a_case_without_one_stands_for_itself() -> None:
    scores = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0], 6)
    grouped, single = rate(scores, groups=np.repeat(np.arange(5), 6)), rate(scores)
    assert grouped.high - grouped.low > 1.5 * (single.high - single.low)
    assert rate(scores, groups=[None] * 30) == single
    assert rate(scores, groups=list(range(30))) == single


def test_groups_that_are_all_alike_are_as_many_trials_as_there_are_groups() -> None:
    groups = np.repeat(np.arange(15), 2)
    found = rate(np.tile([1.0, 0.0], 15), groups=groups)
    assert (found.low, found.high) == pytest.approx(wilson(0.5, 15, 15), abs=1e-9)
    counted = f1([[3, 0, 0], [1, 2, 2]] * 15, groups=groups)
    assert (counted.low, counted.high) == pytest.approx(wilson(2 / 3, 15, 15), abs=1e-9)
    weighted = rate(np.tile([1.0, 0.0], 15), groups=groups, weights=np.tile([2.0, 1.0], 15))
    assert (weighted.low, weighted.high) == pytest.approx(wilson(2 / 3, 15, 15), abs=1e-9)


def test_nothing_measured_is_no_figure() -> None:
    found = rate([[NAN], [NAN]])
    assert math.isnan(found.estimate)
    assert (found.low, found.high, found.n, bool(found.reason)) == (0.0, 1.0, 0, True)
    assert rate([1.0]).low == 0.0, "one case bounds nothing"


@pytest.mark.parametrize(
    ("scores", "groups", "kind"),
    [
        ([2.0], None, "scores"),
        ([-0.1], None, "scores"),
        ([math.inf], None, "scores"),
        (np.zeros((2, 2, 2)), None, "scores"),
        ([1.0, 0.0], ["a"], "groups"),
    ],
)
def test_what_is_no_score_is_refused(scores: object, groups: object, kind: str) -> None:
    with pytest.raises(ConfigError) as refused:
        rate(scores, groups=groups)
    assert refused.value.kind == kind
    assert refused.value.fix


def delta_method(terms: np.ndarray) -> tuple[float, float]:
    """Return a ratio of means and its standard error from the gradient and the covariance of the means."""
    means, covariance = terms.mean(axis=0), np.cov(terms.T) / len(terms)
    gradient = approx_fprime(means, lambda point: point[0] / point[1], 1e-7)
    return float(means[0] / means[1]), float(np.sqrt(gradient @ covariance @ gradient))


def test_f1_has_the_interval_of_the_delta_method() -> None:
    counts = field_counts(np.random.default_rng(1), 0.7, 40)[0]
    terms = np.column_stack([2 * counts[:, 0], 2 * counts[:, 0] + counts[:, 1] + counts[:, 2]])
    value, error = delta_method(terms)
    half = t.ppf(0.975, 39) * error
    found = f1(counts)
    assert (found.estimate, found.low, found.high) == pytest.approx((value, value - half, value + half), abs=1e-5)
    assert found.n == 40


def test_f1_averages_repeats_and_leaves_out_cases_that_failed() -> None:
    counts = field_counts(np.random.default_rng(2), 0.7, 20)[0]
    twice = np.stack([counts, counts], axis=1)
    twice[3, 1] = NAN
    assert f1(twice).estimate == pytest.approx(f1(counts).estimate)
    twice[3] = NAN
    assert f1(twice).n == 19


def test_f1_of_one_is_not_certain_and_f1_of_nothing_is_no_figure() -> None:
    perfect = f1([[3, 0, 0]] * 20)
    assert (perfect.estimate, perfect.high) == (1.0, 1.0)
    assert 0.7 < perfect.low < 0.9
    nothing = f1([[0, 0, 0]] * 20)
    assert math.isnan(nothing.estimate)
    assert nothing.reason


@pytest.mark.parametrize("counts", [[[1, 2]], [1, 2, 3], [[-1, 0, 0]], np.zeros((2, 2, 2, 3))])
def test_what_are_no_counts_is_refused(counts: object) -> None:
    with pytest.raises(ConfigError) as refused:
        f1(counts)
    assert refused.value.kind == "counts"


@pytest.mark.parametrize("q", [0.5, 0.95])
@pytest.mark.parametrize("n", [72, 90, 200, 501])
def test_quantiles_have_the_interval_of_scipys_order_statistics(q: float, n: int) -> None:
    values = np.random.default_rng(n).exponential(size=n)
    expected = quantile_test(values, p=q).confidence_interval(0.95)
    found = quantile(values, q=q)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.estimate == pytest.approx(np.quantile(values, q))


@pytest.mark.parametrize(("n", "bounded"), [(15, False), (71, False), (72, True)])
def test_a_p95_has_no_upper_bound_below_72_cases(n: int, bounded: bool) -> None:
    values = np.random.default_rng(1).exponential(size=(n, 1))
    for repeats in (1, 5):
        found = quantile(np.repeat(values, repeats, axis=1) + np.arange(repeats) / 1e6)
        assert math.isfinite(found.high) == bounded
        assert bool(found.reason) != bounded
        assert found.n == n


def test_repeats_that_are_alike_do_not_narrow_a_quantile() -> None:
    values = np.random.default_rng(2).exponential(size=(100, 1))
    once, alike = quantile(values, q=0.5), quantile(np.repeat(values, 4, axis=1), q=0.5)
    assert (alike.low, alike.high) == pytest.approx((once.low, once.high), abs=0.05)


def test_no_values_have_no_quantile() -> None:
    assert math.isnan(quantile([[NAN]]).estimate)
