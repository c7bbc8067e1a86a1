"""The parts of a value, and whether it can be written: no calls, no methods, no hidden attributes.

An entry of a mapping comes before an attribute, so that keys may be named `items` or `count`.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Any

_HIDDEN = (
    *(types.ModuleType, types.FrameType, types.CodeType, types.TracebackType, type),
    *(types.CoroutineType, types.AsyncGeneratorType, types.GeneratorType),
)
"""Values that are no data: neither they nor their attributes are written."""


class FilterUseError(Exception):
    """A filter cannot be used in this way; the text says why."""


class NoTextError(Exception):
    """A value has no text of its own, such as a function or a generator."""


NOTHING = object()
"""Stands for a missing part."""


def part_of(whole: Any, key: Any, nothing: Any = NOTHING) -> Any:
    """Return a part of a value; `nothing` if there is no such part."""
    if isinstance(whole, Mapping):
        return whole[key] if key in whole else whole.get(str(key), nothing)
    if isinstance(key, int) and isinstance(whole, (list, tuple, str)):
        return whole[key] if -len(whole) <= key < len(whole) else nothing
    if not isinstance(key, str) or key.startswith("_") or isinstance(whole, _HIDDEN) or callable(whole):
        return nothing
    value = getattr(whole, key, nothing)
    return nothing if callable(value) or isinstance(value, _HIDDEN) else value


def with_text(value: Any) -> Any:
    """Return a value that can be written.

    Raises:
        NoTextError: It is, or holds, what has no text of its own.
    """
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (str, int, float)) or part is None or id(part) in seen:
            continue
        _require_text(part)
        seen.add(id(part))
        if isinstance(part, Mapping):
            waiting += [*part, *part.values()]
        elif isinstance(part, (list, tuple, set, frozenset)):
            waiting += part
    return value


def _require_text(value: Any) -> None:
    kind: Any = type(value)
    has_no_text = kind.__repr__ is object.__repr__ and kind.__str__ is object.__str__
    if has_no_text or callable(value) or isinstance(value, (Iterator, *_HIDDEN)):
        raise NoTextError(f"{getattr(value, '__name__', kind.__name__)!r} is not a value that can be written")
