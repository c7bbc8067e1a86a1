"""pass^k: how likely it is that a case passes `k` times out of `k`."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb

Counts = tuple[int, int]
"""How often a case was run, and how often it passed."""


def pass_k(counts: Iterable[Counts], k: int) -> float | None:
    """Return pass^k, without bias: the share of the ways to choose `k` runs of a case in which all have passed.

    Args:
        counts: Runs and passes of each case.
        k: How often in a row it has to pass.

    Returns:
        The mean over the cases; `None` where a case was run fewer than `k` times, so that nothing is known.
    """
    each = list(counts)
    if not each or any(runs < k for runs, _ in each):
        return None
    return sum(comb(passed, k) / comb(runs, k) for runs, passed in each) / len(each)
