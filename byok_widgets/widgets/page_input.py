"""What the page sends, read as what it should be: anybody who can write to the kernel can send anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.config.short_text import reject_long
from byok_widgets.errors import ConfigError


def field_text(content: Mapping[str, Any], name: str) -> str:
    """Return the text of a message's field; empty where it holds none.

    Raises:
        ConfigError: It is not text, or longer than anything that is typed there. It is in no part of the error.
    """
    text = content.get(name, "")
    reject_long(text, "This field")
    if not isinstance(text, str):
        raise ConfigError("This field takes text.", kind="not_text", fix="Type it again.")
    return text
