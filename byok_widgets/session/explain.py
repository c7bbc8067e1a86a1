"""A turn in plain words: what was looked at, why the flow moved or stayed, and who said what."""

from __future__ import annotations

from byok_widgets.display.sanitize import sanitize
from byok_widgets.graph.conditions import kind_of_condition
from byok_widgets.graph.drawing import one_line
from byok_widgets.session.steps import VERDICT_WORDS, EdgeVerdict, Judgement, Visit
from byok_widgets.session.turn import Turn
from byok_widgets.usage import token_words


def explained(turn: Turn) -> str:
    """Return the story of a turn, one sentence per line."""
    lines = [_began(turn), *_stayed(turn)]
    for step in turn.steps:
        lines += _judged(step) if isinstance(step, Judgement) else [_visited(step)]
    return sanitize("\n".join([*lines, *(f"Note: {notice}." for notice in turn.notices), _ended(turn)]))


def _began(turn: Turn) -> str:
    if turn.text is None:
        return "The flow spoke first."
    return f"Turn {turn.number}: you said “{one_line(turn.text)}”."


def _stayed(turn: Turn) -> list[str]:
    looked = any(isinstance(step, Judgement) for step in turn.steps)
    if looked or turn.text is None or turn.closed or turn.fault:
        return []
    return [f"{turn.path[0] if turn.path else turn.node} has no outgoing edges, so the flow stayed there."]


def _ended(turn: Turn) -> str:
    if turn.fault:
        return f"The turn was not finished: {one_line(turn.fault)}"
    if turn.closed:
        return "The session is closed."
    went_back = turn.path and turn.path[-1] != turn.node
    return f"The flow {'went back to' if went_back else 'is now at'} {turn.node}."


def _judged(judgement: Judgement) -> list[str]:
    moved = f"and moved to {judgement.target}" if judgement.target else "and stayed"
    lines = [f"The flow judged the edges of {judgement.node}, {moved}:"]
    lines += [f"  - {_edge(verdict, always=judgement.always)}" for verdict in judgement.verdicts]
    return [*lines, f"  ({judged_by(judgement)})"] if judgement.reply else lines


def judged_by(judgement: Judgement) -> str:
    """Say which model judged the edges, and what it took; empty where none was needed."""
    reply = judgement.reply
    if reply is None:
        return ""
    facts = (reply.model, token_words(reply.usage), str(reply.cost), f"{reply.latency_s:.1f} s", *reply.notices)
    return f"judged by {', '.join(filter(None, facts))}"


def condition_words(verdict: EdgeVerdict) -> str:
    """Say under which condition the edge is taken."""
    return kind_of_condition(verdict.kind).wording.format(verdict.condition)


def _edge(verdict: EdgeVerdict, *, always: bool) -> str:
    if always:
        return f"to {verdict.target}, always."
    way = f"{'from everywhere ' if verdict.is_way_in else ''}to {verdict.target}"
    return f"{way}, {condition_words(verdict)}: {VERDICT_WORDS[verdict.verdict]}{_because(verdict)}."


def _because(verdict: EdgeVerdict) -> str:
    if not verdict.reason or not verdict.was_looked_at:
        return ""
    return kind_of_condition(verdict.kind).reason_wording.format(verdict.reason.rstrip(". "))


def _visited(visit: Visit) -> str:
    return f"{visit.node} {visit.result.explanation}."
