"""Parsing answers: a model's text into an object, and each value into its expected type, without loss."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.shape import Shape

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


def is_stated(value: Any, shape: Shape) -> bool:
    """Whether a value was stated.

    Words like "unknown" do not count, unless they are allowed values; nor does an object with no stated part.
    """
    if isinstance(value, str):
        return value.strip().casefold() not in _NOT_STATED or value in (shape.enum or ())
    if isinstance(value, dict) and value:
        branch = shape.chosen(value)
        return any(is_stated(entry, branch.entry(name)) for name, entry in value.items())
    return value is not None


def coerce(value: Any, shape: Shape, *, levels: int = MAX_LEVELS) -> Any:
    """Coerce a JSON value to a shape, as far as nothing is lost.

    Lists of keys and values become maps again, nulls for optional properties are dropped, `"36"` becomes 36 for an
    integer, and `"TUE"` the allowed value `Tue`. Anything else is returned unchanged, for the field to reject.

    Raises:
        ValueError: A value that pydantic would misinterpret, such as a boolean for a number or a number for a
            date, or one that is nested too deeply.
    """
    if levels < 0:
        raise ValueError(f"nested more than {MAX_LEVELS} levels deep")
    if isinstance(value, list):
        value = unpaired(value, shape)
    if not isinstance(value, (list, dict)):
        return _scalar(value, shape)
    branch = shape.chosen(value)
    if isinstance(value, list):
        return [coerce(entry, branch.item(at), levels=levels - 1) for at, entry in enumerate(value)]
    kept = ((name, entry) for name, entry in value.items() if entry is not None or name not in branch.optional)
    return {name: coerce(entry, branch.entry(name), levels=levels - 1) for name, entry in kept}


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield each JSON object, outer ones before inner ones; only the first `_MAX_STARTS` braces are tried."""
    at = text.find("{")
    for _ in range(_MAX_STARTS):
        if at < 0:
            return
        try:
            found = _decoder.raw_decode(text, at)[0]
        except (ValueError, RecursionError):
            found = None
        if found is not None:
            yield found
        at = text.find("{", at + 1)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def unpaired(value: list[Any], shape: Shape) -> Any:
    """Turn a list of keys and values into a map if the schema has one there, unless a key occurs twice."""
    if not shape.takes_map or not all(map(_is_pair, value)) or (not value and shape.takes_list):
        return value
    turned = {entry["key"]: entry["value"] for entry in value}
    return turned if len(turned) == len(value) else value


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, dict) and set(entry) == {"key", "value"} and isinstance(entry["key"], str)


def _scalar(value: Any, shape: Shape) -> Any:
    types = shape.types
    if isinstance(value, str) and shape.enum is not None:
        return _member(value, shape.enum)
    if isinstance(value, bool):
        if types and "boolean" not in types:
            raise ValueError(f"expected {' or '.join(sorted(types))}")
        return value
    if isinstance(value, str):
        return _from_text(value, shape)
    if isinstance(value, (int, float)):
        return _from_number(value, shape)
    return value


def _member(value: str, enum: tuple[Any, ...]) -> Any:
    if value in enum:
        return value
    folded = value.strip().casefold()
    near = [member for member in enum if str(member).casefold() == folded]
    return near[0] if len(near) == 1 else value


def _from_text(value: str, shape: Shape) -> Any:
    types = shape.types
    if not types or shape.takes_text:
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


def _from_number(value: float, shape: Shape) -> Any:
    if "integer" in shape.types:
        return _whole(value)
    if "string" not in shape.types or "number" in shape.types:
        return value
    if not shape.takes_text:
        raise ValueError("expected a date or a time")
    return str(value)


def _number(text: str) -> float | None:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None


def _whole(number: float) -> float:
    exact = isinstance(number, float) and number.is_integer() and abs(number) < _EXACT
    return int(number) if exact else number
