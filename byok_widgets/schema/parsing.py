"""Parsing answers: a model's text into an object, and each value into its expected type, without loss."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.schema_refs import (
    TIMES,
    Json,
    branches,
    chosen,
    enum_of,
    inner,
    is_map,
    types_in,
    types_of,
)

_NOT_STATED = frozenset(
    {"", "-", "–", "?", "n/a", "na", "nil", "none", "null", "undefined", "unknown", "unspecified"}
    | {"not given", "not mentioned", "not provided", "not specified", "not stated"}
)
MAX_LEVELS = 60
_MAX_STARTS = 200
_EXACT = 2**53
"""From here on, a float cannot distinguish neighbouring integers."""


def extract_json_object(text: str, names: Collection[str]) -> dict[str, Any]:
    """Return the object with the fields in a model's answer: bare, in a code fence, in prose, or nested.

    Args:
        text: The answer.
        names: The fields; an object with none of them is not the answer, unless it is empty.

    Raises:
        SchemaError: There is none.
    """
    other = False
    for found in _objects(text):
        if not found or any(name in found for name in names):
            return found
        other = True
    problem = f"has none of the fields {', '.join(names)}" if other else "is not a JSON object"
    raise SchemaError(
        f"The model's answer {problem}.",
        kind="not_json",
        fix="Run it again, or choose a model that supports structured output.",
    )


def is_stated(value: Any, schema: Any, definitions: Json) -> bool:
    """Whether a value was stated.

    Words like "unknown" do not count, unless they are allowed values; nor does an object with no stated part.
    """
    if isinstance(value, str):
        return value.strip().casefold() not in _NOT_STATED or value in (enum_of(schema, definitions) or ())
    if isinstance(value, dict) and value:
        branch = chosen(value, schema, definitions)
        return any(is_stated(entry, inner(branch, key), definitions) for key, entry in value.items())
    return value is not None


def coerce(value: Any, schema: Any, definitions: Json, *, levels: int = MAX_LEVELS) -> Any:
    """Coerce a JSON value to the schema, as far as nothing is lost.

    Lists of keys and values become maps again, nulls for optional properties are dropped, `"36"` becomes 36 for an
    integer, and `"TUE"` the allowed value `Tue`. Anything else is returned unchanged, for the field to reject.

    Raises:
        ValueError: A value that pydantic would misinterpret, such as a boolean for a number or a number for a
            date, or one that is nested too deeply.
    """
    if levels < 0:
        raise ValueError(f"nested more than {MAX_LEVELS} levels deep")
    if isinstance(value, list):
        value = _unpaired(value, schema, definitions)
    if not isinstance(value, (list, dict)):
        return _scalar(value, schema, definitions)
    branch = chosen(value, schema, definitions)
    meant = partial(coerce, definitions=definitions, levels=levels - 1)
    if isinstance(value, list):
        return [meant(entry, inner(branch, at)) for at, entry in enumerate(value)]
    droppable = set(branch.get("properties", ())) - set(branch.get("required", ()))
    kept = ((key, entry) for key, entry in value.items() if entry is not None or key not in droppable)
    return {key: meant(entry, inner(branch, key)) for key, entry in kept}


def free_texts(value: Any, schema: Any, definitions: Json) -> Iterator[str]:
    """Yield the strings in a value that must occur literally in the dialogue, so no allowed values or dates."""
    branch = chosen(value, schema, definitions)
    if isinstance(value, str) and not {"enum", "const"} & set(branch) and branch.get("format") not in TIMES:
        yield value
    elif isinstance(value, list):
        for at, entry in enumerate(value):
            yield from free_texts(entry, inner(branch, at), definitions)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from () if key in branch.get("properties", ()) else (key,)
            yield from free_texts(entry, inner(branch, key), definitions)


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield each JSON object, outer ones before inner ones; only the first `_MAX_STARTS` braces are tried."""
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    at = text.find("{")
    for _ in range(_MAX_STARTS):
        if at < 0:
            return
        try:
            found = decoder.raw_decode(text, at)[0]
        except (ValueError, RecursionError):
            found = None
        if found is not None:
            yield found
        at = text.find("{", at + 1)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _unpaired(value: list[Any], schema: Any, definitions: Json) -> Any:
    """Turn a list of keys and values into a map if the schema has one there, unless a key occurs twice."""
    found = branches(schema, definitions)
    if not any(map(is_map, found)) or not all(map(_is_pair, value)):
        return value
    if not value and any("array" in types_in(branch) for branch in found):
        return value
    turned = {entry["key"]: entry["value"] for entry in value}
    return turned if len(turned) == len(value) else value


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, dict) and set(entry) == {"key", "value"} and isinstance(entry["key"], str)


def _scalar(value: Any, schema: Any, definitions: Json) -> Any:
    enum, types = enum_of(schema, definitions), types_of(schema, definitions)
    if isinstance(value, str) and enum is not None:
        return _member(value, enum)
    if isinstance(value, bool):
        if types and "boolean" not in types:
            raise ValueError(f"expected {' or '.join(sorted(types))}")
        return value
    if isinstance(value, str):
        return _from_text(value, types, schema, definitions)
    if isinstance(value, (int, float)):
        return _from_number(value, types, schema, definitions)
    return value


def _member(value: str, enum: tuple[Any, ...]) -> Any:
    if value in enum:
        return value
    folded = value.strip().casefold()
    near = [member for member in enum if str(member).casefold() == folded]
    return near[0] if len(near) == 1 else value


def _from_text(value: str, types: frozenset[str], schema: Any, definitions: Json) -> Any:
    if not types or _takes_text(schema, definitions):
        return value
    text = value.strip()
    if "boolean" in types and text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    number = _number(text)
    if number is None:
        return text
    if types & {"integer", "number"}:
        return _whole(number) if "integer" in types else number
    if "string" in types:
        raise ValueError("expected a date or a time")
    return text


def _from_number(value: float, types: frozenset[str], schema: Any, definitions: Json) -> Any:
    if "integer" in types:
        return _whole(value)
    if "string" not in types or "number" in types:
        return value
    if not _takes_text(schema, definitions):
        raise ValueError("expected a date or a time")
    return str(value)


def _takes_text(schema: Any, definitions: Json) -> bool:
    """Whether any string is allowed, not only a date or a time."""
    found = branches(schema, definitions)
    return any("string" in types_in(branch) and branch.get("format") not in TIMES for branch in found)


def _number(text: str) -> float | None:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None


def _whole(number: float) -> float:
    exact = isinstance(number, float) and number.is_integer() and abs(number) < _EXACT
    return int(number) if exact else number
