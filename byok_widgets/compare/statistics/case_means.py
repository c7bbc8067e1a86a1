"""Scores of cases and repeats as arrays: the mean of each case, pairs of cases, groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from byok_widgets.errors import ConfigError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Groups = Sequence[Any] | NDArray[Any] | None
"""A group id for each case; `None`, as a whole or for a case, where a case stands for itself."""

Weights = Sequence[float] | NDArray[Any] | None
"""A weight above 0 for each case, such as how often it comes; `None` where all count the same."""

SAME = 1e-12
"""Differences of means closer than this are equal: what is left is rounding."""


def table_of(values: ArrayLike) -> Floats:
    """Return values as an array of cases × repeats; one dimension means one repeat.

    Raises:
        ConfigError: If there are more than two dimensions, or infinite values.
    """
    table = np.asarray(values, dtype=np.float64)
    table = table[:, np.newaxis] if table.ndim == 1 else table
    if table.ndim != 2:
        raise ConfigError(
            f"Scores have {table.ndim} dimensions.", kind="scores", fix="Pass an array of cases × repeats."
        )
    if np.isinf(table).any():
        raise ConfigError("A value is infinite.", kind="scores", fix="Pass nan for a missing value.")
    return table


def scores_of(values: ArrayLike) -> Floats:
    """Return scores as an array of cases × repeats.

    Raises:
        ConfigError: If a score is outside 0 to 1, where no method here is valid.
    """
    table = table_of(values)
    if (table < 0).any() or (table > 1).any():
        raise ConfigError(
            "A score is outside 0 to 1.", kind="scores", fix="Let the metric return a value from 0 to 1."
        )
    return table


def means_of(table: Floats) -> Floats:
    """Return the mean of each case over its finished repeats; nan for a case that has none."""
    counts = np.sum(~np.isnan(table), axis=1)
    totals = np.nansum(table, axis=1)
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)


def rows_with_values(values: Floats) -> NDArray[np.bool_]:
    """Return which cases have no nan."""
    return np.asarray(~np.isnan(values).any(axis=tuple(range(1, values.ndim))), dtype=np.bool_)


def codes_of(groups: Groups, kept: NDArray[np.bool_]) -> Codes:
    """Return a number from 0 for the group of each case that is kept; cases without a group have one each.

    Raises:
        ConfigError: If there is not one entry for each case.
    """
    if groups is None:
        return np.arange(int(kept.sum()))
    if len(groups) != len(kept):
        raise ConfigError(
            f"There are {len(groups)} group ids for {len(kept)} cases.",
            kind="groups",
            fix="Pass one group id for each case.",
        )
    ids = [("case", i) if group is None else ("group", group) for i, group in enumerate(groups) if kept[i]]
    numbers = {identity: number for number, identity in enumerate(dict.fromkeys(ids))}
    return np.array([numbers[identity] for identity in ids], dtype=np.int64)


def weights_of(weights: Weights, count: int) -> Floats | None:
    """Return weights as an array with 1 for the largest; `None` where all are equal.

    Raises:
        ConfigError: If there is not one above 0 for each case.
    """
    if weights is None:
        return None
    found = np.asarray(weights, dtype=np.float64)
    if found.shape != (count,) or not np.isfinite(found).all() or (found <= 0).any():
        raise ConfigError(
            f"There is no weight above 0 for each of the {count} cases.",
            kind="weights",
            fix="Pass one number for each case.",
        )
    return None if not count or np.ptp(found) < SAME * found.max() else found / found.max()


def sums_by(codes: Codes, values: Floats) -> Floats:
    """Return the sum of the values of each group."""
    return np.bincount(codes, weights=values, minlength=int(codes.max(initial=-1)) + 1).astype(np.float64)


def worth_of(codes: Codes, weights: Floats | None = None) -> float:
    """Return how many groups that all count the same would be worth as much: (sum of weights)² / sum of squares.

    Without weights, a group counts by its cases.

    Reference: L. Kish, Survey Sampling (1965).
    """
    heavy = sums_by(codes, np.ones(len(codes)) if weights is None else weights)
    return float(heavy.sum() ** 2 / (heavy @ heavy)) if len(heavy) else 0.0


@dataclass(frozen=True)
class Pairs:
    """Cases that both sides have finished.

    Attributes:
        ours: Values of the variant, a row for each case.
        baseline: Values of the baseline in the same rows.
        codes: Group of each case.
        n_missing: Cases left out since one of the two has no value.
        weights: Weight of each case; `None` where all count the same.
    """

    ours: Floats
    baseline: Floats
    codes: Codes
    n_missing: int
    weights: Floats | None = None

    @property
    def n(self) -> int:
        """How many cases there are."""
        return len(self.codes)

    @property
    def n_units(self) -> int:
        """How many independent units: groups, or cases without groups."""
        return int(self.codes.max(initial=-1)) + 1


def pairs_of(ours: Floats, baseline: Floats, groups: Groups = None, weights: Weights = None) -> Pairs:
    """Return the rows in which neither side has a nan.

    Raises:
        ConfigError: If the two differ in their number of cases.
    """
    if len(ours) != len(baseline):
        raise ConfigError(
            f"The variant has {len(ours)} cases, the baseline {len(baseline)}.",
            kind="scores",
            fix="Pass the same cases in the same order, with nan for missing values.",
        )
    kept = rows_with_values(ours) & rows_with_values(baseline)
    heavy = weights_of(weights, len(ours))
    return Pairs(
        ours[kept],
        baseline[kept],
        codes_of(groups, kept),
        int((~kept).sum()),
        None if heavy is None else heavy[kept],
    )
