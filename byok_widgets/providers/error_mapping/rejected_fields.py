"""The fields of a request that a server's validation rejected, wherever in an error's body they are listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEPTH = 4
_INSIDE = ("error", "message", "detail", "details", "errors")


@dataclass(frozen=True)
class RejectedField:
    """One field that a server's validation rejected.

    Attributes:
        path: Its place in the request, from the outside in.
        code: The validation's name for what is wrong with it.
    """

    path: tuple[str, ...]
    code: str = ""

    @property
    def name(self) -> str:
        """The field of the request that contains it, whatever the server calls the request."""
        inside = [
            part for part in self.path if part not in ("body", "request", "__root__") and not part.isdecimal()
        ]
        return inside[0] if inside else ""


def rejected_fields(error: Any) -> tuple[RejectedField, ...]:
    """Return the fields of the request that an error names as rejected."""
    return tuple(_fields(error, _DEPTH))


def _fields(error: Any, depth: int) -> Iterator[RejectedField]:
    if not depth:
        return
    if isinstance(error, list):
        for entry in error:
            yield from _fields(entry, depth - 1)
    elif isinstance(error, Mapping):
        path = error.get("loc")
        if isinstance(path, list):
            yield RejectedField(tuple(map(str, path)), str(error.get("type") or error.get("msg") or "").lower())
        else:
            for name in _INSIDE:
                yield from _fields(error.get(name), depth - 1)
