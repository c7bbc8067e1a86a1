"""How two values of a logic condition are compared."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any

from byok_widgets.graph.conditions.value_kinds import describe_value, shown
from byok_widgets.schema.values.exact_numbers import as_decimal
from byok_widgets.text_forms import same_form

Compare = Callable[[Any, Any], Any]


def plain(value: Any) -> Any:
    """Return the value of a member of an enum, also of those in a list."""
    if isinstance(value, Enum):
        return value.value
    return list(map(plain, value)) if isinstance(value, (list, tuple, set, frozenset)) else value


def _alike(compare: Compare) -> Compare:
    """Compare values of two types as they are written, and texts whatever their Unicode form."""

    def alike(left: Any, right: Any) -> bool:
        return bool(compare(_comparable(left, right), _comparable(right, left)))

    return alike


def _comparable(value: Any, other: Any) -> Any:
    if isinstance(value, str):
        return same_form(value)
    if isinstance(value, float) and isinstance(other, Decimal):
        return as_decimal(value)
    return value.isoformat() if isinstance(value, (date, time)) and isinstance(other, str) else value


_equal = _alike(operator.eq)


def _ordered(compare: Compare) -> Compare:
    """Compare what has an order, and say what is compared where it has none."""
    alike = _alike(compare)

    def ordered(left: Any, right: Any) -> bool:
        try:
            return bool(alike(left, right))
        except TypeError:
            if describe_value(left) == describe_value(right):
                raise
        raise _unlike(left, right)

    return ordered


def _unlike(left: Any, right: Any) -> TypeError:
    return TypeError(f"{shown(left)} is {describe_value(left)} and {shown(right)} is {describe_value(right)}")


def _within(value: Any, within: Any) -> bool | None:
    """Say whether a text or list holds a value; unknown when it may be the one that a list does not state."""
    if isinstance(within, str):
        if not isinstance(value, str):
            raise _unlike(value, within)
        return same_form(value) in same_form(within)
    if not isinstance(within, Iterable):
        raise TypeError(f"{shown(within)} is {describe_value(within)}, and nothing is in it")
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
    ast.Lt: _ordered(operator.lt),
    ast.LtE: _ordered(operator.le),
    ast.Gt: _ordered(operator.gt),
    ast.GtE: _ordered(operator.ge),
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: _within,
    ast.NotIn: _not_within,
}
"""What each sign of the grammar asks of two values; `None` where it is unknown."""
