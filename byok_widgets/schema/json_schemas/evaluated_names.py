"""Which properties of an object a JSON Schema describes: those that `unevaluatedProperties` leaves alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from byok_widgets.schema.json_schemas.patterns import matches


def evaluated_names(checker: Any, value: Mapping[str, Any], schema: Any) -> set[str]:
    """Return the names that a schema describes, in all parts of it that hold for the value."""
    if not isinstance(schema, Mapping):
        return set()
    known = set(schema.get("properties", ())) & value.keys()
    patterns = schema.get("patternProperties", ())
    known |= {name for name in value if any(matches(pattern, name) for pattern in patterns)}
    if {"additionalProperties", "unevaluatedProperties"} & schema.keys():
        known |= value.keys()  # a name that does not fit is reported there
    for part in _parts_that_hold(checker, value, schema):
        known |= evaluated_names(checker, value, part)
    return known


def _parts_that_hold(checker: Any, value: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Any]:
    def holds(part: Any) -> bool:
        return bool(checker.evolve(schema=part).is_valid(value))

    if "$ref" in schema:
        yield checker._resolver.lookup(schema["$ref"]).contents  # noqa: SLF001 - no public way
    for key in ("allOf", "anyOf", "oneOf"):
        yield from (part for part in schema.get(key, ()) if holds(part))
    yield from (part for name, part in schema.get("dependentSchemas", {}).items() if name in value)
    if "if" not in schema:
        return
    if holds(schema["if"]):
        yield from (schema["if"], schema.get("then"))
    else:
        yield schema.get("else")
