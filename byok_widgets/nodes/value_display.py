"""How a value is shown in a table."""

from __future__ import annotations

from typing import Any

from byok_widgets.display.value_words import in_words


def shown_value(value: Any) -> str:
    """Return a value for a table."""
    return "–" if value is None else in_words(value)
