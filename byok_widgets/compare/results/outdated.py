"""What was changed since a comparison has ended, in words."""

from __future__ import annotations

from collections.abc import Sequence


def changed_words(outdated: Sequence[str]) -> str:
    """Say that something was changed: "the flow and the judge were changed"."""
    return f"{' and '.join(outdated)} {'was' if len(outdated) == 1 else 'were'} changed"
