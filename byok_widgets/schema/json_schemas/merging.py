"""Joining two JSON Schemas that both hold, as far as what is asked for and how it is read depend on it.

The check of a value uses the schema as it was given; a rule that cannot be joined is left to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Json = Mapping[str, Any]

_FIXED = frozenset({"const", "enum", "type"})
_MAX_ALTERNATIVES = 64


def joined(one: Json, other: Json) -> dict[str, Any]:
    """Return the schema of values that both schemas allow; where no rule joins two keywords, the first stands."""
    both = dict(one)
    for key, rule in other.items():
        if key not in both:
            both[key] = rule
        elif key in _JOINING:
            both[key] = _JOINING[key](both[key], rule)
    if "const" in both and "enum" in both:
        del both["enum"]
    return both


def either(parts: Iterable[Any]) -> Any:
    """Return the schema of values that one of the parts allows."""
    different: list[Any] = []
    different += (part for part in parts if part not in different)
    if len(different) > 1 and all(map(_is_fixed, different)):
        values = [value for part in different for value in ([part["const"]] if "const" in part else part["enum"])]
        return {"enum": values}
    return different[0] if len(different) == 1 else {"anyOf": different}


def _is_fixed(part: Any) -> bool:
    return isinstance(part, Mapping) and part.keys() <= _FIXED and bool({"const", "enum"} & part.keys())


def _both_parts(one: Any, other: Any) -> Any:
    if one == other or other is True or other == {} or one is False:
        return one
    if one is True or one == {} or other is False:
        return other
    return {"allOf": [one, other]}


def _both_maps(one: Json, other: Json) -> Json:
    shared = {name: _both_parts(part, other[name]) for name, part in one.items() if name in other}
    return {**one, **other, **shared}


def _both_types(one: Any, other: Any) -> Any:
    first, second = ([types] if isinstance(types, str) else list(types) for types in (one, other))
    shared = [name for name in first if name in second or (name == "integer" and "number" in second)]
    shared += [name for name in second if name == "integer" and "number" in first and name not in shared]
    return one if not shared else shared[0] if len(shared) == 1 else shared


def _both_values(one: list[Any], other: list[Any]) -> list[Any]:
    return [value for value in one if value in other] or one


def _both_names(one: Iterable[str], other: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


def _both_alternatives(one: list[Any], other: list[Any]) -> list[Any]:
    if len(one) * len(other) > _MAX_ALTERNATIVES:
        return one
    return [_both_parts(first, second) for first in one for second in other]


_JOINING: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(("properties", "patternProperties"), _both_maps),
    **dict.fromkeys(("additionalProperties", "items", "propertyNames"), _both_parts),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
    "type": _both_types,
    "enum": _both_values,
    "required": _both_names,
    "anyOf": _both_alternatives,
}
