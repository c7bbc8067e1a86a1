"""Figures as people read them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from byok_widgets.compare.cells.variant import Variant
    from byok_widgets.compare.statistics import Difference


def percent(share: float) -> str:
    """Return a share in percent; a dash where there is none."""
    return "–" if math.isnan(share) else f"{100 * share:.1f}%"


def points(share: float) -> str:
    """Return a difference of shares in points, with its sign; a dash where there is none."""
    return "–" if math.isnan(share) else f"{100 * share:+.1f}"


def interval(difference: Difference) -> str:
    """Return a difference in points, with its interval if it has one."""
    if math.isnan(difference.low):
        return points(difference.estimate)
    low, high = points(difference.low), points(difference.high)
    return f"{points(difference.estimate)} ({low} to {high})"


def seconds(value: float | None) -> str:
    """Return seconds; a dash where they are not known."""
    return "–" if value is None else f"{value:.2f} s"


def dollars(usd: Decimal | None) -> str:
    """Return an amount in US dollars with cents; "not priced" where it is not known."""
    if usd is None:
        return "not priced"
    return f"${usd:,.2f}" if usd else "free"


def short_names(names: Sequence[str]) -> list[str]:
    """Return names without the parts at their beginning that all of them share, such as the provider's."""
    parts = [re.split(r"(?<=[:/])", name) for name in names]
    shared = 0
    while len({tuple(each[: shared + 1]) for each in parts}) == 1 and all(
        len(each) > shared + 1 for each in parts
    ):
        shared += 1
    return ["".join(each[shared:]) for each in parts]


def short_names_of(variants: Sequence[Variant]) -> dict[str, str]:
    """Return the short name of each variant by its id."""
    names = short_names([variant.name for variant in variants])
    return {variant.id: name for variant, name in zip(variants, names, strict=True)}
