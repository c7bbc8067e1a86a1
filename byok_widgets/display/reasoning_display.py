"""How a model's reasoning is shown: folded away, and inert. It is never sent to a model."""

from __future__ import annotations

from byok_widgets.display import markup
from byok_widgets.display.shortening import in_part

TITLE = "Reasoning"
_HOLDER = "the reply's .reasoning"


def folded(reasoning: str, *, of: str = "") -> markup.Markup:
    """Return reasoning as HTML that opens on a click; empty if there is none.

    Args:
        reasoning: The text.
        of: Whose reasoning it is, if the context does not show it.
    """
    if not reasoning:
        return markup.Markup()
    return markup.details(f"{TITLE} of {of}" if of else TITLE, markup.aside(shown(reasoning)))


def noted(reasoning: str, held_by: str) -> str:
    """Return one line of plain text that says where to find the reasoning; empty if there is none."""
    return f"(reasoning: {len(reasoning):,} characters, in {held_by})" if reasoning else ""


def shown(reasoning: str) -> str:
    """Return reasoning, shortened for display."""
    return in_part(reasoning, held_by=_HOLDER)
