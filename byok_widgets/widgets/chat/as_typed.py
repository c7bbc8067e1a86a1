"""A value as a person would type it."""

from __future__ import annotations

import json
from typing import Any

_SPECIAL = frozenset(',"[]{}')


def as_typed(value: Any) -> str:
    """Return a value as a person would type it: nothing for `None`, a plain list with commas, all else as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(value, fallback=str)
    if isinstance(plain, list) and plain and all(map(_is_plain, plain)):
        return ", ".join(map(as_typed, plain))
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _is_plain(item: Any) -> bool:
    """Whether an item of a list can be typed between commas, and is read as the same again."""
    if isinstance(item, str):
        return item == item.strip() != "" and item.isprintable() and _SPECIAL.isdisjoint(item)
    return isinstance(item, (int, float))
