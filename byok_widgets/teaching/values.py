"""The values of a notebook's variables as plain data, told in its kernel and compared outside of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any

MOST_CHARS = 20_000
"""Longest value, in characters of JSON."""
_MOST_ITEMS = 1000
_DEPTH = 8
_MISSING = object()


def tell(place: str, names: Sequence[str], namespace: Mapping[str, Any]) -> None:
    """Write the values of variables into a file, for the process that waits for them.

    Args:
        place: The file.
        names: Variables, or parts of them such as `found.values`.
        namespace: The variables of the notebook.
    """
    told = {name: text for name in names if (text := _text_of(name, namespace)) is not None}
    with open(place, "w", encoding="utf-8") as file:  # noqa: PTH123 - a student may have put anything into Path
        json.dump(told, file)


def _text_of(name: str, namespace: Mapping[str, Any]) -> str | None:
    """Return a value as JSON; `None` where there is none."""
    first, *parts = name.split(".")
    value = namespace.get(first, _MISSING)
    try:
        for part in parts:
            value = value[part] if isinstance(value, Mapping) and part in value else getattr(value, part, _MISSING)
        return None if value is _MISSING else json.dumps(_plain(value, _DEPTH), sort_keys=True)[:MOST_CHARS]
    except Exception as error:  # noqa: BLE001 - the object is a student's, and may raise anything
        return json.dumps(f"({type(error).__name__})")


def _plain(value: Any, depth: int) -> Any:
    """Return a value as data of JSON; what is none of it as its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth and isinstance(value, Mapping):
        return {str(name): _plain(each, depth - 1) for name, each in islice(value.items(), _MOST_ITEMS)}
    if depth and isinstance(value, AbstractSet):
        return sorted((_plain(each, depth - 1) for each in islice(value, _MOST_ITEMS)), key=repr)
    if depth and isinstance(value, Sequence):
        return [_plain(each, depth - 1) for each in islice(value, _MOST_ITEMS)]
    return str(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same; numbers may differ in their last digits."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
