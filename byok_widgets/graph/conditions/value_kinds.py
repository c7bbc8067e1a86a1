"""What kind of thing a value of a condition is, and how a person would call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from numbers import Number
from typing import Any, Literal

from byok_widgets.display.value_words import quoted

Kind = Literal["text", "number", "truth", "list", "object", "date"]
_SHOWN_CHARS = 80

WORDS: Mapping[Kind, str] = {
    "text": "a text",
    "number": "a number",
    "truth": "a yes or no",
    "list": "a list",
    "object": "an object",
    "date": "a date or time",
}

_KINDS: tuple[tuple[type | tuple[type, ...], Kind], ...] = (
    (str, "text"),
    (bool, "truth"),
    (Number, "number"),
    ((date, time), "date"),
    ((list, tuple, set, frozenset), "list"),
    (Mapping, "object"),
)


def kind_of(value: Any) -> Kind | None:
    """Return the kind of a value; `None` for one that the grammar does not know."""
    return next((kind for types, kind in _KINDS if isinstance(value, types)), None)


def describe_value(value: Any) -> str:
    """Say what kind of thing a value is."""
    kind = kind_of(value)
    return WORDS[kind] if kind else f"of the type {type(value).__name__}"


def told(value: Any) -> str:
    """Return a value for a sentence; one that the grammar does not know as Python writes it."""
    return _shortened(value, quoted if value is None or kind_of(value) else repr)


def shown(value: Any) -> str:
    """Return a value for an error, as Python writes it."""
    return "not stated" if value is None else _shortened(value, repr)


def _shortened(value: Any, write: Callable[[Any], str]) -> str:
    try:
        text = write(value)
    except Exception:  # noqa: BLE001 - it may be anybody's value
        return describe_value(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
