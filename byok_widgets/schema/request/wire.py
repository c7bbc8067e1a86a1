"""Schemas in the form that strict structured output accepts.

They follow the rules of the strictest providers: every object closed, no defaults, no `oneOf`, no maps. What they
cannot express moves into a description, and is still checked here. A map is sent as a list of keys and values.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.json_schemas.schema_refs import (
    Json,
    definition_of,
    entries_of,
    is_map,
    options,
    resolved,
    type_of,
)
from byok_widgets.schema.profile import SchemaProfile
from byok_widgets.schema.request.answer_limits import bounded
from byok_widgets.schema.request.grammar_patterns import for_grammar
from byok_widgets.schema.shape import Shape

MAX_PROPERTIES = 5000

_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_BOUNDS = frozenset(
    {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
)
_LENGTHS = frozenset({"minLength", "maxLength"})
_UNSUPPORTED = frozenset(
    {"minLength", "maxLength", "prefixItems", "patternProperties", "uniqueItems", "contains", "minContains"}
    | {"maxContains", "not", "if", "then", "else", "propertyNames", "dependentRequired", "dependentSchemas"}
    | {"unevaluatedProperties", "unevaluatedItems", "minProperties", "maxProperties", "contentEncoding"}
    | {"contentMediaType"}
)
_LOOKAROUND = re.compile(r"\(\?<?[=!]")
_NULL = {"type": "null"}
_ANYTHING: Json = {"type": ["string", "number", "boolean", "null"]}


class WireSchema:
    """The schema of some fields as a provider accepts it.

    Attributes:
        root: The whole schema.
        dropped: The rules that the provider is not asked to enforce, in words.
    """

    def __init__(self, fields: Iterable[FieldSpec], profile: SchemaProfile) -> None:
        """Build the schema.

        Raises:
            SchemaError: A field cannot be expressed.
        """
        self._profile = profile
        self._kept: dict[str, Any] = {}
        self._count = 0
        self._open: list[str] = []
        self.dropped: list[str] = []
        parts: dict[str, Any] = {}
        for number, field in enumerate(fields):
            self._field, self._number = field, number
            parts[field.name] = self._shape(field.schema)
        self.root: dict[str, Any] = self._object(parts, required=())
        if self._kept:
            self.root["$defs"] = self._kept

    def _shape(self, schema: Any) -> dict[str, Any]:
        if schema is False:
            return dict(_NULL)
        if not isinstance(schema, Mapping) or not schema:
            return self._bounded(dict(_ANYTHING))
        if "$ref" in schema:
            return self._reference(schema)
        schema = resolved(schema, self._field.definitions)
        alternatives = options(schema, self._field.definitions)
        if alternatives:
            return self._described(_any_of([self._shape(option) for option in alternatives]), schema)
        if is_map(schema):
            return self._map(schema)
        return self._plain(schema)

    def _reference(self, schema: Json) -> dict[str, Any]:
        """Inline a definition, unless it is being inlined already: a recursive one stays a reference."""
        name = definition_of(str(schema["$ref"]), self._field.definitions)
        wire_name = re.sub(r"[^A-Za-z0-9_-]+", "_", f"{name}_{self._number}")
        if name in self._open:
            self._kept.setdefault(wire_name, {})
            return {"$ref": f"#/$defs/{wire_name}"}
        self._open.append(name)
        shaped = self._shape(self._field.definitions[name])
        self._open.pop()
        if wire_name not in self._kept:
            return self._described(shaped, schema)
        self._kept[wire_name] = shaped
        return {"$ref": f"#/$defs/{wire_name}"}

    def _map(self, schema: Json) -> dict[str, Any]:
        names = schema.get("propertyNames")
        key = self._shape({"type": "string", **names} if isinstance(names, Mapping) else {"type": "string"})
        pair = self._object({"key": key, "value": self._shape(entries_of(schema))}, required=("key", "value"))
        words = "; ".join(filter(None, (_words(schema), "as a list of keys and values")))
        return self._bounded({"type": "array", "items": pair, "description": words})

    def _plain(self, schema: Json) -> dict[str, Any]:
        shaped = {key: value for key, value in schema.items() if self._may_say(key, value)}
        shaped |= self._pattern(schema)
        kind = schema.get("type")
        if "const" in schema or "enum" in schema:
            shaped = _enum([schema["const"]] if "const" in schema else list(schema["enum"]))
        elif kind == "object" or (kind is None and "properties" in schema):
            parts = {name: self._shape(part) for name, part in schema.get("properties", {}).items()}
            shaped = self._object(
                parts, required=[name for name in schema.get("required", ()) if _is_tag(parts.get(name, {}))]
            )
        elif kind == "array" or (kind is None and {"items", "prefixItems"} & set(schema)):
            shaped |= {"type": "array", "items": self._items(schema)}
        elif kind is None:
            shaped |= _ANYTHING
        lost = [_said(key, value) for key, value in schema.items() if key not in shaped and _matters(key)]
        lost += ["further properties"] if schema.get("properties") and schema.get("additionalProperties") else []
        return self._described(self._bounded(shaped), schema, *lost)

    def _may_say(self, key: str, value: Any) -> bool:
        if key in _LENGTHS:
            return self._profile.limits is not None
        if key in _BOUNDS:
            return self._profile.takes_bounds
        return key == "type" or (key == "format" and value in _FORMATS)

    def _pattern(self, schema: Json) -> dict[str, Any]:
        """Return the pattern of a text in the dialect of the server, if it has one."""
        pattern, limits = schema.get("pattern"), self._profile.limits
        if pattern is None or not self._profile.takes_bounds:
            return {}
        if limits is None:
            return {"pattern": pattern} if _is_plain_pattern(pattern) else {}
        rewritten = for_grammar(pattern, limits.repeats)
        if rewritten is None:
            return {}
        has_end = rewritten == for_grammar(pattern, limits.repeats - 1)
        return {"pattern": rewritten, **({} if has_end else {"maxLength": limits.repeats})}

    def _bounded(self, shaped: dict[str, Any]) -> dict[str, Any]:
        limits = self._profile.limits
        return shaped if limits is None else bounded(shaped, limits, self._kept)

    def _items(self, schema: Json) -> dict[str, Any]:
        if "prefixItems" in schema:
            return _any_of([self._shape(part) for part in schema["prefixItems"]])
        return self._shape(schema.get("items", {}))

    def _object(self, parts: Mapping[str, Any], *, required: Iterable[str]) -> dict[str, Any]:
        needed = set(required)
        parts = {name: part if name in needed else _without_null(part) for name, part in parts.items()}
        self._count += len(parts)
        if self._count > MAX_PROPERTIES:
            raise SchemaError(
                f"The schema has more than {MAX_PROPERTIES} properties.", fix="Ask for less at once."
            )
        if self._profile.unstated_is_null:
            parts = {name: part if name in needed else _nullable(part) for name, part in parts.items()}
            needed = set(parts)
        return {
            "type": "object",
            "properties": dict(parts),
            "required": [name for name in parts if name in needed],
            "additionalProperties": False,
        }

    def _described(self, shaped: dict[str, Any], schema: Json, *lost: str) -> dict[str, Any]:
        self.dropped += [f"{self._field.name}: {what}" for what in lost]
        text = "; ".join(filter(None, (_words(schema), *lost)))
        return {**shaped, "description": text} if text and "$ref" not in shaped else shaped


def to_wire(value: Any, shape: Shape) -> Any:
    """Turn maps into lists of keys and values wherever the schema has a map."""
    branch = shape.chosen(value)
    if isinstance(value, list):
        return [to_wire(entry, branch.item(at)) for at, entry in enumerate(value)]
    if not isinstance(value, dict):
        return str(value) if isinstance(value, Decimal) else value
    turned = {name: to_wire(entry, branch.entry(name)) for name, entry in value.items()}
    return [{"key": name, "value": entry} for name, entry in turned.items()] if branch.is_map else turned


def _any_of(shapes: list[dict[str, Any]]) -> dict[str, Any]:
    different = [shape for at, shape in enumerate(shapes) if shape not in shapes[:at]]
    return dict(different[0]) if len(different) == 1 else {"anyOf": different}


def _nullable(shaped: dict[str, Any]) -> dict[str, Any]:
    if _names(shaped) == ["null"]:
        return shaped
    if "anyOf" in shaped:
        return {**shaped, "anyOf": [*shaped["anyOf"], _NULL]}
    if "type" not in shaped:
        return {"anyOf": [shaped, _NULL]}
    values = {"enum": [*shaped["enum"], None]} if "enum" in shaped else {}
    return {**shaped, **values, "type": [*_names(shaped), "null"]}


def _without_null(shaped: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in shaped:
        rest = [_without_null(option) for option in shaped["anyOf"] if option != _NULL]
        words = {"description": shaped["description"]} if "description" in shaped else {}
        return {**_any_of(rest), **words}
    names = [name for name in _names(shaped) if name != "null"]
    if not names:
        return shaped
    values = {"enum": [value for value in shaped["enum"] if value is not None]} if "enum" in shaped else {}
    return {**shaped, **values, "type": names[0] if len(names) == 1 else names}


def _names(shaped: dict[str, Any]) -> list[str]:
    named = shaped.get("type", [])
    return [named] if isinstance(named, str) else list(named)


def _enum(values: list[Any]) -> dict[str, Any]:
    types = list(dict.fromkeys(map(type_of, values)))
    if not values or {"object", "array"} & set(types):
        raise SchemaError("Allowed values must be strings, numbers or booleans.")
    return {"enum": values, "type": types[0] if len(types) == 1 else types}


def _is_tag(shaped: Json) -> bool:
    """Whether it has one allowed value, which tells alternatives apart; any other part may be unstated."""
    return len(shaped.get("enum", ())) == 1


def _is_plain_pattern(pattern: str) -> bool:
    """Whether it means the same to a grammar, which matches whole strings and has no lookaround."""
    return pattern.startswith("^") and pattern.endswith("$") and not _LOOKAROUND.search(pattern)


def _words(schema: Json) -> str:
    return str(schema.get("description", "")).strip()


def _matters(key: str) -> bool:
    return key in _UNSUPPORTED or key in _BOUNDS or key in ("format", "pattern")


def _said(key: str, value: Any) -> str:
    return f"{key}: {value if isinstance(value, str) else json.dumps(value, default=str)}"
