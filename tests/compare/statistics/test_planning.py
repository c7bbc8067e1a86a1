"""Plans against statsmodels' power, and a pilot whose scatter is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats.power import TTestPower

from byok_widgets.compare.statistics import cases_needed, detectable, plan
from byok_widgets.errors import ConfigError


@pytest.mark.parametrize("cases", [15, 60, 200, 1_000])
@pytest.mark.parametrize(("level", "power"), [(0.95, 0.8), (0.9, 0.9)])
def test_what_shows_is_what_statsmodels_says(cases: int, level: float, power: float) -> None:
    effect = TTestPower().solve_power(nobs=cases, alpha=(1 - level) / 2, power=power, alternative="larger")
    assert detectable(0.4, cases, level=level, power=power) == pytest.approx(0.4 * effect, rel=1e-3)


def test_the_figures_of_the_documentation() -> None:
    assert detectable(0.5, 60) == pytest.approx(0.183, abs=0.002)
    assert cases_needed(0.5, 0.05) == 787
    assert cases_needed(0.5, 0.05, level=0.9) == pytest.approx(620, abs=2)
    assert cases_needed(0.32, 0.05) == pytest.approx(320, abs=5)


@pytest.mark.parametrize("difference", [0.03, 0.1, 0.4])
def test_one_case_fewer_would_not_do(difference: float) -> None:
    needed = cases_needed(0.5, difference)
    assert detectable(0.5, needed) <= difference
    assert needed == 15 or detectable(0.5, needed - 1) > difference


def pilot(repeats: int, cases: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """Return scores whose case chances differ with a variance of .02 on each side, independently."""
    rng = np.random.default_rng(repeats)
    chances = 0.6 + math.sqrt(0.02) * rng.choice([-1.0, 1.0], (2, cases, 1))
    ours, baseline = (rng.random((2, cases, repeats)) < chances).astype(float)
    return ours, baseline


@pytest.mark.parametrize("cases", [15, 60, 200])
def test_without_scatter_more_cases_show_smaller_differences(cases: int) -> None:
    """Equal differences have no t interval; what is shown is Tango's half-width, and no certainty."""
    shown = detectable(0.0, cases)
    assert shown == pytest.approx(3.8415 / (cases + 3.8415), rel=1e-4)
    assert cases_needed(0.0, shown) == cases


@pytest.mark.parametrize("repeats", [1, 3])
def test_unequal_weights_take_more_cases(repeats: int) -> None:
    """Against the scatter of the weighted mean itself, over many pilots of 60 cases."""
    rng = np.random.default_rng(5)
    weights = np.where(np.arange(60) % 6 == 0, 10.0, 1.0)
    means, found = [], []
    for _ in range(600):
        chances = 0.6 + math.sqrt(0.02) * rng.choice([-1.0, 1.0], (2, 60, 1))
        ours, baseline = (rng.random((2, 60, repeats)) < chances).astype(float)
        means.append(np.average(ours.mean(1) - baseline.mean(1), weights=weights))
        found.append(plan(ours, baseline, weights=list(weights)).sd(repeats) ** 2)
    assert math.sqrt(np.mean(found)) == pytest.approx(np.std(means) * math.sqrt(60), rel=0.08)
    plain = plan(*pilot(repeats, 60))
    heavy = plan(*pilot(repeats, 60), weights=list(weights))
    assert heavy.rows[0].cases > 1.5 * plain.rows[0].cases
    assert plan(*pilot(repeats, 60), weights=[2.0] * 60) == plain


@pytest.mark.parametrize("repeats", [1, 3])
def test_cases_of_a_group_that_are_alike_take_more_cases(repeats: int) -> None:
    """Against the scatter of the mean itself, over many pilots of 25 callers with four cases each."""
    rng, codes = np.random.default_rng(6), np.repeat(np.arange(25), 4)
    means, found, alone = [], [], []
    for _ in range(600):
        chances = (0.6 + 0.3 * rng.choice([-1.0, 1.0], (2, 25)))[:, codes, np.newaxis]
        ours, baseline = (rng.random((2, 100, repeats)) < chances).astype(float)
        means.append((ours - baseline).mean())
        found.append(plan(ours, baseline, groups=list(codes)).sd(repeats) ** 2)
        alone.append(plan(ours, baseline).sd(repeats) ** 2)
    assert math.sqrt(np.mean(found)) == pytest.approx(10 * np.std(means), rel=0.08)
    assert math.sqrt(np.mean(alone)) < 0.9 * 10 * np.std(means)
    assert plan(ours, baseline, groups=[None] * 100) == plan(ours, baseline, groups=list(range(100)))
    with pytest.raises(ConfigError) as refused:
        plan(ours, baseline, groups=["the same"] * 100)
    assert refused.value.kind == "pilot"


@pytest.mark.parametrize("repeats", [2, 3, 6])
def test_a_pilot_splits_its_variance(repeats: int) -> None:
    found = plan(*pilot(repeats))
    within = 2 * (0.6 * 0.4 - 0.02)
    assert found.between == pytest.approx(0.04, abs=0.015)
    assert found.within == pytest.approx(within, abs=0.02)
    assert found.sd(1) == pytest.approx(math.sqrt(0.04 + within), abs=0.02)
    assert [row.repeats for row in found.rows] == [1, 2, 3, 5, 10]
    assert [row.cases for row in found.rows] == sorted((row.cases for row in found.rows), reverse=True)
    assert (found.level, found.power, found.pilot_cases, found.reason) == (0.95, 0.8, 4_000, "")


def test_unequal_repeats_are_split_too() -> None:
    ours, baseline = pilot(6)
    ours[::2, 2:] = np.nan
    baseline[::3, 1:] = np.nan
    found = plan(ours, baseline)
    assert found.between == pytest.approx(0.04, abs=0.015)
    assert found.within == pytest.approx(0.44, abs=0.02)


def test_a_row_counts_both_sides_and_prices_only_what_is_known() -> None:
    row = plan(*pilot(3, 60), repeats=[3], cost_per_cell=0.001).rows[0]
    assert row.cells == 2 * 3 * row.cases
    assert row.cost == pytest.approx(row.cells / 1000)
    assert plan(*pilot(3, 60)).rows[0].cost is None


def test_one_repeat_cannot_tell_what_repeats_gain() -> None:
    found = plan(*pilot(1, 60))
    assert found.within == 0
    assert found.reason
    assert len({row.cases for row in found.rows}) == 1


def test_a_pilot_without_scatter_promises_no_certainty() -> None:
    found = plan(np.ones((20, 3)), np.ones((20, 3)))
    assert found.sd(1) == pytest.approx(math.sqrt(1 / 21))
    assert found.reason


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda: plan([1.0], [1.0]), "pilot"),
        (lambda: plan([1.0, math.nan], [1.0, 1.0]), "pilot"),
        (lambda: plan([1.0, 0.0], [1.0, 1.0], margin=5), "margin"),
        (lambda: plan([1.0, 0.0], [1.0, 1.0], power=80), "plan"),
        (lambda: cases_needed(-1, 0.05), "plan"),
    ],
)
def test_what_cannot_be_planned_is_refused(call: object, kind: str) -> None:
    with pytest.raises(ConfigError) as refused:
        call()
    assert refused.value.kind == kind
