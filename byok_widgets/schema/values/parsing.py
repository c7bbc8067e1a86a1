"""Parsing values: each into its expected type, without loss."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from byok_widgets.schema.reading.json_reading import Unreadable, decode, decode_loosely
from byok_widgets.schema.shape import Shape
from byok_widgets.schema.values.exact_numbers import as_decimal, as_float, as_whole, number_in
from byok_widgets.schema.values.locales import Locale
from byok_widgets.schema.values.unstated_words import IsSaid, never_said, says_nothing
from byok_widgets.schema.values.written_numbers import written_number
from byok_widgets.schema.values.written_values import written_value
from byok_widgets.text_forms import same_form

MAX_LEVELS = 60


def is_stated(value: Any, shape: Shape, is_said: IsSaid = never_said) -> bool:
    """Whether a value was stated.

    Words like "unknown" do not count, unless they are allowed values; nor does an object with no stated part.

    Args:
        value: A JSON value, coerced.
        shape: What the field allows.
        is_said: Whether the dialogue holds a text in exactly these words.
    """
    if isinstance(value, str):
        return value in (shape.enum or ()) or not says_nothing(value, is_said)
    if isinstance(value, dict) and value:
        branch = shape.chosen(value)
        return any(is_stated(entry, branch.entry(name), is_said) for name, entry in value.items())
    return value is not None


def coerce(value: Any, shape: Shape, locale: Locale | None = None, *, levels: int = MAX_LEVELS) -> Any:
    """Coerce a JSON value to a shape, as far as nothing is lost.

    Lists of keys and values become maps again, nulls for optional properties are dropped, `"36"` becomes 36 for an
    integer, and `"TUE"` the allowed value `Tue`. A list or an object that is written as text is read. Anything
    else is returned unchanged, for the field to reject.

    Args:
        value: The value that a model wrote.
        shape: What the field allows.
        locale: The locale of the dialogue, where one is declared.
        levels: How deeply the value may be nested.

    Raises:
        ValueError: A value that pydantic would misinterpret, such as a boolean for a number or a number for a
            date, one with several meanings, or one that is nested too deeply.
    """
    if levels < 0:
        raise ValueError(f"nested more than {MAX_LEVELS} levels deep")
    if isinstance(value, Unreadable):
        raise ValueError(value.reason)  # noqa: TRY004 - reported like any value that does not fit
    value = decoded(value, shape)
    if isinstance(value, list):
        value = unpaired(value, shape)
    if not isinstance(value, (list, dict)):
        return _scalar(value, shape, locale)
    branch = shape.chosen(value)
    if isinstance(value, list):
        return [coerce(entry, branch.item(at), locale, levels=levels - 1) for at, entry in enumerate(value)]
    kept = ((name, entry) for name, entry in value.items() if entry is not None or name not in branch.optional)
    return {name: coerce(entry, branch.entry(name), locale, levels=levels - 1) for name, entry in kept}


def unpaired(value: list[Any], shape: Shape) -> Any:
    """Turn a list of keys and values into a map if the schema has one there, unless a key occurs twice."""
    if not shape.takes_map or not all(map(_is_pair, value)) or (not value and shape.takes_list):
        return value
    turned = {entry["key"]: entry["value"] for entry in value}
    return turned if len(turned) == len(value) else value


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, dict) and set(entry) == {"key", "value"} and isinstance(entry["key"], str)


def decoded(value: Any, shape: Shape) -> Any:
    """Return the list or object that is written as text, where no text is allowed."""
    if (
        not isinstance(value, str)
        or shape.takes_text
        or not shape.takes_parts
        or value.strip()[:1] not in ("[", "{")
    ):
        return value
    read = decode(value)
    if isinstance(read, str):
        loose = decode_loosely(value.strip())
        return value if loose is None else loose
    return read


def _scalar(value: Any, shape: Shape, locale: Locale | None) -> Any:
    types = shape.types
    if isinstance(value, str) and shape.enum is not None:
        return _member(value, shape.enum)
    if isinstance(value, bool):
        if types and "boolean" not in types:
            raise ValueError(f"expected {' or '.join(sorted(types))}")
        return value
    if isinstance(value, str):
        return _from_text(value, shape, locale)
    if isinstance(value, (int, float, Decimal)):
        return _from_number(value, shape)
    return value


def _member(value: str, enum: tuple[Any, ...]) -> Any:
    if value in enum:
        return value
    wanted = _folded(value)
    near = [member for member in enum if _folded(str(member)) == wanted]
    return near[0] if len(near) == 1 else value


def _folded(text: str) -> str:
    return same_form(same_form(text).strip().casefold())


def _from_text(text: str, shape: Shape, locale: Locale | None) -> Any:
    if shape.takes_decimal:
        number = written_number(text, locale)
        return text if number is None else _from_number(number, shape)
    if not shape.types or shape.takes_text:
        return text
    text = text.strip()
    read = written_value(text, shape, locale)
    if isinstance(read, (int, Decimal)) and not isinstance(read, bool):
        return _from_number(read, shape)
    if "string" in shape.types and number_in(text) is not None:
        raise ValueError("expected a date or a time")
    return read


def _from_number(value: float | Decimal, shape: Shape) -> Any:
    types = shape.types
    if shape.takes_decimal:
        return as_decimal(value)
    if "integer" in types:
        value = as_whole(value)
    if types == {"boolean"}:
        raise ValueError("expected boolean")  # Python takes 1 for True
    if isinstance(value, int) and ("string" not in types or types & {"integer", "number"}):
        return value
    if "string" not in types or "number" in types:
        return as_float(value) if "string" not in types else _number_or_text(value, shape)
    if not shape.takes_text:
        raise ValueError("expected a date or a time")
    return str(value)


def _number_or_text(value: float | Decimal, shape: Shape) -> Any:
    try:
        return as_float(value)
    except ValueError:
        if not shape.takes_text:
            raise
        return str(value)
