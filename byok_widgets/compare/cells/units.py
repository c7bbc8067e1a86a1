"""What the cases of a comparison are in its statistics: how much each counts, and which belong together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from byok_widgets.cases.case import Case


def weights_of(cases: Sequence[Case]) -> list[float] | None:
    """Return the weight of each case; `None` where all count the same."""
    weights = [case.weight for case in cases]
    return weights if len(set(weights)) > 1 else None


def groups_of(cases: Sequence[Case]) -> list[Any] | None:
    """Return the group of each case; `None` where there are no groups.

    Equal cases share their cells, so they are a group, too: they are no more evidence than one of them.
    """
    counts = Counter(case.input_id for case in cases)
    groups = [case.group or (case.input_id if counts[case.input_id] > 1 else None) for case in cases]
    return groups if any(groups) else None
