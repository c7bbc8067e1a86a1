"""The fields of a request that a server's validation rejected, as FastAPI and its relatives list them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEPTH = 4
_HOLDERS = ("detail", "message", "errors", "error")
_REQUEST = ("body", "request", "__root__")


@dataclass(frozen=True)
class RejectedField:
    """One field that was rejected.

    Attributes:
        path: Its place in the request, from the outside in.
        code: The validation's name for what is wrong with it.
    """

    path: tuple[str, ...]
    code: str = ""

    @property
    def name(self) -> str:
        """The field of the request that contains it; empty if it is the request itself."""
        inside = (part for part in self.path if part not in _REQUEST and not part.isdecimal())
        return next(inside, "")


def rejected_fields(error: Any, depth: int = _DEPTH) -> Iterator[RejectedField]:
    """Yield the fields that an error names as rejected."""
    if isinstance(error, list) and depth:
        for entry in error:
            yield from rejected_fields(entry, depth - 1)
    elif isinstance(error, Mapping) and depth:
        if isinstance(error.get("loc"), list):
            yield _field(error)
        else:
            for name in _HOLDERS:
                yield from rejected_fields(error.get(name), depth - 1)


def _field(row: Mapping[str, Any]) -> RejectedField:
    return RejectedField(tuple(map(str, row["loc"])), str(row.get("type") or row.get("msg") or "").lower())
