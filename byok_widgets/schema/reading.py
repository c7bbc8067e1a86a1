"""Reading values: a model's text into an object, and a value into a field's type without loss."""

from __future__ import annotations

import json
import math
from typing import Any

from byok_widgets.errors import SchemaError
from byok_widgets.schema.fields import FieldSpec

_NOT_STATED = frozenset(
    {
        "",
        "n/a",
        "na",
        "unknown",
        "none",
        "null",
        "nil",
        "not stated",
        "not specified",
        "unspecified",
        "not provided",
    }
    | {"not given", "not mentioned", "undefined", "-", "–", "?"}
)


def first_object(text: str) -> dict[str, Any]:
    """Return the JSON object in a model's answer: bare, in a code fence, or the first one in prose.

    Raises:
        SchemaError: There is none.
    """
    decoder = json.JSONDecoder(parse_constant=_no_constant)
    at = text.find("{")
    while at >= 0:
        try:
            found, _ = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        if isinstance(found, dict):
            return found
    raise SchemaError(
        "The model did not answer with a JSON object.",
        kind="not_json",
        fix="Run it again, or choose a model that knows structured output.",
    )


def is_stated(value: Any, field: FieldSpec) -> bool:
    """Whether a value says something; words like "unknown" do not, unless they are among the allowed values."""
    if value is None:
        return False
    if not isinstance(value, str) or value in (field.enum or ()):
        return True
    return value.strip().casefold() not in _NOT_STATED


def without_loss(value: Any, field: FieldSpec) -> Any:
    """Bring a value nearer to the field's type where nothing is lost by it; else return it as it is.

    Raises:
        ValueError: A truth value for a number, or a number for a truth value: pydantic would take them.
    """
    if field.enum is not None and isinstance(value, str):
        return _member(value, field.enum)
    types = field.types
    if isinstance(value, bool):
        if types and "boolean" not in types:
            raise ValueError(f"expected {' or '.join(sorted(types))}")
        return value
    if isinstance(value, (int, float)):
        return _from_number(value, types)
    if isinstance(value, str):
        return _from_text(value, types)
    return value


def _from_number(value: float, types: frozenset[str]) -> Any:
    if types == {"boolean"}:
        raise ValueError("expected true or false")
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return int(value)
    if types == {"string"}:
        return str(value)
    return value


def _from_text(value: str, types: frozenset[str]) -> Any:
    if not types or "string" in types:
        return value
    text = value.strip()
    if "boolean" in types and text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    if types == {"boolean"}:
        raise ValueError("expected true or false")
    if types & {"integer", "number"}:
        return _number(text, types)
    return value


def _number(text: str, types: frozenset[str]) -> Any:
    try:
        number = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if "integer" in types and float(number).is_integer() else number


def _member(value: str, enum: tuple[Any, ...]) -> Any:
    if value in enum:
        return value
    folded = value.strip().casefold()
    near = [member for member in enum if str(member).casefold() == folded]
    return near[0] if len(near) == 1 else value


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
