"""pass^k against the definition: over all ways to choose k runs, the share in which all of them passed."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import pytest

from byok_widgets.testing.pass_k import pass_k


def by_definition(runs: int, passed: int, k: int) -> Fraction:
    results = [True] * passed + [False] * (runs - passed)
    chosen = list(itertools.combinations(results, k))
    return Fraction(sum(all(one) for one in chosen), len(chosen))


@pytest.mark.parametrize("runs", range(1, 8))
def test_it_is_what_the_definition_says(runs: int) -> None:
    for k in range(1, runs + 1):
        for passed in range(runs + 1):
            assert pass_k([(runs, passed)], k) == pytest.approx(float(by_definition(runs, passed, k)))


def test_over_cases_it_is_the_mean_and_has_no_bias() -> None:
    rates, runs, k = (0.9, 0.6, 0.3), 5, 3
    chance = random.Random(7)
    found = []
    for _ in range(4000):
        counts = [(runs, sum(chance.random() < rate for _ in range(runs))) for rate in rates]
        found.append(pass_k(counts, k))
    assert sum(found) / len(found) == pytest.approx(sum(rate**k for rate in rates) / len(rates), abs=0.01)


def test_too_few_runs_say_nothing() -> None:
    assert pass_k([(3, 3), (2, 2)], 3) is None
    assert pass_k([], 1) is None
