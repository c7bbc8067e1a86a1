"""The values of variables: which of them can be processed in a bounded time, and copies of them."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_ATOMS = frozenset({str, int, float, bool, type(None), date, datetime, time, Decimal})
_CONTAINERS = frozenset({list, tuple, set, frozenset, dict})
_MAX_DEPTH = 8
_MAX_ENTRIES = 10_000
_MAX_CHARS = 1_000_000
_MAX_BITS = 4096


def is_plain(value: Any) -> bool:
    """Whether comparing a value, or writing it as text, takes a bounded time.

    It is then made of Python's own types alone, subclasses not included, and is of moderate size in all.
    """
    return are_plain((value,))


def are_plain(values: Iterable[Any]) -> bool:
    """Whether several values are plain, taken together."""
    level, entries, chars = list(values), 0, 0
    for _ in range(_MAX_DEPTH + 1):
        entries += len(level)
        if entries > _MAX_ENTRIES or not all(map(_is_plain_alone, level)):
            return False
        chars += sum(len(value) for value in level if type(value) is str)
        inside = [value for value in level if type(value) in _CONTAINERS]
        if chars > _MAX_CHARS or sum(map(len, inside)) > _MAX_ENTRIES:
            return False
        level = [entry for container in inside for entry in _entries(container)]
        if not level:
            return True
    return False


def copy_of(value: Any) -> Any:
    """Return a copy that shares nothing changeable with `value`.

    What cannot be copied, such as an open connection, stays the same object, also inside lists and mappings.
    """
    return _copied(value, {})


def copies_of(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of each variable, for code that must not change them."""
    copies: dict[str, Any] = copy_of(dict(variables))
    return copies


def _is_plain_alone(value: Any) -> bool:
    if type(value) is int:
        return value.bit_length() <= _MAX_BITS
    return type(value) in _ATOMS or type(value) in _CONTAINERS


def _entries(container: Any) -> Iterable[Any]:
    return [*container, *container.values()] if type(container) is dict else container


def _copied(value: Any, known: dict[int, Any]) -> Any:
    if type(value) in _ATOMS:
        return value
    if id(value) in known:
        return known[id(value)]
    known[id(value)] = value  # of a tuple that holds itself
    if type(value) is list:
        known[id(value)] = entries = []
        entries += [_copied(entry, known) for entry in value]
    elif type(value) is dict:
        known[id(value)] = named = {}
        named.update({key: _copied(entry, known) for key, entry in value.items()})
    elif type(value) in _CONTAINERS:  # tuples and sets
        known[id(value)] = type(value)(_copied(entry, known) for entry in value)
    else:
        with contextlib.suppress(Exception):  # a value may be anybody's, and refuse in any way
            known[id(value)] = copy.deepcopy(value)
    return known[id(value)]
