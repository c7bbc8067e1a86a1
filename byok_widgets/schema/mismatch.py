"""`MismatchError`: where a value does not fit its type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Location = tuple[str | int, ...]


class MismatchError(ValueError):
    """A value does not fit its type.

    Attributes:
        found: For each place, the names and indexes that lead to it, and what was expected there.
    """

    def __init__(self, message: str, found: Iterable[tuple[Location, str]] = ()) -> None:
        super().__init__(message)
        self.found = tuple(found) or (((), message),)


def location_in(value: Any, steps: Iterable[Any]) -> Location:
    """Return the part of a location that exists in a value; what only the type knows is left out."""
    found: list[str | int] = []
    for step in steps:
        is_name = isinstance(value, dict) and step in value
        if is_name or (isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)):
            found.append(step)
            value = value[step]
    return tuple(found)


def mismatch_of(value: Any, error: Any) -> MismatchError:
    """Return what pydantic's `ValidationError` says of a value."""
    errors = error.errors(include_url=False, include_input=False)
    found = [(location_in(value, each["loc"]), each["msg"]) for each in errors]
    where = ".".join(map(str, errors[0]["loc"]))
    return MismatchError(f"{where}: {errors[0]['msg']}" if where else errors[0]["msg"], found)
