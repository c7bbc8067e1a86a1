"""Errors inside answers, in all the shapes that servers use: with or without a field `error`, and inside texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from byok_widgets.providers.error_mapping.error_signs import REASONS
from byok_widgets.providers.error_mapping.rejected_fields import rejected_fields

_MAX_DEPTH = 4
_ENVELOPES = ("error", "detail", "message", "response", "data", "err", "exception")
_LIKE_A_REASON = re.compile(
    r"(?!.*(type|code|id|name|class|status)$).*(mess?age|msg|detail|descri|error|exception|failure|title|reason$)"
    r"|(err|fault|raw)",
    re.IGNORECASE,
)
"""What fields are called that give a reason in the words of one vendor alone."""
_REASON_OF_AN_END = re.compile(r"(finish|stop|done|end)\w*reason", re.IGNORECASE)


def inner_error(outer: Mapping[str, Any], depth: int = 0) -> Mapping[str, Any]:
    """Return the error inside a body, with its message in the field `message`.

    Gateways put the error of the server behind them into the message of their own, as JSON.
    """
    error = outer.get("error")
    if isinstance(error, list) and error:
        error = error[0]
    nested = _nested(outer)
    if nested is not None and depth < _MAX_DEPTH:
        return inner_error(nested, depth + 1)
    if isinstance(error, Mapping):
        inner: Mapping[str, Any] = error if error.get("message") or error.get("detail") else {**outer, **error}
    elif isinstance(error, str) and error:
        more = text_of_reason({name: value for name, value in outer.items() if name != "error"})
        inner = {**outer, "message": ": ".join(filter(None, (error, more)))}
    else:
        inner = outer
    return _unwrapped(inner)


def text_of_reason(holder: Mapping[str, Any], depth: int = 0) -> str:
    """Return the reason that an error gives, as text; empty if it gives none.

    It is in one of the usual fields, or else in one whose name is like theirs, here or further inside.
    """
    return _usual_reason(holder) or _unusual_reason(holder, depth)


def any_sentence(value: Any, name: str = "", depth: int = 0) -> str:
    """Return the first text of several words in an error of unknown shape, after the name of its field."""
    if isinstance(value, str):
        is_sentence = " " in value.strip()
        return ": ".join(filter(None, (name, value))) if is_sentence else ""
    if depth == _MAX_DEPTH or not isinstance(value, (Mapping, list)):
        return ""
    rows = value.items() if isinstance(value, Mapping) else ((name, row) for row in value)
    return next(filter(None, (any_sentence(row, str(key), depth + 1) for key, row in rows)), "")


def _usual_reason(holder: Mapping[str, Any]) -> str:
    for name in REASONS:
        reason = holder.get(name)
        if isinstance(reason, Mapping):
            reason = _usual_reason(reason)
        elif isinstance(reason, list):
            rows = (row if isinstance(row, str) else _text_of_row(row) for row in reason)
            reason = "; ".join(filter(None, rows))
        if isinstance(reason, str) and reason:
            return reason
    return ""


def _unusual_reason(holder: Mapping[str, Any], depth: int) -> str:
    for name, value in holder.items():
        if isinstance(value, str) and _LIKE_A_REASON.match(name) and not _REASON_OF_AN_END.search(name):
            return value
    inside = (row for value in holder.values() for row in (value if isinstance(value, list) else [value]))
    rows = (row for row in inside if isinstance(row, Mapping)) if depth < _MAX_DEPTH else ()
    return next(filter(None, (text_of_reason(row, depth + 1) for row in rows)), "")


def _nested(outer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return an object inside another one that is an error in an envelope of its own."""
    holders = (outer.get(name) for name in _ENVELOPES)
    return next((found for found in holders if isinstance(found, Mapping) and "error" in found), None)


def _text_of_row(row: Any) -> str:
    said = (row.get("msg") or row.get("message")) if isinstance(row, Mapping) else None
    if not isinstance(said, str) or not said:
        return ""
    named = (field.name for field in rejected_fields(row))
    return ": ".join(filter(None, (next(named, ""), said)))


def _unwrapped(inner: Mapping[str, Any], depth: int = 0) -> Mapping[str, Any]:
    message = inner.get("message")
    if depth == _MAX_DEPTH or not isinstance(message, str):
        return inner
    nested = _json_in(message)
    error = nested.get("error", nested)
    if isinstance(error, str):
        return {**inner, "message": error}
    if not isinstance(error, Mapping) or not text_of_reason(error):
        return inner
    own = {name: value for name, value in inner.items() if name not in ("message", *error)}
    return _unwrapped({**own, **error, "message": text_of_reason(error)}, depth + 1)


def _json_in(message: str) -> Mapping[str, Any]:
    """Return the JSON object with which a message ends; empty without one."""
    at = message.find("{")
    try:
        found = json.loads(message[at:], strict=False) if at >= 0 else None
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, list) and found:
        found = found[0]
    return found if isinstance(found, Mapping) else {}
