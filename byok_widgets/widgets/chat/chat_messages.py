"""What the chat shows of a session, as plain texts: turns, variables, totals. All of it is inert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ByokError, FlowError
from byok_widgets.nodes.extraction_result import shown_value
from byok_widgets.secrets import redact
from byok_widgets.session.explain import explained
from byok_widgets.session.variables import STATUS_WORDS
from byok_widgets.widgets.cell_output import MAX_CHARS, shortened
from byok_widgets.widgets.sanitize import sanitize

if TYPE_CHECKING:
    from byok_widgets.session import Session, Turn
    from byok_widgets.widgets.page_messages import FailureWords, Standing, TurnFacts

Words = Mapping[str, Any]

STOPPED: FailureWords = {
    "kind": "interrupted",
    "problem": "Stopped before the reply began.",
    "more": "Nothing was added to the conversation: your text is back in the field.",
    "link": "",
    "calm": True,
}


def require(text: str) -> None:
    """Make sure that something was typed.

    Raises:
        FlowError: Nothing was.
    """
    if not text.strip():
        raise FlowError("The message is empty.", kind="dialogue", fix="Type something first.")


def of_fault(fault: ByokError) -> FailureWords:
    """Return an error for people; what others may have written in it is redacted."""
    more = " ".join(part for part in (fault.where, fault.cause, fault.fix) if part)
    return {
        "kind": fault.kind,
        "problem": redact(sanitize(fault.problem)),
        "more": redact(sanitize(more)),
        "link": fault.link,
    }


def unexpected(fault: Exception) -> FailureWords:
    """Return words for a fault that is not one of ours, without its text."""
    said = f"The turn failed unexpectedly ({type(fault).__name__})."
    more = "Your text is back in the field: send it again."
    return {"kind": "unexpected", "problem": said, "more": more, "link": ""}


def of_turn(turn: Turn) -> TurnFacts:
    """Return one turn."""
    reply = turn.reply
    notices = [*(reply.notices if reply else ()), *turn.notices]
    return {
        "number": turn.number,
        "text": None if turn.text is None else shown(turn.text),
        "node": sanitize(reply.node) if reply else "",
        "reply": shown(reply.text) if reply else None,
        "notices": [sanitize(notice) for notice in notices],
        "summary": sanitize(turn.facts),
        "why": shown(explained(turn)),
    }


def standing(session: Session) -> Standing:
    """Return where a session stands, what is known, and what it took."""
    status = session.variables.status
    return {
        "node": sanitize(session.node),
        "closed": session.closed,
        "variables": [
            {"name": sanitize(name), "value": shown(shown_value(value)), "status": STATUS_WORDS[status[name]]}
            for name, value in session.variables.items()
        ],
        "totals": session.totals if session.turns or session.unfinished else "",
    }


def shown(text: str) -> str:
    """Return a text as far as it is shown."""
    if len(text) <= MAX_CHARS:
        return sanitize(text)
    return f"{sanitize(text[:MAX_CHARS])}\n{shortened(len(text))}"
