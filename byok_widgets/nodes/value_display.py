"""How a value is shown: in a table, and as Python code."""

from __future__ import annotations

from typing import Any

from byok_widgets.value_words import in_words


def shown_value(value: Any) -> str:
    """Return a value for a table."""
    return "–" if value is None else in_words(value)


def format_value(value: Any) -> str:
    """Return the value as Python code; a set always in the same order."""
    if isinstance(value, (set, frozenset)) and value:
        return "{" + ", ".join(sorted(map(repr, value))) + "}"
    return repr(value)
