"""Values of Python's own types only: comparing one or converting it to text takes bounded time."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_ATOMS = frozenset({str, int, float, bool, type(None), date, datetime, time, Decimal})
_CONTAINERS = frozenset({list, tuple, set, frozenset})
_MAX_DEPTH = 8
_MAX_ENTRIES = 10_000


def is_plain(value: Any, depth: int = _MAX_DEPTH) -> bool:
    """Whether a value consists only of Python's own types, not subclasses, and is of moderate size."""
    if type(value) in _ATOMS:
        return True
    if depth == 0 or type(value) not in _CONTAINERS | {dict} or len(value) > _MAX_ENTRIES:
        return False
    entries = [*value, *value.values()] if type(value) is dict else value
    return all(is_plain(entry, depth - 1) for entry in entries)
