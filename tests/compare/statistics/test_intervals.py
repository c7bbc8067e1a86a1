"""The intervals against statsmodels, a published example, and a score test with a likelihood of its own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm, t
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from byok_widgets.compare.statistics.intervals import (
    standard_error,
    t_interval,
    t_quantile,
    tango_interval,
    wilson_interval,
    z_quantile,
)
from byok_widgets.errors import ConfigError


@pytest.mark.parametrize(("hits", "n", "level"), [(0, 15, 0.95), (9, 15, 0.95), (58, 60, 0.9), (200, 200, 0.99)])
def test_wilson_is_that_of_statsmodels(hits: int, n: int, level: float) -> None:
    expected = proportion_confint(hits, n, alpha=1 - level, method="wilson")
    assert wilson_interval(hits / n, n, z_quantile(level)) == pytest.approx(expected, abs=1e-12)


def test_t_is_that_of_statsmodels() -> None:
    values = np.random.default_rng(3).uniform(-1, 1, 30)
    expected = DescrStatsW(values).tconfint_mean(0.05)
    assert t_interval(values, np.arange(30), 0.95) == pytest.approx(expected, abs=1e-12)


def test_clustered_t_is_the_sandwich_of_statsmodels() -> None:
    rng = np.random.default_rng(4)
    codes = np.repeat(np.arange(12), rng.integers(1, 6, 12))
    values = 0.2 * rng.standard_normal(12)[codes] + 0.2 * rng.standard_normal(len(codes))
    model = sm.OLS(values, np.ones(len(values)))
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    assert standard_error(values, codes) == pytest.approx(fitted.bse[0], rel=1e-9)
    half = t.ppf(0.975, 11) * fitted.bse[0]
    expected = (values.mean() - half, values.mean() + half)
    assert t_interval(values, codes, 0.95) == pytest.approx(expected, abs=1e-12)


def constrained_score(only_ours: int, only_baseline: int, n: int, delta: float) -> float:
    """Return the score statistic with the nuisance rate found by maximising the likelihood numerically."""
    same = n - only_ours - only_baseline

    def loss(second: float) -> float:
        parts = ((only_ours, second + delta), (only_baseline, second), (same, 1 - 2 * second - delta))
        return -sum(count * math.log(max(chance, 1e-300)) for count, chance in parts if count)

    lowest, highest = max(0.0, -delta), (1 - delta) / 2
    found = minimize_scalar(loss, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-13}).x
    return (only_ours - only_baseline - n * delta) / math.sqrt(n * (2 * found + delta - delta * delta))


@pytest.mark.parametrize("counts", [(3, 9, 40), (12, 2, 50), (1, 7, 21), (5, 5, 15), (30, 21, 200)])
def test_tango_inverts_the_score_test(counts: tuple[int, int, int]) -> None:
    observed, z = (counts[0] - counts[1]) / counts[2], norm.ppf(0.975)
    low = brentq(lambda delta: constrained_score(*counts, delta) - z, -0.99, observed - 1e-6)
    high = brentq(lambda delta: constrained_score(*counts, delta) + z, observed + 1e-6, 0.99)
    assert tango_interval(*counts, 0.95) == pytest.approx((low, high), abs=1e-5)


def test_tango_on_the_published_example() -> None:
    """Bentur's airway hyper-responsiveness; Fagerland, Lydersen, Laake, Statistics in Medicine 33 (2014), 2850."""
    assert tango_interval(1, 7, 21, 0.95) == pytest.approx((-0.517, -0.026), abs=5e-4)


@pytest.mark.parametrize("n", [15, 30, 60, 200])
def test_equal_differences_get_the_width_that_tango_gives_them(n: int) -> None:
    z = norm.ppf(0.975)
    half = z * z / (n + z * z)
    assert tango_interval(0, 0, n, 0.95) == pytest.approx((-half, half), abs=1e-9)
    assert t_interval(np.zeros(n), np.arange(n), 0.95) == pytest.approx((-half, half), abs=1e-12)
    assert t_interval(np.full(n, 0.1) + 0.2, np.arange(n), 0.95) == pytest.approx((0.3 - half, 0.3 + half))


def test_groups_that_all_say_the_same_get_it_for_the_number_of_groups() -> None:
    """The cases inside of a group differ, and their sums do not."""
    z = norm.ppf(0.975)
    half = z * z / (15 + z * z)
    for values in (np.tile([1.0, -1.0], 15), np.tile([0.1, 0.2 - 0.3], 15)):
        found = t_interval(values, np.repeat(np.arange(15), 2), 0.95)
        assert found == pytest.approx((-half, half), abs=1e-9)


@pytest.mark.parametrize(("counts", "end"), [((15, 0, 15), 1.0), ((0, 15, 15), -1.0)])
def test_tango_ends_at_one_where_all_pairs_differ_one_way(counts: tuple[int, int, int], end: float) -> None:
    low, high = tango_interval(*counts, 0.95)
    assert end in {low, high}
    assert -1 <= low < high <= 1


def test_one_case_bounds_nothing() -> None:
    assert t_interval(np.array([0.5]), np.arange(1), 0.95) == (-1.0, 1.0)
    assert t_quantile(0.95, 0) == math.inf
    assert wilson_interval(1.0, 1, math.inf) == (0.0, 1.0)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_between_0_and_1(level: float) -> None:
    with pytest.raises(ConfigError) as refused:
        z_quantile(level)
    assert refused.value.kind == "level"
