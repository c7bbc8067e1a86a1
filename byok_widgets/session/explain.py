"""A turn in plain words: what was looked at, why the flow moved or stayed, and who said what."""

from __future__ import annotations

from byok_widgets.messages import Reply
from byok_widgets.nodes import Extraction
from byok_widgets.session.trace import EdgeVerdict, Judgement, Turn, Visit, tokens


def explained(turn: Turn) -> str:
    """Return the story of a turn, one sentence a line."""
    lines = [f"Turn {turn.number}: you said “{turn.text}”." if turn.text is not None else "The flow spoke first."]
    for step in turn.steps:
        lines += _judged(step) if isinstance(step, Judgement) else [_visited(step)]
    if not any(isinstance(step, Judgement) for step in turn.steps) and turn.text is not None:
        lines.insert(
            1, f"{turn.path[0] if turn.path else turn.node} has no outgoing edges, so the flow stayed there."
        )
    lines += [f"Note: {notice}." for notice in turn.notices]
    lines.append("The session is closed." if turn.closed else f"The flow now stands at {turn.node}.")
    return "\n".join(lines)


def _judged(judgement: Judgement) -> list[str]:
    moved = f"so the flow moved to {judgement.target}" if judgement.target else "so the flow stayed"
    lines = [f"At {judgement.node} it looked at the edges, {moved}:"]
    lines += [f"  - {_edge(verdict)}" for verdict in judgement.verdicts]
    if judgement.reply is not None:
        reply = judgement.reply
        lines.append(f"  (judged by {reply.model}, {tokens(reply.usage)}, {reply.cost}, {reply.latency_s:.1f} s)")
    return lines


def _edge(verdict: EdgeVerdict) -> str:
    way = f"{'from everywhere ' if verdict.is_way_in else ''}to {verdict.target}"
    condition = {"prompt": f"when “{verdict.condition}”", "logic": f"if {verdict.condition}", "else": "else"}
    return f"{way}, {condition[verdict.kind]}: {verdict.verdict}{_because(verdict)}."


def _because(verdict: EdgeVerdict) -> str:
    if not verdict.reason or verdict.verdict == "not looked at":
        return ""
    reason = verdict.reason.rstrip(". ")
    return f" (the model: “{reason}”)" if verdict.kind == "prompt" else f", since {reason}"


def _visited(visit: Visit) -> str:
    if isinstance(visit.result, Extraction):
        return f"{visit.node} read {_values(visit.result)}."
    return f"{visit.node} {_spoke(visit.result)}."


def _values(found: Extraction) -> str:
    said = [
        f"{name} = {value!r}{_doubt(found, name)}" for name, value in found.values.items() if value is not None
    ]
    missing = [name for name, status in found.status.items() if status == "not_stated"]
    invalid = [f"{name} was invalid" for name, status in found.status.items() if status == "invalid"]
    not_said = [f"{', '.join(missing)} {'was' if len(missing) == 1 else 'were'} not stated"] if missing else []
    return "; ".join([", ".join(said) or "nothing", *invalid, *not_said])


def _doubt(found: Extraction, name: str) -> str:
    return " (not in the dialogue: check it)" if found.status[name] == "ungrounded" else ""


def _spoke(reply: Reply) -> str:
    if reply.finish_reason == "static":
        return "spoke its fixed sentence"
    ended = "" if reply.complete else f" ({'; '.join(reply.notices)})"
    return f"spoke with {reply.model} ({reply.model_source}){ended}"
