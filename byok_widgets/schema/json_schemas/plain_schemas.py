"""Tells without a validator that a usual JSON Schema is valid: loading `jsonschema` can take seconds.

Where JupyterLab is installed, `jsonschema` compiles a grammar for international addresses when it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_TYPES = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))


def is_surely_valid(schema: Any) -> bool:
    """Whether a schema is valid in draft 2020-12, by its common keywords; `False` also where that is not known."""
    if isinstance(schema, bool):
        return True
    if type(schema) is not dict:
        return False
    return all(name in _RULES and _RULES[name](rule) for name, rule in schema.items())


def _anything(rule: Any) -> bool:
    del rule
    return True


def _of(kind: type) -> Callable[[Any], bool]:
    return lambda rule: type(rule) is kind


def _is_number(rule: Any) -> bool:
    return type(rule) in (int, float)


def _is_count(rule: Any) -> bool:
    return type(rule) is int and rule >= 0


def _is_step(rule: Any) -> bool:
    return _is_number(rule) and rule > 0


def _is_local(rule: Any) -> bool:
    return type(rule) is str and rule.startswith("#")


def _is_address(rule: Any) -> bool:
    return type(rule) is str and "#" not in rule


def _are_names(rule: Any) -> bool:
    return type(rule) is list and all(type(name) is str for name in rule) and len(set(rule)) == len(rule)


def _are_types(rule: Any) -> bool:
    names = [rule] if type(rule) is str else rule
    return bool(names) and _are_names(names) and _TYPES.issuperset(names)


def _are_schemas(rule: Any) -> bool:
    return type(rule) is list and bool(rule) and all(map(is_surely_valid, rule))


def _are_named_schemas(rule: Any) -> bool:
    return (
        type(rule) is dict and all(type(name) is str for name in rule) and all(map(is_surely_valid, rule.values()))
    )


_RULES: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("const", "default"), _anything),
    **dict.fromkeys(("$comment", "$schema", "description", "format", "pattern", "title"), _of(str)),
    **dict.fromkeys(("deprecated", "readOnly", "uniqueItems", "writeOnly"), _of(bool)),
    **dict.fromkeys(("enum", "examples"), _of(list)),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum"), _is_number),
    **dict.fromkeys(
        ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"), _is_count
    ),
    **dict.fromkeys(
        ("additionalProperties", "else", "if", "items", "not", "propertyNames", "then"), is_surely_valid
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _are_schemas),
    **dict.fromkeys(("$defs", "definitions", "properties"), _are_named_schemas),
    "$id": _is_address,
    "$ref": _is_local,
    "multipleOf": _is_step,
    "required": _are_names,
    "type": _are_types,
}
