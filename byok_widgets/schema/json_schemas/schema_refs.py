"""Navigating a JSON Schema: references, `allOf` and alternatives.

Every function takes the definitions (`$defs`) that the schema may refer to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from byok_widgets.errors import SchemaError
from byok_widgets.schema.json_schemas.merging import either, joined

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
MAX_BRANCHES = 500
"""Most alternatives of one value."""


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
    whole = unconditional(schema, definitions)
    if whole.get("additionalProperties") is False:
        return whole
    known = whole.get("properties", {})
    found: dict[str, list[Any]] = {}
    for part in _conditional_parts(whole):
        for name, rule in resolved(part, definitions).get("properties", {}).items():
            found.setdefault(name, []).append(rule)
    more = {name: either(parts) for name, parts in found.items() if name not in known}
    return {**whole, "properties": {**known, **more}} if more else whole


def unconditional(schema: Any, definitions: Json) -> Json:
    """Return what holds for every value of a schema, so without properties that depend on others."""
    if not isinstance(schema, Mapping):
        return {}
    whole: Json = {}
    for _ in range(_MAX_REFERENCES):
        if not isinstance(schema, Mapping):
            return whole
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        whole = joined(whole, _all_of(beside, definitions))
        if "$ref" not in schema:
            return whole
        schema = definitions[definition_of(str(schema["$ref"]), definitions)]
    raise SchemaError("A definition of the schema refers to nothing but itself.")


def options(schema: Json, definitions: Json) -> list[Json]:
    """Return the alternatives of a resolved schema, each merged with the keywords beside them; may be empty."""
    types = schema.get("type")
    if isinstance(types, (list, tuple)) and {"object", "array"} & set(types):
        return [{**schema, "type": name} for name in types]
    given = schema.get("anyOf") or schema.get("oneOf") or []
    beside = {key: value for key, value in schema.items() if key not in NOTES and key not in ("anyOf", "oneOf")}
    return [resolved({"allOf": [beside, option]}, definitions) if beside else option for option in given]


def branches(schema: Any, definitions: Json) -> list[Json]:
    """Return all alternatives, including nested ones; the schema itself if it has none.

    Raises:
        SchemaError: There are more than `MAX_BRANCHES`.
    """
    found: list[Json] = []
    waiting: list[Any] = [schema]
    while waiting:
        part = resolved(waiting.pop(), definitions)
        waiting += reversed(inner := options(part, definitions))
        found += () if inner else (part,)
        if len(found) + len(waiting) > MAX_BRANCHES:
            raise SchemaError(
                f"A part of the schema has more than {MAX_BRANCHES} alternatives.",
                fix="Give fewer, or one for each kind of value.",
            )
    return found


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


def may_be_null(schema: Any, definitions: Json) -> bool:
    """Whether null is named among the values."""
    return any("null" in types_in(branch) for branch in branches(schema, definitions))


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
    return branch.get("additionalProperties") or (either(patterns) if patterns else {})


def type_of(value: Any) -> str:
    """Return the JSON type of a value."""
    return _NAMES.get(type(value), "null")


def _all_of(schema: Json, definitions: Json) -> Json:
    """Join the parts of an `allOf` with the keywords beside it."""
    whole: Json = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema.get("allOf", ()):
        whole = joined(whole, unconditional(part, definitions))
    return whole


def _conditional_parts(schema: Json) -> list[Any]:
    """Return the parts that hold only for some values of a schema."""
    found = (schema.get("then"), schema.get("else"), *schema.get("dependentSchemas", {}).values())
    return [part for part in found if isinstance(part, Mapping)]
