"""How two values of a logic condition are compared."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import date, time
from enum import Enum
from typing import Any

Compare = Callable[[Any, Any], Any]


def plain(value: Any) -> Any:
    """Return the value of a member of an enum, also of those in a list."""
    if isinstance(value, Enum):
        return value.value
    return list(map(plain, value)) if isinstance(value, (list, tuple, set, frozenset)) else value


def _alike(compare: Compare) -> Compare:
    """Compare a date or time as text where it meets one."""

    def alike(left: Any, right: Any) -> bool:
        return bool(compare(_as_text(left, right), _as_text(right, left)))

    return alike


def _as_text(value: Any, other: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, time)) and isinstance(other, str) else value


_equal = _alike(operator.eq)


def _within(value: Any, within: Any) -> bool | None:
    """Say whether a text or list holds a value; unknown when it may be the one that a list does not state."""
    if isinstance(within, str):
        return value in within
    entries = list(within)
    if any(entry is not None and _equal(value, entry) for entry in entries):
        return True
    return None if any(entry is None for entry in entries) else False


def _not_within(value: Any, within: Any) -> bool | None:
    found = _within(value, within)
    return None if found is None else not found


COMPARE: Mapping[type[ast.cmpop], Compare] = {
    ast.Eq: _equal,
    ast.NotEq: _alike(operator.ne),
    ast.Lt: _alike(operator.lt),
    ast.LtE: _alike(operator.le),
    ast.Gt: _alike(operator.gt),
    ast.GtE: _alike(operator.ge),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: _within,
    ast.NotIn: _not_within,
}
"""What each sign of the grammar asks of two values; `None` where it is unknown."""
