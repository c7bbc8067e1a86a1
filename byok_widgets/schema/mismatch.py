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
    errors = _of_what_is_meant(value, error.errors(include_url=False, include_input=False))
    found = [(location_in(value, each["loc"]), each["msg"]) for each in errors]
    where = ".".join(map(str, errors[0]["loc"]))
    return MismatchError(f"{where}: {errors[0]['msg']}" if where else errors[0]["msg"], found)


def _of_what_is_meant(value: Any, errors: list[Any]) -> list[Any]:
    """Return the errors without those of alternatives that the value fits less than others."""
    choices = [_choice(value, each) for each in errors]
    fits: dict[Location, dict[Any, int]] = {}
    for place, alternative, fit in choices:
        known = fits.setdefault(place, {})
        known[alternative] = min(fit, known.get(alternative, fit))
    return [
        each
        for each, (place, alternative, _) in zip(errors, choices, strict=True)
        if fits[place][alternative] == max(fits[place].values())
    ]


def _choice(value: Any, error: Any) -> tuple[Location, Any, int]:
    """Return where an error's first alternative begins, its name, and how well the value fits it at most.

    It fits least where it is of another type itself, then where its tag is another, then where it lacks an entry,
    then where an entry is of another type.
    """
    steps = error["loc"]
    place = location_in(value, steps)
    shared = next((at for at, step in enumerate(place) if steps[at] != step), len(place))
    depth = len(steps) - shared - 1
    is_type = error["type"].endswith("_type")
    told = ((is_type, 0), (error["type"] == "literal_error", 1), (error["type"] == "missing", 1), (is_type, 1))
    fit = next((at for at, (applies, deepest) in enumerate(told) if applies and depth <= deepest), len(told))
    return place[:shared], steps[shared] if shared < len(steps) else None, fit
