"""Mid-p of paired comparisons, by exchanging the labels of cases: McNemar, sign flips, label swaps."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr

from byok_widgets.compare.statistics.case_means import SAME, Codes, Floats, sums_by

LARGEST_DENOMINATOR = 120
"""Scores are taken as fractions of at most this denominator: fields × repeats of a case."""
LARGEST_SUM = 100_000
"""Steps on the grid of sums up to which the distribution of sign flips is computed."""
LARGEST_WORK = 5_000_000
"""Cosines that one distribution may take."""
ENUMERATED = 12
"""Units up to which all label swaps are enumerated."""
SWAPS = 9_999
"""Random label swaps beyond that."""


def mcnemar_mid_p(only_ours: int, only_baseline: int) -> float:
    """Return the two-sided mid-p of McNemar's test.

    Reference: M. Fagerland, S. Lydersen, P. Laake, BMC Medical Research Methodology 13 (2013), 91.
    """
    total, fewer = only_ours + only_baseline, min(only_ours, only_baseline)
    if total == 0:
        return 1.0
    below, upto = float(bdtr(fewer - 1, total, 0.5)) if fewer else 0.0, float(bdtr(fewer, total, 0.5))
    return 1 - (upto - below) / 2 if only_ours == only_baseline else below + upto


def sign_flip_mid_p(differences: Floats) -> float:
    """Return the two-sided mid-p of the sum of differences when each sign could have been the other.

    The distribution comes from its characteristic function, a product of cosines, on the grid of the differences.
    Where they have no common grid, theirs is rounded to one; beyond that it is normal to well below 1 %.
    """
    sizes = np.abs(differences)
    sizes = sizes[sizes > SAME]
    if not len(sizes):
        return 1.0
    observed = abs(float(differences.sum()))
    steps = _grid_steps(sizes)
    if steps is None:
        return 2 * float(ndtr(-observed / math.sqrt(float(sizes @ sizes))))
    rounded = np.rint(differences * steps).astype(np.int64)  # their sum, too: it is never beyond the largest
    whole, counts = np.unique(np.abs(rounded), return_counts=True)
    return _flip_tail(whole, counts, abs(int(rounded.sum())))


def _grid_steps(sizes: Floats) -> float | None:
    """Return how many grid steps there are to 1; `None` where too many would be needed."""
    different = np.unique(np.round(sizes, 12))
    total = float(sizes.sum())
    most = min(LARGEST_SUM, LARGEST_WORK // len(different))
    fractions = [Fraction(float(size)).limit_denominator(LARGEST_DENOMINATOR) for size in different]
    if all(abs(float(fraction) - size) < 1e-9 for fraction, size in zip(fractions, different, strict=True)):
        common = math.lcm(*(fraction.denominator for fraction in fractions))
        if total * common <= most:
            return common
    return most / total if len(sizes) <= 300 else None


def _flip_tail(sizes: NDArray[np.int64], counts: NDArray[np.int64], observed: int) -> float:
    """Return P(|sum| > observed) + P(|sum| = observed) / 2 of integers with random signs."""
    largest = int(sizes @ counts)
    points = 2 * largest + 1
    angles = 2 * np.pi / points * np.arange(largest + 1)
    transform = np.ones(largest + 1)
    for size, count in zip(sizes, counts, strict=True):
        transform *= np.cos(angles * size) ** count
    chances = np.fft.irfft(transform, points)[: largest + 1]  # the sums from 0 up; those below mirror them
    beyond = 2 * float(chances[observed + 1 :].sum())
    equal = float(chances[observed]) * (2 if observed else 1)
    return min(1.0, max(0.0, beyond + equal / 2))


def label_swap_mid_p(ours: Floats, baseline: Floats, codes: Codes) -> float:
    """Return the two-sided mid-p of a difference of two ratios of sums, by swapping the labels of units.

    Args:
        ours: Numerator and denominator of each case, in two columns.
        baseline: The same of the baseline.
        codes: The group of each case: groups are swapped whole.
    """
    change = np.column_stack([sums_by(codes, column) for column in (ours - baseline).T])
    change = change[np.abs(change).max(axis=1) > SAME]
    if not len(change):
        return 1.0
    total = ours.sum(axis=0) + baseline.sum(axis=0)

    def distance(moved: Floats) -> Floats:
        first, second = (total + moved) / 2, (total - moved) / 2
        valid = (first[:, 1] > 0) & (second[:, 1] > 0)
        ratios = [part[:, 0] / np.where(valid, part[:, 1], 1.0) for part in (first, second)]
        return np.where(valid, np.abs(ratios[0] - ratios[1]), 0.0)

    moved = _all_swaps(change) if len(change) <= ENUMERATED else _random_swaps(change)
    found, observed = distance(moved), float(distance(change.sum(axis=0)[np.newaxis])[0])
    equal = np.abs(found - observed) < 1e-9
    return float(((found > observed) & ~equal).mean() + equal.mean() / 2)


def _all_swaps(change: Floats) -> Floats:
    """Return the sums of the changes under all combinations of signs."""
    sums = np.zeros((1, change.shape[1]))
    for row in change:
        sums = np.concatenate([sums + row, sums - row])
    return sums


def _random_swaps(change: Floats) -> Floats:
    """Return the sums under random signs, the observed ones first; the same each time."""
    signs = np.random.default_rng(0).integers(0, 2, (SWAPS, len(change))) * 2 - 1
    return np.concatenate([change.sum(axis=0)[np.newaxis], signs @ change])
