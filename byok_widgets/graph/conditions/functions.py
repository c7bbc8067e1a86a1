"""What a logic condition does with one value or two, beside comparing them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sized
from decimal import Decimal
from numbers import Number
from typing import Any

from byok_widgets.graph.conditions.value_kinds import describe_value, shown
from byok_widgets.schema.values.exact_numbers import as_decimal


def number(value: Any) -> Any:
    """Return a number.

    Raises:
        TypeError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, Number):
        raise TypeError(f"{shown(value)} is {describe_value(value)} and not a number")
    return value


def _length(value: Any) -> int:
    if not isinstance(value, Sized):
        raise TypeError(f"{shown(value)} is {describe_value(value)} and has no length")
    return len(value)


def _exactly(count: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Count a float as it is written where it meets a decimal, which Python refuses to mix."""

    def exactly(left: Any, right: Any) -> Any:
        if isinstance(left, Decimal) and isinstance(right, float):
            return count(left, as_decimal(right))
        if isinstance(left, float) and isinstance(right, Decimal):
            return count(as_decimal(left), right)
        return count(left, right)

    return exactly


COUNT: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: _exactly(operator.add),
    ast.Sub: _exactly(operator.sub),
    ast.Mult: _exactly(operator.mul),
    ast.Div: _exactly(operator.truediv),
    ast.Mod: _exactly(operator.mod),
}
"""What each sign of the grammar does with two numbers."""

CALLS: Mapping[str, Callable[[Any], Any]] = {"len": _length, "lower": lambda text: str(text).lower()}
"""What can be called."""
