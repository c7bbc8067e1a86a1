"""Flows of four nodes and five models whose truth is known, to look for the cheapest safe assignment in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from tests.compare.statistics.worlds import OWN, SHARED, intercept

NODES, MODELS, STRONG = 4, 5, (0, 0, 0, 0)
PRICES = 67.0 ** -np.linspace(0, 1, MODELS)


def _losses(rng: np.random.Generator, kind: str) -> np.ndarray:
    """Return what each model loses on each node against the strongest."""
    if kind == "smooth":
        losses = np.sort(rng.uniform(0, 0.12, (NODES, MODELS)), axis=1)
    else:
        fine = rng.random((NODES, MODELS)) < 0.5
        losses = np.where(fine, rng.uniform(0, 0.004, fine.shape), rng.uniform(0.2, 0.35, fine.shape))
    losses[:, 0] = 0
    return losses


@dataclass(frozen=True)
class FlowWorld:
    """A flow whose truth is known.

    In a `gap` world a model is clearly fine on a node, or clearly worse there than a margin of .1; in a `smooth`
    one there are losses of all sizes. With an interaction, two cheap models in a row fail more than each alone.
    """

    rates: np.ndarray
    costs: np.ndarray
    interaction: float

    @classmethod
    def drawn(cls, rng: np.random.Generator, kind: str, interaction: float = 0.0) -> FlowWorld:
        costs = rng.uniform(0.5, 1.5, (NODES, 1)) * PRICES
        return cls(0.95 - _losses(rng, kind), costs, interaction)

    def chances(self, rng: np.random.Generator, cases: int) -> np.ndarray:
        """Return the chance of each node to be right: nodes × models × cases."""
        logits = np.vectorize(intercept)(np.round(self.rates, 3))
        own = OWN * rng.standard_normal((NODES, MODELS, cases))
        return expit(logits[..., None] + SHARED * rng.standard_normal(cases) + own)

    def flow_chances(self, chances: np.ndarray, assignment: tuple[int, ...]) -> np.ndarray:
        """Return the chance of the whole flow to be right, for each case."""
        together = np.prod([chances[node, model] for node, model in enumerate(assignment)], axis=0)
        cheap = np.array(assignment) >= 3
        return together * (1 - self.interaction) ** int((cheap[1:] & cheap[:-1]).sum())
