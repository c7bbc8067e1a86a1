"""External text in a form that is safe to show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.secrets import redact

READ_CHARS = 4000
"""How much of an external text is read, in characters."""
_SHOWN_CHARS = 200


def excerpt(text: str) -> str:
    """Return external text in a form that is safe to show: one short printable line, without any key."""
    line = one_line(text)
    return line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 1] + "…"


def one_line(text: str) -> str:
    """Return external text as one printable line, without any key, and not shortened for the screen."""
    line = " ".join(redact(text[:READ_CHARS]).split())
    return "".join(char if char.isprintable() else "�" for char in line)


def request_id(headers: Mapping[str, Any]) -> str | None:
    """Return the id by which the provider can find the request."""
    for name in ("x-request-id", "request-id", "x-generation-id", "request_id"):
        found = headers.get(name)
        if found and isinstance(found, str):
            return excerpt(found)
    return None
