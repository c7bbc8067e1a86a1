"""What a logic condition does with one value or two, beside comparing them."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sized
from numbers import Number
from typing import Any

from byok_widgets.graph.conditions.value_kinds import describe_value, shown


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


COUNT: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
"""What each sign of the grammar does with two numbers."""

CALLS: Mapping[str, Callable[[Any], Any]] = {"len": _length, "lower": lambda text: str(text).lower()}
"""What can be called."""
