"""The shape that strict structured output takes, and the way back.

Rules of the strictest providers: every object closed, every property required, no defaults, no `oneOf`, no maps.
A field that need not be stated is nullable instead of optional. What cannot be said that way moves into a
description, and is still checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.schema.fields import FieldSpec, Json, follow

_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_NOTES = frozenset(
    {"default", "title", "examples", "$comment", "deprecated", "readOnly", "writeOnly", "discriminator"}
)
_UNSAYABLE = frozenset(
    {
        "prefixItems",
        "patternProperties",
        "uniqueItems",
        "contains",
        "minContains",
        "maxContains",
        "not",
        "if",
        "then",
    }
    | {
        "else",
        "propertyNames",
        "dependentRequired",
        "dependentSchemas",
        "unevaluatedProperties",
        "unevaluatedItems",
    }
    | {"minProperties", "maxProperties", "contentEncoding", "contentMediaType"}
)
_BOUNDS = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
    }
    | {"minItems", "maxItems"}
)
_ANYTHING: Json = {"type": ["string", "number", "boolean", "null"]}


class WireSchema:
    """Makes the wire schema of some fields, and turns answers in its shape back.

    Attributes:
        dropped: What the provider is not asked to enforce, in words.
    """

    def __init__(self, fields: tuple[FieldSpec, ...], *, bounds: bool) -> None:
        """Prepare the schema.

        Args:
            fields: The fields at the root.
            bounds: Whether the provider takes bounds of numbers, lengths and patterns.
        """
        self._bounds = bounds
        self._definitions: dict[str, Any] = {}
        for field in fields:
            self._definitions |= field.definitions
        self._open: list[str] = []
        self._kept: dict[str, Any] = {}
        self.dropped: list[str] = []
        self._path = ""
        self._properties = {}
        for field in fields:
            self._path = field.name
            self._properties[field.name] = _nullable(self._shape(field.schema))

    def root(self) -> dict[str, Any]:
        """Return the whole schema."""
        root: dict[str, Any] = _object(self._properties)
        return {**root, "$defs": self._kept} if self._kept else root

    def _shape(self, schema: Any) -> dict[str, Any]:
        if not isinstance(schema, Mapping) or not schema:
            return dict(_ANYTHING)
        if "$ref" in schema:
            return self._reference(schema)
        schema = _merged(schema, self._definitions)
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            shaped: dict[str, Any] = {"anyOf": [self._shape(option) for option in options]}
            return self._described(shaped, schema)
        if is_map(schema):
            pair = {"key": {"type": "string"}, "value": self._shape(schema.get("additionalProperties", {}))}
            shaped = {"type": "array", "items": _object(pair)}
            return self._described(shaped, schema, "as a list of keys and values")
        return self._plain(schema)

    def _reference(self, schema: Json) -> dict[str, Any]:
        """Inline a definition, unless it is being inlined already: then it is recursive and stays a reference."""
        name = str(schema["$ref"]).rpartition("/")[2]
        if name in self._open:
            self._kept.setdefault(name, {})
            return {"$ref": f"#/$defs/{name}"}
        self._open.append(name)
        shaped = self._shape(follow({"$ref": schema["$ref"]}, self._definitions))
        self._open.pop()
        if name in self._kept:
            self._kept[name] = shaped
            return {"$ref": f"#/$defs/{name}"}
        return self._described(shaped, schema)

    def _plain(self, schema: Json) -> dict[str, Any]:
        shaped: dict[str, Any] = {}
        lost: list[str] = []
        for key, value in schema.items():
            if key in _NOTES or key in ("description", "properties", "required", "additionalProperties", "items"):
                continue
            if key == "const":
                shaped["enum"] = [value]
            elif (
                key in _UNSAYABLE
                or (key in _BOUNDS and not self._bounds)
                or (key == "format" and value not in _FORMATS)
            ):
                lost.append(_said(key, value))
            elif key not in ("$defs", "definitions", "$schema", "$id"):
                shaped[key] = value
        if "properties" in schema:
            required = set(schema.get("required", ()))
            parts = {name: self._shape(part) for name, part in schema["properties"].items()}
            shaped |= _object(
                {name: part if name in required else _nullable(part) for name, part in parts.items()}
            )
        if schema.get("type") == "array" or "items" in schema or "prefixItems" in schema:
            shaped["items"] = self._items(schema)
        if "enum" in shaped and "type" not in shaped:
            shaped |= _enum_type(shaped["enum"])
        return self._described(shaped or dict(_ANYTHING), schema, *lost)

    def _items(self, schema: Json) -> dict[str, Any]:
        if "prefixItems" in schema:
            return {"anyOf": [self._shape(part) for part in schema["prefixItems"]]}
        return self._shape(schema.get("items", {}))

    def _described(self, shaped: dict[str, Any], schema: Json, *lost: str) -> dict[str, Any]:
        self.dropped += [f"{self._path}: {what}" for what in lost]
        words = [str(schema.get("description", "")).strip(), *lost]
        text = "; ".join(word for word in words if word)
        if not text or "$ref" in shaped:
            return shaped
        return {**shaped, "description": text}


def from_wire(value: Any, schema: Json, definitions: Json) -> Any:
    """Turn lists of keys and values back into maps, wherever the schema has a map."""
    schema = _merged(follow(schema, definitions), definitions) if isinstance(schema, Mapping) else {}
    for option in schema.get("anyOf") or schema.get("oneOf") or ():
        turned = from_wire(value, option, definitions)
        if turned is not value:
            return turned
    if isinstance(value, list) and is_map(schema) and all(_is_pair(entry) for entry in value):
        inner = schema.get("additionalProperties", {})
        return {entry["key"]: from_wire(entry["value"], inner, definitions) for entry in value}
    if isinstance(value, list):
        turned_list = [from_wire(entry, schema.get("items", {}), definitions) for entry in value]
        return turned_list if any(new is not old for new, old in zip(turned_list, value, strict=True)) else value
    if isinstance(value, dict) and "properties" in schema:
        return _turned_object(value, schema, definitions)
    return value


def to_wire(value: Any, schema: Json, definitions: Json) -> Any:
    """Turn maps into lists of keys and values, wherever the schema has a map."""
    schema = _merged(follow(schema, definitions), definitions) if isinstance(schema, Mapping) else {}
    for option in schema.get("anyOf") or schema.get("oneOf") or ():
        if isinstance(value, dict) == (_type_of(follow(option, definitions)) == "object"):
            return to_wire(value, option, definitions)
    if isinstance(value, dict) and is_map(schema):
        inner = schema.get("additionalProperties", {})
        return [{"key": key, "value": to_wire(entry, inner, definitions)} for key, entry in value.items()]
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        return {key: to_wire(entry, parts.get(key, {}), definitions) for key, entry in value.items()}
    if isinstance(value, list):
        return [to_wire(entry, schema.get("items", {}), definitions) for entry in value]
    return value


def is_map(schema: Json) -> bool:
    """Whether a schema is an object of any keys."""
    return schema.get("type") == "object" and not schema.get("properties")


def _turned_object(value: dict[str, Any], schema: Json, definitions: Json) -> dict[str, Any]:
    """Turn the properties back, and leave out the nulls that stand for a property that was not given."""
    required = set(schema.get("required", ()))
    turned: dict[str, Any] = {}
    for key, entry in value.items():
        part = schema["properties"].get(key)
        if entry is None and key not in required:
            continue
        turned[key] = entry if part is None else from_wire(entry, part, definitions)
    return value if turned == value and all(turned[key] is value[key] for key in turned) else turned


def _merged(schema: Json, definitions: Json) -> Json:
    parts = schema.get("allOf")
    if not parts:
        return schema
    merged: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for part in parts:
        followed = _merged(follow(part, definitions), definitions)
        properties = {**merged.get("properties", {}), **followed.get("properties", {})}
        required = [*merged.get("required", ()), *followed.get("required", ())]
        merged = {**followed, **merged}
        merged |= {"properties": properties, "required": required} if properties else {}
    return merged


def _nullable(shaped: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in shaped:
        if {"type": "null"} in shaped["anyOf"]:
            return shaped
        return {**shaped, "anyOf": [*shaped["anyOf"], {"type": "null"}]}
    named = shaped.get("type")
    if named is None:
        return {"anyOf": [shaped, {"type": "null"}]}
    names = [named] if isinstance(named, str) else list(named)
    values = {"enum": [*shaped["enum"], None]} if "enum" in shaped and None not in shaped["enum"] else {}
    return {**shaped, **values, "type": names if "null" in names else [*names, "null"]}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _enum_type(values: list[Any]) -> dict[str, Any]:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
    found = list(dict.fromkeys(names[type(value)] for value in values if type(value) in names))
    return {"type": found[0] if len(found) == 1 else found} if found else {}


def _said(key: str, value: Any) -> str:
    return f"{key}: {value}" if isinstance(value, (str, int, float, bool)) else key


def _type_of(schema: Any) -> Any:
    return schema.get("type") if isinstance(schema, Mapping) else None


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, dict) and set(entry) == {"key", "value"} and isinstance(entry["key"], str)
