"""Which schemas are checked in a short time, and by code of no person's: their answers need no worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from byok_widgets.schema.json_schemas.schema_refs import NOTES

_PLAIN_TYPES = frozenset(
    {"any", "bool", "date", "datetime", "decimal", "default", "dict", "enum", "float", "int", "list", "literal"}
    | {
        "model",
        "model-field",
        "model-fields",
        "none",
        "nullable",
        "set",
        "str",
        "time",
        "timedelta",
        "union",
        "uuid",
    }
)
"""Kinds of core schemas without functions, and without references: a recursive union can take exponential time."""
_SLOW_OR_FOREIGN = ("computed_fields", "custom_init", "pattern", "post_init")
_PARTS = ("schema", "items_schema", "keys_schema", "values_schema", "extras_schema")

_PLAIN_KEYWORDS = (
    NOTES
    | {"$schema", "$id", "type", "enum", "const", "properties", "required", "additionalProperties", "items"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems"}
    | {"maxItems", "anyOf", "oneOf", "allOf"}
)


def is_plain_type(core: Any) -> bool:
    """Whether pydantic checks values with this core schema by itself, and quickly."""
    if not isinstance(core, dict) or core.get("type") not in _PLAIN_TYPES:
        return False
    if any(core.get(name) for name in _SLOW_OR_FOREIGN) or any(map(callable, _but_class(core))):
        return False
    if "cls" in core and not _is_ordinary(core["cls"]):
        return False
    return all(map(is_plain_type, _inner_types(core)))


def is_plain_json_schema(schema: Any) -> bool:
    """Whether values of this JSON Schema are checked quickly: it has no patterns, references and comparisons."""
    if not isinstance(schema, Mapping):
        return True
    return schema.keys() <= _PLAIN_KEYWORDS and all(map(is_plain_json_schema, _inner_schemas(schema)))


def _but_class(core: Mapping[str, Any]) -> Iterator[Any]:
    return (value for name, value in core.items() if name != "cls")


def _is_ordinary(kind: type) -> bool:
    """Whether making and reading an object of a class runs none of its own methods."""
    if issubclass(kind, Enum):
        return not any("_missing_" in vars(base) for base in kind.__mro__ if base is not Enum)
    return all(getattr(kind, name) is getattr(object, name) for name in ("__new__", "__getattribute__"))


def _inner_types(core: Mapping[str, Any]) -> Iterator[Any]:
    yield from (core[name] for name in _PARTS if name in core)
    yield from core.get("fields", {}).values()
    for choice in core.get("choices", ()):
        yield choice[0] if isinstance(choice, tuple) else choice  # with its label


def _inner_schemas(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from schema.get("properties", {}).values()
    yield from (schema[name] for name in ("items", "additionalProperties") if name in schema)
    for name in ("anyOf", "oneOf", "allOf"):
        options: Iterable[Any] = schema.get(name, ())
        yield from options
