"""Simulated comparisons whose truth is known: models share the difficulty of a case and deviate from it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import brentq
from scipy.special import expit

SHARED, OWN = 1.2, 1.0
"""Scatter of the logit: what models share of a case, and what each has to itself."""


@cache
def intercept(rate: float) -> float:
    """Return the logit at which the mean chance over all cases is the rate."""
    nodes, weights = hermegauss(80)
    spread = np.hypot(SHARED, OWN)
    return float(brentq(lambda logit: weights @ expit(logit + spread * nodes) / weights.sum() - rate, -20.0, 20.0))


def scores(rng: np.random.Generator, rates: list[float], cases: int, repeats: int, seeds: int = 1) -> np.ndarray:
    """Return scores: models × seeds × cases × repeats, each model with its rate over all cases."""
    shared = SHARED * rng.standard_normal((1, seeds, cases))
    own = OWN * rng.standard_normal((len(rates), seeds, cases))
    chances = expit(np.array([intercept(rate) for rate in rates])[:, None, None] + shared + own)
    return (rng.random((*chances.shape, repeats)) < chances[..., None]).astype(float)


def field_counts(rng: np.random.Generator, rate: float, cases: int, models: int = 2) -> np.ndarray:
    """Return true positives, false positives and false negatives: models × cases × 3, equal for all models."""
    chances = expit(
        intercept(rate) + SHARED * rng.standard_normal((1, cases)) + OWN * rng.standard_normal((models, cases))
    )
    expected = rng.integers(1, 6, cases)[None, :]
    hits = rng.binomial(expected, chances)
    wrong = rng.binomial(expected - hits, 0.6)
    return np.stack([hits, wrong, expected - hits], axis=-1).astype(float)
