"""Where a value violates `anyOf` or `oneOf`: inside of the alternative that is meant, if that can be told.

A list with one bad item violates "a list of rows, or null" as a whole; what is wrong is that item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Tells = Callable[[Any, int], bool]
"""Whether a violation at a depth inside of an alternative shows that another one is meant."""


def _is_of_another_type(error: Any, depth: int) -> bool:
    return depth == 0 and error.validator == "type"


def _has_another_tag(error: Any, depth: int) -> bool:
    return depth <= 1 and error.validator in ("const", "enum")


def _has_an_entry_of_another_type(error: Any, depth: int) -> bool:
    return depth <= 1 and error.validator == "type"


_TELLING: tuple[Tells, ...] = (_is_of_another_type, _has_another_tag, _has_an_entry_of_another_type)
"""What tells alternatives apart, the surest first."""


def at_their_place(errors: Iterable[Any]) -> Iterator[Any]:
    """Yield violations; for that of a choice, those of the only alternative that comes into question."""
    for error in errors:
        meant = _meant(error) if error.validator in ("anyOf", "oneOf") else []
        yield from at_their_place(meant) if meant else (error,)


def _meant(error: Any) -> list[Any]:
    """Return what is wrong in the only alternative that the value can be meant for; nothing if there are more."""
    left: dict[Any, list[Any]] = {}
    for inner in error.context or ():
        number = inner.schema_path[0] if inner.schema_path else None  # it allows nothing
        left.setdefault(number, []).append(inner)
    if len(left) == 1 < len(error.validator_value):
        return []
    left.pop(None, None)
    for tells in _TELLING:
        fitting = {
            number: found
            for number, found in left.items()
            if not any(tells(one, len(one.relative_path)) for one in found)
        }
        left = fitting or left
    return next(iter(left.values())) if len(left) == 1 else []
