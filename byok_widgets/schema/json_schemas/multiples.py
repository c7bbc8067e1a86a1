"""The rule `multipleOf` of JSON Schema, in decimals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from byok_widgets.schema.values.exact_numbers import is_multiple


def multiple_of(checker: Any, step: Any, value: Any, schema: Any) -> Iterator[Any]:
    """Yield an error for a number that is no multiple of another, as a rule of `jsonschema` does."""
    from byok_widgets.schema.json_schemas.library import jsonschema

    del schema
    if checker.is_type(value, "number") and not is_multiple(value, step):
        yield jsonschema.ValidationError(f"{value!r} is not a multiple of {step!r}")
