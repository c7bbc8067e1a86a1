"""Builds field specs, and the check of the whole object, from a JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.classes.builders import SchemaParts
from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.json_schemas.alternatives import at_their_place
from byok_widgets.schema.json_schemas.canonical import Canonical, canonical
from byok_widgets.schema.json_schemas.dialects import Dialect, dialect_of
from byok_widgets.schema.json_schemas.json_checker import errors_of, is_loaded, json_checker
from byok_widgets.schema.json_schemas.merging import either
from byok_widgets.schema.json_schemas.quick_checks import is_plain_json_schema
from byok_widgets.schema.json_schemas.root_rules import RootRules
from byok_widgets.schema.json_schemas.schema_refs import (
    Json,
    branches,
    definition_of,
    may_be_null,
    types_in,
    unconditional,
)
from byok_widgets.schema.mismatch import MismatchError
from byok_widgets.schema.root_result import json_text
from byok_widgets.secrets import redact_quotes
from byok_widgets.secrets.quoting import as_given, without_keys

_SHOWN_CHARS = 80
_TYPES = "string, integer, number, boolean, array, object and null"
_MAX_FOLLOWED = 2_000
"""Most parts that look at one value, each counted as often as it is reached."""


def from_json_schema(schema: Json) -> SchemaParts:
    """Read the properties of a JSON Schema whose root is an object."""
    dialect = dialect_of(schema)
    _refuse_invalid(dialect.problem_of(schema))
    given = canonical(schema, dialect)
    if not dialect.is_sure and isinstance(given.root, Mapping):  # an older draft takes newer keywords for notes
        _refuse_invalid(Dialect("2020-12").problem_of({**given.root, "$defs": given.definitions}))
    for part in (given.root, *given.definitions.values()):
        _check_circles(part, given.definitions)
    fields, nullable = _fields(given)
    rules = RootRules(given, _checker(given.root, given.definitions), fields, nullable)
    is_plain = is_plain_json_schema(schema)
    return SchemaParts(
        fields, rules, rules.unknown, runs_code=not is_plain, is_loaded=is_loaded, load=json_checker
    )


def _refuse_invalid(error: Any) -> None:
    if error is None:
        return
    problem = _mismatch([*map(str, error.absolute_path)], error.instance)
    raise SchemaError(
        f"This is not a valid JSON Schema: {problem}.", fix="Correct it there, or give fields as keywords."
    )


def _fields(given: Canonical) -> tuple[tuple[FieldSpec, ...], list[str]]:
    """Return the fields, and the names of those that are required, for which null is a value."""
    definitions = given.definitions
    objects = [branch for branch in branches(given.root, definitions) if types_in(branch) <= {"object", "null"}]
    objects = [branch for branch in objects if types_in(branch) != {"null"}]
    names = _names(objects)
    if not names:
        raise SchemaError("The schema's root must be an object with properties.", fix=_way_out(given))
    always = unconditional(given.root, definitions).get("properties", {})
    needed = frozenset(names).intersection(*(branch.get("required", ()) for branch in objects))
    nullable = [name for name in names if name in needed and may_be_null(names[name], definitions)]
    convert = {name: _by_json_schema(_checker(always.get(name, True), definitions)) for name in names}
    specs = (
        FieldSpec(name, part, name in needed and name not in nullable, convert[name], definitions)
        for name, part in names.items()
    )
    return tuple(specs), nullable


def _names(objects: list[Json]) -> dict[str, Any]:
    """Return the properties that an object may have, each with what is asked for."""
    found: dict[str, list[Any]] = {}
    for branch in objects:
        for name, part in branch.get("properties", {}).items():
            found.setdefault(name, []).append(part)
    for branch in objects:
        for name in branch.get("required", ()):
            found.setdefault(name, [True])
    return {name: either(parts) for name, parts in found.items()}


def _way_out(given: Canonical) -> str:
    types = {name for branch in branches(given.root, given.definitions) for name in types_in(branch)}
    if not types or "object" in types:
        named = 'Name its fields under "properties", or give types: name=str, or fields={"name": str}.'
        return f"{named} A map goes under a name of its own: {_wrapped('entries')}"
    return f"Put it under a name of its own: {_wrapped('items' if types == {'array'} else 'value')}"


def _wrapped(name: str) -> str:
    return f'{{"type": "object", "properties": {{"{name}": …}}}}.'


def _checker(part: Any, definitions: Json) -> Callable[[], Any]:
    """Return what makes the validator of a part, once and when a value is there."""
    return cache(partial(_made_checker, part, definitions))


def _made_checker(part: Any, definitions: Json) -> Any:
    whole = {**part, "$defs": definitions} if isinstance(part, Mapping) else part
    checker = json_checker()
    return checker(whole, format_checker=checker.FORMAT_CHECKER)


def _mismatch(path: list[str], found: object) -> str:
    """Describe the part of a schema that is invalid."""
    types = f"; the types are {_TYPES}" if path[-1:] == ["type"] else ""
    place = redact_quotes(".".join(path))[-_SHOWN_CHARS:] or "the schema"
    return f"{place} cannot be {as_given(found)}{types}"


def _check_circles(part: Any, definitions: Json) -> None:
    """Reject parts whose rules for one value do not end, or take too long to follow."""
    for count, _ in enumerate(_followed(part, definitions, ())):
        if count > _MAX_FOLLOWED:
            raise SchemaError(
                f"More than {_MAX_FOLLOWED} parts of the schema describe one value.",
                fix="Give fewer alternatives, or fewer references to them.",
            )
    for inner in _inner_parts(part):
        _check_circles(inner, definitions)


def _followed(part: Any, definitions: Json, above: tuple[str, ...]) -> Iterator[None]:
    """Yield once for each part that looks at the same value."""
    yield None
    if not isinstance(part, Mapping):
        return
    if "$ref" in part:
        name = definition_of(part["$ref"], definitions)
        if name in above:
            raise SchemaError(
                f"The part {name!r} of the schema refers to nothing but itself.",
                fix="Let it refer to itself only inside of properties or items.",
            )
        yield from _followed(definitions[name], definitions, (*above, name))
    for inner in _same_value(part):
        yield from _followed(inner, definitions, above)


def _same_value(part: Json) -> Iterator[Any]:
    for key in ("allOf", "anyOf", "oneOf"):
        yield from part.get(key, ())
    yield from (part[key] for key in ("not", "if", "then", "else") if key in part)
    yield from part.get("dependentSchemas", {}).values()


def _inner_parts(part: Any) -> Iterator[Any]:
    """Yield the parts that look at inner values."""
    if not isinstance(part, Mapping):
        return
    for inner in _same_value(part):
        yield from _inner_parts(inner)
    for key in ("properties", "patternProperties"):
        yield from part.get(key, {}).values()
    yield from part.get("prefixItems", ())
    single = ("additionalProperties", "contains", "items", "propertyNames", "unevaluatedItems")
    yield from (part[key] for key in (*single, "unevaluatedProperties") if key in part)


def _by_json_schema(checker: Callable[[], Any]) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        json_text(value)
        errors = list(at_their_place(errors_of(checker(), value)))
        if errors:
            found = [(tuple(error.absolute_path), without_keys(error.message, 200)) for error in errors]
            raise MismatchError(found[0][1], found)
        return value

    return convert
