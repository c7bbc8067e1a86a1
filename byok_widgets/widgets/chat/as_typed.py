"""A value as a person would type it."""

from __future__ import annotations

import json
from typing import Any


def as_typed(value: Any) -> str:
    """Return a value as a person would type it: lists and objects as JSON, and nothing for `None`."""
    if value is None or isinstance(value, str):
        return value or ""
    from pydantic_core import to_jsonable_python

    plain = to_jsonable_python(value, fallback=str)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
