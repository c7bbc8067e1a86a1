"""Ratios of sums over cases, made linear: micro-F1, and totals of cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from byok_widgets.compare.statistics.case_means import Floats, means_of
from byok_widgets.errors import ConfigError


def ratio_terms(counts: ArrayLike) -> Floats:
    """Return 2·TP and 2·TP + FP + FN of each case, averaged over its repeats; nan for a case without any.

    Raises:
        ConfigError: If the last dimension is not the three counts, or a count is negative or infinite.
    """
    table = np.asarray(counts, dtype=np.float64)
    table = table[:, np.newaxis] if table.ndim == 2 else table
    if table.ndim != 3 or table.shape[2] != 3 or (table < 0).any() or np.isinf(table).any():
        raise ConfigError(
            "These are not counts for F1.",
            kind="counts",
            fix="Pass true positives, false positives and false negatives in the last dimension of each case.",
        )
    hits, errors = 2 * table[:, :, 0], table[:, :, 1] + table[:, :, 2]
    missing = np.isnan(hits + errors)
    numerators, denominators = np.where(missing, np.nan, hits), np.where(missing, np.nan, hits + errors)
    return np.column_stack([means_of(numerators), means_of(denominators)])


def linearised(terms: Floats) -> tuple[float, Floats]:
    """Return a ratio of sums, and what each case adds to it: their mean has the ratio's variance."""
    numerators, denominators = terms[:, 0], terms[:, 1]
    value = float(numerators.sum() / denominators.sum())
    return value, (numerators - value * denominators) / denominators.mean()
