"""Navigating a JSON Schema: references, `allOf` and alternatives.

Every function takes the definitions (`$defs`) that the schema may refer to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from byok_widgets.errors import SchemaError

Json = Mapping[str, Any]

TIMES = frozenset({"date-time", "date", "time", "duration"})
"""Formats of values that people put in other words ("next Tuesday")."""

NOTES = frozenset(
    {"title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly"}
    | {"discriminator"}
)
"""Keywords that do not restrict values."""

_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
_MAX_REFERENCES = 20


def definition_of(reference: str, definitions: Json) -> str:
    """Return the name of the definition that a `$ref` points to.

    Raises:
        SchemaError: It points to something other than a definition of this schema.
    """
    start, slash, name = reference.rpartition("/")
    name = unquote(name).replace("~1", "/").replace("~0", "~")
    if not slash or start not in ("#/$defs", "#/definitions") or name not in definitions:
        raise SchemaError(
            f"The schema refers to {reference!r}, which is not in its $defs.",
            fix="Put the definition under $defs; nothing is fetched from elsewhere.",
        )
    return name


def resolved(schema: Any, definitions: Json) -> Json:
    """Return a schema with a `$ref` at its root followed and its `allOf` merged."""
    if not isinstance(schema, Mapping):
        return {}
    for _ in range(_MAX_REFERENCES):
        if "$ref" not in schema:
            return _all_of(schema, definitions)
        target = definitions[definition_of(str(schema["$ref"]), definitions)]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**target, **beside} if isinstance(target, Mapping) else beside
    raise SchemaError("A definition of the schema refers to nothing but itself.")


def options(schema: Json, definitions: Json) -> list[Json]:
    """Return the alternatives of a resolved schema, each merged with the keywords beside them; may be empty."""
    types = schema.get("type")
    if isinstance(types, (list, tuple)) and {"object", "array"} & set(types):
        return [{**schema, "type": name} for name in types]
    given = schema.get("anyOf") or schema.get("oneOf") or []
    beside = {key: value for key, value in schema.items() if key not in NOTES and key not in ("anyOf", "oneOf")}
    return [_all_of({"allOf": [beside, option]}, definitions) if beside else option for option in given]


def branches(schema: Any, definitions: Json) -> list[Json]:
    """Return all alternatives, including nested ones; the schema itself if it has none."""
    schema = resolved(schema, definitions)
    found = options(schema, definitions)
    return [branch for option in found for branch in branches(option, definitions)] if found else [schema]


def types_in(branch: Json) -> frozenset[str]:
    """Return the JSON types of one alternative; empty if it names none."""
    named = branch.get("type")
    if named is not None:
        return frozenset([named] if isinstance(named, str) else named)
    values = [branch["const"]] if "const" in branch else branch.get("enum", ())
    return frozenset(type_of(value) for value in values)


def types_of(schema: Any, definitions: Json) -> frozenset[str]:
    """Return the JSON types of a stated value; empty if any type is allowed."""
    found = [types_in(branch) for branch in branches(schema, definitions)]
    return frozenset().union(*found) - {"null"} if all(found) else frozenset()


def enum_of(schema: Any, definitions: Json) -> tuple[Any, ...] | None:
    """Return the allowed values; `None` if they are not restricted to a list."""
    allowed: list[Any] = []
    for branch in branches(schema, definitions):
        if "const" in branch or "enum" in branch:
            allowed += [branch["const"]] if "const" in branch else branch["enum"]
        elif types_in(branch) != {"null"}:
            return None
    return tuple(value for value in allowed if value is not None)


def is_map(branch: Json) -> bool:
    """Whether an alternative is an object with arbitrary keys."""
    types = types_in(branch)
    if branch.get("properties") or not types <= {"object"} or {"enum", "const"} & set(branch):
        return False
    unless_said = bool(types) and "properties" not in branch
    return "patternProperties" in branch or branch.get("additionalProperties", unless_said) is not False


def entries_of(branch: Json) -> Any:
    """Return the schema of the values of a map."""
    patterns = list(branch.get("patternProperties", {}).values())
    return branch.get("additionalProperties") or (patterns[0] if len(patterns) == 1 else {})


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    return _NAMES.get(type(value), "null")


def _all_of(schema: Json, definitions: Json) -> Json:
    """Merge the parts of an `allOf`; for each keyword, the earlier part wins."""
    joined: dict[str, Any] = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        other = resolved(part, definitions)
        properties = {**joined.get("properties", {}), **other.get("properties", {})}
        required = [*joined.get("required", ()), *other.get("required", ())]
        joined = {**other, **joined}
        joined |= {"properties": properties, "required": required} if properties else {}
    return joined
