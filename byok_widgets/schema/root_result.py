"""The result of checking all values of an object together."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from byok_widgets.schema.mismatch import Location
from byok_widgets.schema.values.exact_numbers import decimal_text


@dataclass(frozen=True)
class RootResult:
    """The result of checking all values together.

    Attributes:
        record: The pydantic object; `None` without a class, or if it cannot be created.
        values: Its values by field.
        problems: Violated rules, each with the names and indexes that lead to its place; that of `()` is a rule of
            the object as a whole.
        lacks_only: Whether what is under `()` is only that something more must be stated.
        pending: Whether there are rules of the whole that wait for values that are not stated.
    """

    record: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[Location, str] = field(default_factory=dict)
    lacks_only: bool = False
    pending: bool = False

    def problems_in(self, name: str) -> dict[Location, str]:
        """Return the violated rules inside of a field, each with the way from the field to its place."""
        return {place[1:]: problem for place, problem in self.problems.items() if place[:1] == (name,)}


def json_text(value: Any) -> str:
    """Return the JSON text of a value; a decimal as text, which pydantic reads without loss.

    Raises:
        ValueError: A number is not finite, or a string contains an unpaired surrogate.
    """
    text = _encoder.encode(value)
    if not text.isascii() and _HALF.search(text):
        raise ValueError("it holds half of a character, a surrogate without its pair")
    return text


_HALF = re.compile("[\ud800-\udfff]")
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=decimal_text)
