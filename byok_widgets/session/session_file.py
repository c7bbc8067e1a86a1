"""The file of a session: its turns with their traces, and its variables, as JSON. Never a key.

Values that are not of JSON (dates, classes) come back as the texts and objects that JSON makes of them.
"""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.files import reason, replace_file
from byok_widgets.graph import FlowGraph
from byok_widgets.keys import redact
from byok_widgets.messages import Cost, Reply, Usage
from byok_widgets.nodes import Extraction
from byok_widgets.nodes.calling import FlowState
from byok_widgets.session.session import Session
from byok_widgets.session.trace import EdgeVerdict, Judgement, Step, Turn, Visit
from byok_widgets.session.variables import VariableEntry

VERSION = 1

Data = dict[str, Any]


def write_session(session: Session, path: Path) -> None:
    """Save a session. What looks like a key in the dialogue is written as a mark.

    Raises:
        ConfigError: The file cannot be written; one that was there stays as it was.
    """
    from pydantic_core import to_json

    data = {
        "version": VERSION,
        "flow": session.flow_name,
        "model": session.model,
        "turns": [_turn_data(turn) for turn in session.turns],
        "unfinished": [_turn_data(turn) for turn in session.unfinished],
        "variables": [vars(entry) for entry in session.variables.entries],
    }
    text = redact(to_json(data, indent=2, fallback=str).decode("utf-8"))
    try:
        replace_file(path, text.encode("utf-8"))
    except OSError as error:
        problem = reason(error)
    else:
        return
    raise ConfigError(
        f"{str(path)!r} could not be written: {problem}.", kind="session_file", fix="Choose another place."
    )


def read_session(path: Path, graph: FlowGraph, state: FlowState) -> Session:
    """Read a session, to go on with it on a flow.

    Raises:
        ConfigError: It is not there, damaged, no session, or of a newer version. The file is left as it is.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] > VERSION:
            problem = "it was saved by a newer byok-widgets; update with: pip install -U byok-widgets"
        else:
            return _session(data, graph, state)
    except OSError as error:
        problem = reason(error)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ArithmeticError):
        problem = "it is damaged, or no session"
    raise ConfigError(
        f"{str(path)!r} cannot be opened as a session: {problem}.",
        kind="session_file",
        fix="The file was left as it is; take another copy of it.",
    )


def _session(data: Data, graph: FlowGraph, state: FlowState) -> Session:
    session = Session(graph, state, model=data["model"])
    session.restore(
        turns=[_turn(turn) for turn in data["turns"]],
        unfinished=[_turn(turn) for turn in data["unfinished"]],
        entries=[VariableEntry(**entry) for entry in data["variables"]],
    )
    return session


def _turn_data(turn: Turn) -> Data:
    return {**_shallow(turn), "steps": [_step_data(step) for step in turn.steps]}


def _step_data(step: Step) -> Data:
    if isinstance(step, Judgement):
        reply = None if step.reply is None else _reply_data(step.reply)
        return {**_shallow(step), "verdicts": [vars(verdict) for verdict in step.verdicts], "reply": reply}
    if isinstance(step.result, Reply):
        return {"node": step.node, "says": _reply_data(step.result)}
    found = step.result
    reads = {**_shallow(found), "reply": _reply_data(found.reply)}
    reads.pop("record")
    return {"node": step.node, "reads": reads}


def _reply_data(reply: Reply) -> Data:
    """Return a reply without its transcript: the turns hold it."""
    data = {**_shallow(reply), "usage": vars(reply.usage)}
    for name in ("price", "transcript"):
        data.pop(name)
    cost = reply.cost
    return {**data, "cost": {"usd": None if cost.usd is None else str(cost.usd), "source": cost.source}}


def _turn(data: Data) -> Turn:
    steps = tuple(_step(step) for step in data.pop("steps"))
    return Turn(**{**data, "notices": tuple(data["notices"]), "steps": steps})


def _step(data: Data) -> Step:
    if "verdicts" in data:
        verdicts = tuple(EdgeVerdict(**verdict) for verdict in data.pop("verdicts"))
        reply = None if data["reply"] is None else _reply(data["reply"])
        return Judgement(**{**data, "verdicts": verdicts, "reply": reply})
    if "says" in data:
        return Visit(data["node"], _reply(data["says"]))
    reads = data["reads"]
    return Visit(data["node"], Extraction(**{**reads, "reply": _reply(reads["reply"])}))


def _reply(data: Data) -> Reply:
    cost = data.pop("cost")
    known = Cost(None if cost["usd"] is None else Decimal(cost["usd"]), cost["source"])
    return Reply(
        **{**data, "usage": Usage(**data["usage"]), "notices": tuple(data["notices"]), "price": lambda: known}
    )


def _shallow(value: Any) -> Data:
    return {field.name: getattr(value, field.name) for field in fields(value)}
