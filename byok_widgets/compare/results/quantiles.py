"""Quantiles as all tables and pictures show them; numpy, which comparisons may lack, has the same by default."""

from __future__ import annotations

import math
from collections.abc import Sequence


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """Return the value below which a share of the values lie, linear between two of them; `None` without any.

    Args:
        ordered: The values, the lowest first.
        share: From 0 to 1.
    """
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])
