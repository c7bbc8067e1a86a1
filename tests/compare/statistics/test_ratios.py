"""Ratios of cost and time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t
from statsmodels.stats.weightstats import DescrStatsW

from byok_widgets.compare.statistics import ratio_of_totals, typical_ratio
from byok_widgets.errors import ConfigError
from tests.compare.statistics.test_rates import delta_method

NAN = math.nan


def costs(seed: int = 1, cases: int = 50) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    length = rng.lognormal(0, 0.5, cases)
    return 0.3 * length * rng.lognormal(0, 0.3, cases), length * rng.lognormal(0, 0.2, cases)


def test_money_goes_by_the_ratio_of_totals() -> None:
    ours, baseline = costs()
    value, error = delta_method(np.column_stack([ours, baseline]))
    half = t.ppf(0.975, 49) * error
    found = ratio_of_totals(ours, baseline)
    assert found.estimate == pytest.approx(ours.sum() / baseline.sum())
    assert (found.low, found.high) == pytest.approx((value - half, value + half), abs=1e-5)


def test_a_typical_call_goes_by_the_mean_of_logs() -> None:
    ours, baseline = costs()
    low, high = DescrStatsW(np.log(ours / baseline)).tconfint_mean(0.05)
    found = typical_ratio(ours, baseline)
    assert (found.low, found.high) == pytest.approx((math.exp(low), math.exp(high)))
    assert found.low < found.estimate < found.high


def test_the_two_are_different_figures() -> None:
    """Two models with the same mean cost, one of them with rare long answers."""
    baseline = np.ones(200)
    ours = np.where(np.arange(200) % 10 == 0, 5.5, 0.5)
    assert ratio_of_totals(ours, baseline).estimate == pytest.approx(1.0)
    assert typical_ratio(ours, baseline).high < 1


def test_an_unknown_cost_is_left_out_and_repeats_are_averaged() -> None:
    found = ratio_of_totals([[2.0, 4.0], [NAN, NAN], [3.0, NAN]], [[6.0, 6.0], [1.0, 1.0], [6.0, 6.0]])
    assert (found.estimate, found.n) == (0.5, 2)


@pytest.mark.parametrize("ratio", [ratio_of_totals, typical_ratio])
def test_a_free_baseline_has_no_ratio(ratio: object) -> None:
    for ours, baseline in (([1.0] * 20, [0.0] * 20), ([NAN] * 20, [1.0] * 20)):
        found = ratio(ours, baseline)
        assert math.isnan(found.estimate)
        assert found.reason
    with pytest.raises(ConfigError) as refused:
        ratio([-1.0], [1.0])
    assert refused.value.kind == "amounts"


def test_a_free_variant_costs_nothing() -> None:
    assert ratio_of_totals([0.0] * 20, [1.0] * 20).estimate == 0.0
    assert math.isnan(typical_ratio([0.0] * 20, [1.0] * 20).estimate)


def test_one_case_bounds_nothing() -> None:
    assert (ratio_of_totals([1.0], [2.0]).low, ratio_of_totals([1.0], [2.0]).high) == (0.0, math.inf)
    assert (typical_ratio([1.0], [2.0]).low, typical_ratio([1.0], [2.0]).high) == (0.0, math.inf)
