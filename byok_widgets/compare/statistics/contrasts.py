"""A variant against the baseline on the same cases: scores and micro-F1."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from byok_widgets.compare.statistics.case_means import (
    SAME,
    Floats,
    Groups,
    Pairs,
    Weights,
    means_of,
    pairs_of,
    scores_of,
    sums_by,
    worth_of,
)
from byok_widgets.compare.statistics.counts import linearised, ratio_terms
from byok_widgets.compare.statistics.exact_tests import label_swap_mid_p, mcnemar_mid_p, sign_flip_mid_p
from byok_widgets.compare.statistics.intervals import are_unanimous, t_interval, tango_interval
from byok_widgets.compare.statistics.results import Contrast


def score_contrast(
    ours: ArrayLike, baseline: ArrayLike, *, groups: Groups = None, weights: Weights = None
) -> Contrast:
    """Return the difference of the mean scores of the common cases.

    One binary score per case: Tango's interval and McNemar's mid-p. Repeats, graded scores or groups: t on the
    differences of case means, and the mid-p of flipping their signs. Weights: the same t on the linearised ratio.

    Args:
        ours: Scores of the variant, cases × repeats, from 0 to 1; nan where a score is missing.
        baseline: Scores of the baseline for the same cases in the same order.
        groups: Group id of each case.
        weights: Weight of each case.
    """
    tables = scores_of(ours), scores_of(baseline)
    pairs = pairs_of(means_of(tables[0]), means_of(tables[1]), groups, weights)
    single = all((~np.isnan(table)).sum(axis=1).max(initial=0) <= 1 for table in tables)
    binary = all(bool(np.isin(side, (0.0, 1.0)).all()) for side in (pairs.ours, pairs.baseline))
    if pairs.n == 0:
        return _nothing(pairs, "paired t on case means", "sign flips, mid-p")
    if pairs.weights is not None:
        return _weighted_contrast(pairs, pairs.weights)
    if single and binary and pairs.n_units == pairs.n:
        return _binary_contrast(pairs)
    return _t_contrast(pairs)


def f1_contrast(ours: ArrayLike, baseline: ArrayLike, *, groups: Groups = None) -> Contrast:
    """Return the difference of micro-F1 on the common cases: linearised paired t, and mid-p of swapping labels.

    Args:
        ours: True positives, false positives, false negatives: cases × 3, or cases × repeats × 3; nan if missing.
        baseline: The same of the baseline for the same cases in the same order.
        groups: Group id of each case.
    """
    pairs = pairs_of(ratio_terms(ours), ratio_terms(baseline), groups)
    names = "micro-F1, linearised paired t", "label swaps, mid-p"
    if pairs.n == 0 or not (pairs.ours[:, 1].sum() and pairs.baseline[:, 1].sum()):
        return _nothing(pairs, *names)
    (first, ours_added), (second, baseline_added) = linearised(pairs.ours), linearised(pairs.baseline)
    change = np.abs(pairs.ours - pairs.baseline).max(axis=1)
    added, heavy = first - second + ours_added - baseline_added, (pairs.ours + pairs.baseline)[:, 1]
    return Contrast(
        first - second,
        label_swap_mid_p(pairs.ours, pairs.baseline, pairs.codes),
        pairs.n,
        int((sums_by(pairs.codes, change) > SAME).sum()),
        pairs.n_units,
        pairs.n_missing,
        *_names(pairs, *names, added),
        interval=lambda level: t_interval(added, pairs.codes, level, heavy),
    )


def _binary_contrast(pairs: Pairs) -> Contrast:
    only_ours = int((pairs.ours > pairs.baseline).sum())
    only_baseline = int((pairs.ours < pairs.baseline).sum())
    return Contrast(
        (only_ours - only_baseline) / pairs.n,
        mcnemar_mid_p(only_ours, only_baseline),
        pairs.n,
        only_ours + only_baseline,
        pairs.n_units,
        pairs.n_missing,
        "Tango",
        "McNemar, mid-p",
        interval=lambda level: tango_interval(only_ours, only_baseline, pairs.n, level),
    )


def _t_contrast(pairs: Pairs) -> Contrast:
    differences: Floats = pairs.ours - pairs.baseline
    sums = sums_by(pairs.codes, differences)
    return Contrast(
        float(differences.mean()),
        sign_flip_mid_p(sums),
        pairs.n,
        int((np.abs(sums) > SAME).sum()),
        pairs.n_units,
        pairs.n_missing,
        *_names(pairs, "paired t on case means", "sign flips, mid-p", differences),
        interval=lambda level: t_interval(differences, pairs.codes, level),
    )


def _weighted_contrast(pairs: Pairs, weights: Floats) -> Contrast:
    weighted = weights * (pairs.ours - pairs.baseline)
    value, residuals = linearised(np.column_stack([weighted, weights]))
    added, sums = value + residuals, sums_by(pairs.codes, weighted)
    return Contrast(
        value,
        sign_flip_mid_p(sums),
        pairs.n,
        int((np.abs(sums) > SAME).sum()),
        pairs.n_units,
        pairs.n_missing,
        *_names(pairs, "weighted paired t on case means", "weighted sign flips, mid-p", added),
        interval=lambda level: t_interval(added, pairs.codes, level, weights),
        n_worth=worth_of(np.arange(pairs.n), weights),
    )


def _names(pairs: Pairs, method: str, test: str, added: Floats) -> tuple[str, str]:
    """Return the names of interval and test, with what groups add to them, for what each case adds to the mean."""
    method = "Tango's bound for equal differences" if are_unanimous(added, pairs.codes) else method
    return (method, test) if pairs.n_units == pairs.n else (f"{method}, clustered by group", f"{test}, by group")


def _nothing(pairs: Pairs, method: str, test: str) -> Contrast:
    """Return the contrast of cases in which there is nothing to compare."""
    return Contrast(
        math.nan, 1.0, pairs.n, 0, pairs.n_units, pairs.n_missing, method, test, interval=lambda _: (-1.0, 1.0)
    )
