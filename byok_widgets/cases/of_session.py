"""Makes a case from a session: what the caller said, and the outcome."""

from __future__ import annotations

from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.cases.expectation import Expectation
from byok_widgets.errors import ConfigError
from byok_widgets.session import Session, Visit
from byok_widgets.session.variables import CODE


def of_session(session: Session, name: str) -> Case:
    """Return a session as a case: what the caller said, and the resulting values and path."""
    said = tuple(turn.text for turn in session.turns if turn.text is not None)
    if not said:
        raise ConfigError(
            "Nothing has been said in the session.", kind="cases", fix="Talk to it first, with say(...)."
        )
    written = {name for node in session.graph.nodes.values() for name in node.writes}
    return Case(
        name=name,
        caller=said,
        variables=_given(session),
        values={name: value for name, value in session.variables.items() if value is not None and name in written},
        path=tuple(node for turn in session.turns for node in turn.path),
        end_node=session.node if session.closed else "",
        turns={turn.number: Expectation(node=turn.node) for turn in session.turns},
        stubs=_effects(session),
    )


def _given(session: Session) -> dict[str, Any]:
    """Return what code had set before the first turn."""
    entries = [entry for entry in session.variables.entries if entry.turn == 0 and entry.source == CODE]
    return {entry.name: entry.value for entry in entries}


def _effects(session: Session) -> dict[str, dict[str, Any]]:
    """Return what actions with effects gave, by the node's name: a case that is played calls none of them."""
    nodes = session.graph.nodes
    visits = [step for turn in session.turns for step in turn.steps if isinstance(step, Visit)]
    acted = [visit for visit in visits if visit.node in nodes and nodes[visit.node].has_effects]
    return {visit.node: {found.name: found.value for found in visit.result.learned} for visit in acted}
