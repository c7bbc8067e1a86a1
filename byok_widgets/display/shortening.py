"""Long texts are shortened for display, with a note that says so."""

from __future__ import annotations

MAX_CHARS = 100_000
"""Maximum number of characters of one text that are shown."""


def shortened(total_chars: int, *, held_by: str = "the reply's .text") -> str:
    """Return the note that a text was not shown in full; `held_by` says where all of it is."""
    left_out = total_chars - MAX_CHARS
    return f"[{left_out:,} of {total_chars:,} characters are not shown here; {held_by} holds all of them.]"


def in_part(text: str, *, held_by: str = "the reply's .text") -> str:
    """Return a text as it is shown: as far as the limit allows, with a note where something is left out."""
    if len(text) <= MAX_CHARS:
        return text
    return f"{text[:MAX_CHARS]}\n{shortened(len(text), held_by=held_by)}"
