"""What the chat shows of a session, as plain text: turns, variables, totals. None of it can act as markup."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from byok_widgets.display import reasoning_display
from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.shortening import in_part
from byok_widgets.errors import ByokError, FlowError
from byok_widgets.graph.colours import node_colours
from byok_widgets.graph.svg import as_svg
from byok_widgets.misplaced_keys import key_in_dialogue
from byok_widgets.nodes.value_display import shown_value
from byok_widgets.secrets import redact
from byok_widgets.secrets.key_formats import exact_key
from byok_widgets.session import timeline
from byok_widgets.session.explain import condition_words, judged_by
from byok_widgets.session.steps import Visit, silent_reasoning
from byok_widgets.widgets.chat import lessons
from byok_widgets.widgets.chat.as_typed import as_typed
from byok_widgets.widgets.chat.where_said import where_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byok_widgets.session import Session, Turn
    from byok_widgets.session.steps import EdgeVerdict, Step
    from byok_widgets.session.variables import VariableStatus
    from byok_widgets.widgets.chat.branches import Alternative
    from byok_widgets.widgets.page_messages.chat import (
        AlternativeFacts,
        FailureFacts,
        GraphFacts,
        RequestFacts,
        SessionFacts,
        StepFacts,
        TookFacts,
        TurnFacts,
        VariableFacts,
        VerdictFacts,
    )

_IN_SETTINGS = frozenset(
    {"auth", "file_locked", "misplaced_key", "no_key", "no_model", "unknown_model", "unknown_provider"}
)
"""Kinds of errors that a person can solve in the settings."""


def _plain(kind: str, problem: str, fix: str) -> FailureFacts:
    """Return what went wrong where no provider has said anything about it."""
    return {"kind": kind, "problem": problem, "where": "", "cause": "", "quote": "", "fix": fix, "link": ""}


STOPPED: FailureFacts = {
    **_plain(
        "interrupted",
        "Stopped before the reply began.",
        "Nothing was added to the conversation: your text is back in the field.",
    ),
    "calm": True,
}


def require(text: str) -> None:
    """Make sure that the message can be said: a key that was pasted into the wrong field goes to no model.

    Raises:
        FlowError: It is empty.
        KeyFormatError: Kind `misplaced_key`: there is an API key in it, whether or not it is held here.
    """
    if not text.strip():
        raise FlowError("The message is empty.", kind="dialogue", fix="Type something first.")
    holds_key = exact_key(text).search(text) is not None
    del text
    if holds_key:
        raise key_in_dialogue()


def of_fault(fault: ByokError) -> FailureFacts:
    """Return an error in words for people; text from outside is redacted."""
    parts = {name: redact(sanitize(text)) for name, text in fault.parts.items()}
    return {
        "kind": fault.kind,
        "problem": parts.get("problem", ""),
        "where": parts.get("where", ""),
        "cause": parts.get("cause", ""),
        "quote": parts.get("quote", ""),
        "fix": parts.get("fix", ""),
        "link": fault.link,
        "settings": fault.kind in _IN_SETTINGS,
    }


def unexpected(fault: Exception) -> FailureFacts:
    """Return the message for an unexpected exception, without its text."""
    said = f"The turn failed unexpectedly ({type(fault).__name__})."
    return _plain("unexpected", said, "Your text is back in the field: send it again.")


def of_turn(turn: Turn) -> TurnFacts:
    """Return one turn."""
    reply = turn.reply
    notices = [*(reply.notices if reply else ()), *turn.notices]
    return {
        "number": turn.number,
        "text": None if turn.text is None else shown(turn.text),
        "node": sanitize(reply.node) if reply else "",
        "reply": shown(reply.text) if reply else None,
        "reasoning": _shown_reasoning(reply.reasoning) if reply else "",
        "cut_off": reply.is_cut_off if reply else False,
        "notices": [sanitize(notice) for notice in notices],
        "summary": sanitize(turn.facts),
        "model": sanitize(reply.model or "") if reply else "",
        "path": [sanitize(node) for node in turn.path],
        "steps": [_of_step(step) for step in turn.steps],
        "took": _took(turn),
        "requests": len(turn.requests),
        "readers": list(map(sanitize, lessons.readers(turn))),
    }


def _took(turn: Turn) -> TookFacts:
    parts = [(sanitize(span.node), sanitize(span.name), span) for span in timeline.spans(turn)]
    return {
        "spans": [
            {"node": node, "name": name, "is_judge": span.is_judge, "seconds": round(span.seconds, 2)}
            for node, name, span in parts
        ],
        "figures": list(timeline.row(turn)[2:7]),
    }


def lost_reasoning(unfinished: Sequence[Turn]) -> str:
    """Return what a model had thought in a turn that failed; empty where that is not known."""
    return _shown_reasoning(unfinished[-1].lost_reasoning) if unfinished else ""


def of_alternative(made: Alternative, turn: Turn) -> AlternativeFacts:
    """Return another answer to a turn."""
    return {"instead_of": made.turn, "session": made.session, "turn": of_turn(turn)}


def of_requests(turn: Turn) -> list[RequestFacts]:
    """Return what the models were asked in a turn."""
    return [
        {
            "title": sanitize(f"{request.node} asked {request.model}"),
            "parts": [{"name": sanitize(name), "text": shown(text)} for name, text in request.rows()],
        }
        for request in turn.requests
    ]


def _of_step(step: Step) -> StepFacts:
    reasoning = _shown_reasoning(silent_reasoning(step))
    if isinstance(step, Visit):
        line = shown(step.result.explanation)
        return {
            "node": sanitize(step.node),
            "target": "",
            "line": line,
            "verdicts": [],
            "reasoning": reasoning,
        }
    return {
        "node": sanitize(step.node),
        "target": sanitize(step.target or ""),
        "line": sanitize(judged_by(step)),
        "verdicts": [_of_verdict(verdict, always=step.always) for verdict in step.verdicts],
        "reasoning": reasoning,
    }


def _of_verdict(verdict: EdgeVerdict, *, always: bool) -> VerdictFacts:
    return {
        "target": sanitize(verdict.target),
        "condition": "always" if always else sanitize(condition_words(verdict)),
        "verdict": verdict.verdict,
        "reason": shown(verdict.reason),
    }


def session_facts(session: Session) -> SessionFacts:
    """Return a session's active node, its variables and its totals."""
    status = session.variables.status
    return {
        "node": sanitize(session.node),
        "closed": session.closed,
        "variables": [
            _of_variable(session, name, value, status[name]) for name, value in session.variables.items()
        ],
        "totals": session.totals if session.turns or session.unfinished else "",
    }


def _of_variable(session: Session, name: str, value: Any, status: VariableStatus) -> VariableFacts:
    return {
        "name": sanitize(name),
        "value": shown(shown_value(value)),
        "stated": shown(as_typed(value)),
        "status": status,
        "about": shown(session.variables.about(name)),
        "places": where_said(session, name),
    }


def models(session: Session) -> list[str]:
    """Return the models that the flow uses, to be offered for another answer."""
    refs = []
    for node in session.graph.nodes.values():
        if node.calls_model:
            with suppress(ByokError):  # no model is chosen yet
                refs.append(sanitize(str(node.resolve().ref)))
    return list(dict.fromkeys(refs))


def graph(session: Session) -> GraphFacts:
    """Return the drawing of the flow as it is now."""
    nodes = session.graph.snapshot()
    colors = {sanitize(name): color for name, color in node_colours(nodes.nodes).items()}
    svg = as_svg(nodes, "Drawing of the flow", styled=True, brief=True, key=sanitize)
    return {"svg": svg, "colors": colors}


def shown(text: str) -> str:
    """Return a text, shortened to what is shown."""
    return sanitize(in_part(text))


def _shown_reasoning(text: str) -> str:
    return sanitize(reasoning_display.shown(text))
