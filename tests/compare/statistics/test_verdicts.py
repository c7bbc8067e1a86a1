"""Holm's correction and the verdicts of a family."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from byok_widgets.compare.statistics import Contrast, Verdict, holm, score_contrast, verdicts
from byok_widgets.errors import ConfigError


def contrast(low: float, high: float, *, p: float, n: int = 60, differ: int = 20, units: int = 0) -> Contrast:
    """Return a contrast whose interval is the same at all levels."""
    return Contrast((low + high) / 2, p, n, differ, units or n, 0, "t", "flips", interval=lambda _: (low, high))


def test_the_reason_names_both_methods_and_their_p() -> None:
    ours, baseline = [1.0] * 28 + [0.0] * 2, [0.0] * 9 + [1.0] * 21
    alone = verdicts({"a": score_contrast(ours, baseline)})["a"]
    assert alone.reason.endswith(f" Interval by Tango; p = {alone.p:.3f} by McNemar, mid-p.")
    family = verdicts({"a": score_contrast(ours, baseline), "b": score_contrast(baseline, baseline)})["a"]
    assert family.reason.endswith(f"mid-p, and p = {2 * alone.p:.3f} after Holm's correction.")
    few = verdicts({"a": score_contrast(ours[:9], baseline[:9])})["a"]
    assert "p =" not in few.reason, "there is nothing to decide"


@pytest.mark.parametrize("seed", range(20))
def test_holm_is_that_of_statsmodels(seed: int) -> None:
    p_values = np.random.default_rng(seed).uniform(0, 0.08, 7) ** 1.5
    rejected, expected, *_ = multipletests(p_values, alpha=0.05, method="holm")
    found = holm(p_values)
    assert [adjusted for adjusted, _ in found] == pytest.approx(list(expected))
    assert [p <= rate for p, (_, rate) in zip(p_values, found, strict=True)] == list(rejected)


def test_the_level_is_that_of_the_step_and_stops_where_holm_stops() -> None:
    assert [rate for _, rate in holm([0.001, 0.04, 0.03])] == pytest.approx([0.05 / 3, 0.05 / 2, 0.05 / 2])
    assert holm([]) == []


E = Verdict
CASES: list[tuple[dict[str, Any], float | None, Verdict]] = [
    ({"low": 0.01, "high": 0.2, "p": 0.01}, None, E.BETTER),
    ({"low": 0.01, "high": 0.2, "p": 0.01}, 0.05, E.BETTER),
    ({"low": -0.2, "high": -0.01, "p": 0.01}, None, E.WORSE),
    ({"low": -0.2, "high": -0.01, "p": 0.01}, 0.05, E.WORSE),
    ({"low": -0.04, "high": -0.01, "p": 0.01}, 0.05, E.NO_WORSE),
    ({"low": -0.04, "high": 0.03, "p": 0.6}, 0.05, E.NO_WORSE),
    ({"low": -0.05, "high": 0.03, "p": 0.6}, 0.05, E.NO_DIFFERENCE),
    ({"low": -0.04, "high": 0.03, "p": 0.6}, None, E.NO_DIFFERENCE),
    ({"low": 0.01, "high": 0.2, "p": 0.06}, None, E.NO_DIFFERENCE),  # p and interval disagree
    ({"low": -0.01, "high": 0.2, "p": 0.04}, None, E.NO_DIFFERENCE),
    ({"low": 0.01, "high": 0.2, "p": 0.01, "n": 14}, 0.05, E.TOO_FEW),
    ({"low": -0.01, "high": 0.02, "p": 0.9, "n": 14}, 0.05, E.TOO_FEW),
    ({"low": 0.01, "high": 0.2, "p": 0.03, "differ": 5}, None, E.TOO_FEW),
    ({"low": -0.2, "high": -0.01, "p": 0.03, "differ": 5}, None, E.TOO_FEW),
    ({"low": 0.01, "high": 0.2, "p": 0.03, "differ": 5}, 0.05, E.NO_WORSE),
    ({"low": -0.02, "high": 0.02, "p": 0.9, "differ": 2}, 0.05, E.NO_WORSE),
    ({"low": -0.02, "high": 0.02, "p": 0.9, "differ": 2}, None, E.NO_DIFFERENCE),
    ({"low": -0.02, "high": 0.02, "p": 0.9, "units": 4}, 0.05, E.TOO_FEW),
    ({"low": -0.02, "high": 0.02, "p": 0.9, "units": 5}, 0.05, E.NO_WORSE),
    ({"low": math.nan, "high": 1.0, "p": 1.0}, 0.05, E.TOO_FEW),
]


@pytest.mark.parametrize(("given", "margin", "verdict"), CASES)
def test_verdict(given: dict[str, Any], margin: float | None, verdict: Verdict) -> None:
    found = verdicts({"cheap": contrast(**given)}, margin=margin)["cheap"]
    assert found.verdict is verdict
    assert found.reason
    assert (found.margin, found.family_size) == (margin, 1)


def test_a_family_is_corrected_and_its_size_is_known() -> None:
    one = {"a": contrast(0.01, 0.2, p=0.03)}
    rest = {name: contrast(-0.1, 0.1, p=0.8) for name in "bcd"}
    assert verdicts(one)["a"].verdict is Verdict.BETTER
    found = verdicts(one | rest)
    assert found["a"].verdict is Verdict.NO_DIFFERENCE
    assert (found["a"].p, found["a"].p_adjusted, found["a"].family_size) == (0.03, pytest.approx(0.12), 4)
    assert list(found) == list("abcd")


def test_the_interval_is_shown_at_the_level_it_is_decided_at() -> None:
    rng = np.random.default_rng(1)
    baseline = (rng.random((60, 3)) < 0.6).astype(float)
    family = {
        name: score_contrast((rng.random((60, 3)) < chance).astype(float), baseline)
        for name, chance in {"good": 0.9, "same": 0.6, "bad": 0.3}.items()
    }
    found = verdicts(family)
    assert [found[name].verdict for name in family] == [Verdict.BETTER, Verdict.NO_DIFFERENCE, Verdict.WORSE]
    assert sorted(difference.level for difference in found.values()) == pytest.approx([0.95, 0.975, 1 - 0.05 / 3])
    for name, difference in found.items():
        assert (difference.low, difference.high) == family[name].interval(difference.level)
        assert f"{100 * difference.level:.3g}% interval" in difference.reason


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"alpha": 5}, {"margin": 0}, {"margin": 5}, {"margin": -0.05}])
def test_what_is_no_rate_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError) as refused:
        verdicts({}, **wrong)
    assert refused.value.kind == next(iter(wrong))
