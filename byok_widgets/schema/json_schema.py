"""Builds field specs, and the check of the root's rules, from a JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.builders import HOW, RootResult, SchemaParts, json_text
from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.json_checker import json_checker
from byok_widgets.schema.misfit import MisfitError
from byok_widgets.schema.quick_checks import is_plain_json_schema
from byok_widgets.schema.schema_refs import Json, definition_of, resolved
from byok_widgets.secrets import redact_quotes
from byok_widgets.secrets.quoting import as_given, without_keys

_SHOWN_CHARS = 80
_TYPES = "string, integer, number, boolean, array, object and null"


def from_json_schema(schema: Json) -> SchemaParts:
    """Read the properties of a JSON Schema whose root is an object."""
    import jsonschema

    checker = json_checker()
    try:
        checker.check_schema(schema)
    except jsonschema.SchemaError as error:
        problem = _misfit([*map(str, error.absolute_path)], error.instance)
    else:
        problem = ""
    if problem:
        raise SchemaError(
            f"This is not a valid JSON Schema: {problem}.", fix="Correct it there, or give fields as keywords."
        )
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    _check_references({key: part for key, part in schema.items() if key != "$id"}, definitions)
    _check_circles([schema, *definitions.values()], definitions)
    root = resolved(schema, definitions)
    properties = root.get("properties")
    if root.get("type", "object") != "object" or not properties:
        raise SchemaError("The schema's root must be an object with properties.", fix=HOW)

    def validator(part: Any) -> Any:
        whole = {**part, "$defs": definitions, "definitions": definitions} if isinstance(part, Mapping) else part
        return checker(whole, format_checker=checker.FORMAT_CHECKER)

    required = set(root.get("required", ()))
    fields = tuple(
        FieldSpec(name, part, name in required, _by_json_schema(validator(part)), definitions)
        for name, part in properties.items()
    )
    return SchemaParts(fields, _by_root(validator(root)), runs_code=not is_plain_json_schema(schema))


def _misfit(path: list[str], found: object) -> str:
    """Describe the part of a schema that is invalid."""
    types = f"; the types are {_TYPES}" if path[-1:] == ["type"] else ""
    place = redact_quotes(".".join(path))[-_SHOWN_CHARS:] or "the schema"
    return f"{place} cannot be {as_given(found)}{types}"


def _check_references(part: Any, definitions: Json) -> None:
    """Reject references to anything outside the schema now, rather than in the middle of an extraction."""
    if isinstance(part, Mapping):
        if isinstance(part.get("$ref"), str):
            definition_of(part["$ref"], definitions)
        for key in ("$id", "$dynamicRef"):
            if isinstance(part.get(key), str):
                raise SchemaError(
                    f"A part of the schema has {key}, which is not followed.", fix="Use $defs and $ref."
                )
        for key, value in part.items():
            _check_references(() if key in ("const", "default", "enum", "examples") else value, definitions)
    elif isinstance(part, (list, tuple)):
        for value in part:
            _check_references(value, definitions)


def _check_circles(part: Any, definitions: Json, above: tuple[str, ...] = ()) -> None:
    """Reject a definition that refers to itself for the same value: it could not check anything."""
    if isinstance(part, Mapping):
        name = definition_of(part["$ref"], definitions) if "$ref" in part else ""
        if name and name in above:
            raise SchemaError(f"The definition {name!r} refers to nothing but itself.")
        if name:
            _check_circles(definitions[name], definitions, (*above, name))
        same_value = [part.get(key) for key in ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")]
        _check_circles([*same_value, *part.get("dependentSchemas", {}).values()], definitions, above)
    elif isinstance(part, (list, tuple)):
        for inner in part:
            _check_circles(inner, definitions, above)


def _by_json_schema(checker: Any) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        json_text(value)
        errors = list(checker.iter_errors(value))
        if errors:
            found = [(tuple(error.absolute_path), without_keys(error.message, 200)) for error in errors]
            raise MisfitError(found[0][1], found)
        return value

    return convert


def _by_root(checker: Any) -> Callable[[Mapping[str, Any]], RootResult]:
    """Check the root's own keywords once no required field is missing; each field is checked separately."""

    def whole(said: Mapping[str, Any]) -> RootResult:
        errors = [error for error in checker.iter_errors(dict(said)) if not error.path]
        if not errors or any(error.validator == "required" for error in errors):
            return RootResult()
        return RootResult(problems={"": without_keys(errors[0].message, 200)})

    return whole
