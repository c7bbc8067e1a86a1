"""What the notebook file keeps of a chat: the words of each session."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from byok_widgets.display.sanitize import sanitize

if TYPE_CHECKING:
    from byok_widgets.session import Session

NOTHING = {
    "text/plain": "No messages yet.",
    "text/html": "<small>No messages yet. Run this cell in a notebook to chat.</small>",
}


def conversations(sessions: Sequence[tuple[str, Session]]) -> dict[str, str]:
    """Return what was said in sessions with their labels, as text and as HTML; `NOTHING` where nothing was."""
    spoken = [(sanitize(label), session) for label, session in sessions if session.turns]
    if not spoken:
        return NOTHING
    parts = [sanitize(session._repr_html_()) for _, session in spoken]
    texts = [sanitize(f"{session.summary}\n{session}") for _, session in spoken]
    if len(spoken) > 1:
        labels = [label for label, _ in spoken]
        parts = [f"<h4>{html.escape(label)}</h4>{part}" for label, part in zip(labels, parts, strict=True)]
        texts = [f"{label}: {text}" for label, text in zip(labels, texts, strict=True)]
    return {"text/plain": "\n\n".join(texts), "text/html": "".join(parts)}
