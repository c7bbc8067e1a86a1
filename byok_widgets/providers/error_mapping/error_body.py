"""The error inside a body, in any of the shapes that providers, servers and gateways use.

Known shapes: `{"error": {...}}`, the same in a list, a flat object, `{"detail": ...}` with text or with a list of
rejected fields, `{"message": ...}` with text, a list or an object, and a complete error as JSON inside a message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_DEPTH = 4
_READ_CHARS = 100_000
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


def error_in(body: Any) -> Mapping[str, Any]:
    """Return the object that describes the error; empty if there is none."""
    outer = body[0] if isinstance(body, list) and body else body
    if isinstance(outer, str):
        outer = {"message": outer}
    outer = _mapping(outer)
    inner = outer.get("error", outer)
    return _unfolded(inner if isinstance(inner, Mapping) else {"message": inner}, _DEPTH)


def words_of(error: Any) -> str:
    """Return what an error says in prose; empty if it says nothing."""
    return _words(error, _DEPTH)


def rejected_fields(error: Any) -> tuple[RejectedField, ...]:
    """Return the fields of the request that an error names as rejected."""
    return tuple(_fields(error, _DEPTH))


def json_in(text: str) -> Mapping[str, Any] | None:
    """Return the JSON object in a text, which may stand behind some words; `None` if there is none."""
    start = text.find("{")
    if start < 0 or len(text) > _READ_CHARS:
        return None
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text[start:])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _unfolded(error: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    """Return an error with the one that its message contains as JSON in its place."""
    said = error.get("message")
    nested = json_in(said) if isinstance(said, str) and depth else None
    if not nested or not any(name in nested for name in _INSIDE):
        return error
    inner = nested.get("error", nested)
    inner = _unfolded(inner if isinstance(inner, Mapping) else {"message": inner}, depth - 1)
    return {**error, **{name: value for name, value in inner.items() if value is not None}}


def _words(error: Any, depth: int) -> str:
    if isinstance(error, str):
        return error
    if not depth:
        return ""
    if isinstance(error, list):
        return "; ".join(filter(None, (_of_row(entry, depth - 1) for entry in error)))
    names = ("message", "msg", "detail", "error", "errors", "error_description")
    found = (_words(_mapping(error).get(name), depth - 1) for name in names)
    return next((words for words in found if words), "")


def _of_row(row: Any, depth: int) -> str:
    said, fields = _words(row, depth), rejected_fields(row)
    name = fields[0].name if len(fields) == 1 else ""
    return f"{name}: {said}" if name and said else said


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


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
