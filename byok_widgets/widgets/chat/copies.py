"""A conversation as text, to be copied: as a transcript, or as a case for tests and comparisons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
    """Return the conversation as one line of a `*.cases.jsonl` file: what the caller says, and what came of it."""
    stated = {name: value for name, value in session.variables.items() if value is not None}
    case = {
        "caller": [turn.text for turn in session.turns if turn.text is not None],
        "values": stated,
        "path": [node for turn in session.turns for node in turn.path],
        **({"end_node": session.node} if session.closed else {}),
    }
    return redact(json.dumps(case, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(value, fallback=str)
