"""The value of a placeholder: looked up part by part. What is missing stays missing, and says what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.templates.expression import DEFAULT_FILTERS, Constant, Expression, Filtered, Part, Variable
from byok_widgets.templates.lookup import NOTHING, part_of


@dataclass(frozen=True)
class Missing:
    """A missing value.

    Attributes:
        expression: The variable, or the part of it, that is missing.
        of: The value that lacks the part; `None` for a variable.
        unstated: Whether it is known, and has not been stated yet.
    """

    expression: Expression
    of: Any = None
    unstated: bool = False


def value_of(expression: Expression, variables: Mapping[str, Any]) -> Any:
    """Return the value of an expression, or `Missing`.

    Raises:
        NoTextError: A filter is given what has no text.
        Exception: A filter does not take this value, or the code of a value fails.
    """
    if isinstance(expression, Constant):
        return expression.value
    if isinstance(expression, Variable):
        known = expression.name in variables
        value = variables[expression.name] if known else None
        return Missing(expression, unstated=known) if value is None else value
    if isinstance(expression, Part):
        return _part(expression, variables)
    return _filtered(expression, variables)


def _part(expression: Part, variables: Mapping[str, Any]) -> Any:
    whole, key = value_of(expression.of, variables), value_of(expression.key, variables)
    for value in (whole, key):
        if isinstance(value, Missing):
            return value
    value = part_of(whole, key)
    if value is NOTHING:
        return Missing(expression, of=whole)
    return Missing(expression, unstated=True) if value is None else value


def _filtered(expression: Filtered, variables: Mapping[str, Any]) -> Any:
    value = value_of(expression.of, variables)
    args = [value_of(arg, variables) for arg in expression.args]
    named = {name: value_of(arg, variables) for name, arg in expression.named}
    if expression.name in DEFAULT_FILTERS:
        return _defaulted(value, *args, **named)
    for given in (value, *args, *named.values()):
        if isinstance(given, Missing):
            return given
    from byok_widgets.templates.filters import NOTHING_FOUND, apply

    found = apply(expression.name, value, args, named)
    return Missing(expression, of=value, unstated=True) if found is NOTHING_FOUND else found


def _defaulted(value: Any, default_value: Any = "", boolean: Any = None) -> Any:
    return default_value if isinstance(value, Missing) or (boolean and not value) else value
