"""The value of a placeholder: looked up part by part, with no calls and no hidden attributes.

An entry of a mapping comes before an attribute, so that keys may be named `items` or `count`; a method is nobody's
part. What is missing stays missing, whatever is done with it, and says which variable it was.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.templates.expression import DEFAULT_FILTERS, Constant, Expression, Filtered, Part, Variable

_HIDDEN = (
    *(types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, type),
    *(types.CoroutineType, types.AsyncGeneratorType, types.GeneratorType),
)
"""Values that are no data: neither they nor their attributes are written."""


class NoTextError(Exception):
    """A value has no text of its own, such as a function or a generator."""


@dataclass(frozen=True)
class Missing:
    """A value that is not there.

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
    if value is _NOTHING:
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


def _defaulted(value: Any, default_value: Any = "", boolean: Any = False) -> Any:
    return default_value if isinstance(value, Missing) or (boolean and not value) else value


_NOTHING = object()


def part_of(whole: Any, key: Any, nothing: Any = _NOTHING) -> Any:
    """Return a part of a value; `nothing` if there is no such part."""
    if isinstance(whole, Mapping):
        return whole[key] if key in whole else whole.get(str(key), nothing)
    if isinstance(key, int) and isinstance(whole, (list, tuple, str)):
        return whole[key] if -len(whole) <= key < len(whole) else nothing
    if not isinstance(key, str) or key.startswith("_") or isinstance(whole, _HIDDEN) or callable(whole):
        return nothing
    value = getattr(whole, key, nothing)
    return nothing if callable(value) or isinstance(value, _HIDDEN) else value


def with_text(value: Any) -> Any:
    """Return a value that can be written.

    Raises:
        NoTextError: It is, or holds, what has no text of its own.
    """
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (str, int, float)) or part is None or id(part) in seen:
            continue
        _require_text(part)
        seen.add(id(part))
        if isinstance(part, Mapping):
            waiting += [*part, *part.values()]
        elif isinstance(part, (list, tuple, set, frozenset)):
            waiting += part
    return value


def _require_text(value: Any) -> None:
    kind: Any = type(value)
    has_no_text = kind.__repr__ is object.__repr__ and kind.__str__ is object.__str__
    if has_no_text or callable(value) or isinstance(value, (Iterator, *_HIDDEN)):
        raise NoTextError(f"{getattr(value, '__name__', kind.__name__)!r} is not a value that can be written")
