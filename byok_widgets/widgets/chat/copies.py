"""A conversation as text for the clipboard: as a transcript, or as a case for tests and comparisons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from byok_widgets.cases.writing import entry_of
from byok_widgets.secrets import redact

if TYPE_CHECKING:
    from byok_widgets.session import Session


def as_transcript(session: Session) -> str:
    """Return who said what, a paragraph each."""
    lines = []
    for turn in session.turns:
        lines += [] if turn.text is None else [f"You: {turn.text}"]
        lines += [f"{turn.reply.node}: {turn.reply.told}"] if turn.reply else []
    return redact("\n\n".join(lines))


def as_case(session: Session) -> str:
    """Return the conversation as one line of a `*.cases` file: what the caller says, and the outcome."""
    return redact(json.dumps(entry_of(session), ensure_ascii=False))
