"""The lanes of what runs in a comparison: of each cell, of what stands before cells, of what judges them."""

from __future__ import annotations

from byok_widgets.cases.case import Case
from byok_widgets.cases.given_words import given_words
from byok_widgets.nodes.calls.lane import Lane


def lane_of(case: Case, work: str, repeat: int = 0) -> Lane:
    """Return the lane of a piece of work on a case.

    Args:
        case: The case; those that are equal have the same lane.
        work: What tells it from other work on the same case, such as the name of a variant.
        repeat: Number of the repeat.
    """
    return Lane(case.name, f"{work} {case.input_id}", repeat, given_words(case))
