"""The file of a session: its turns with their traces, and its variables, as JSON. Never a key.

What an extraction node has read comes back with the types of its fields. Other values that are not of JSON, such
as a class that code has set, come back as the texts and objects that JSON makes of them.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.files import describe_os_error, describe_write_error, replace_file, where_to_look
from byok_widgets.graph import FlowGraph
from byok_widgets.messages import Cost, Message, NodeResult
from byok_widgets.nodes import NODE_KINDS, ActionResult
from byok_widgets.nodes.effects import EffectRecord
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.secrets import redact
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.session.turn import Judgement, Step, Turn, Visit
from byok_widgets.session.variables import VariableEntry

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1

Data = dict[str, Any]


@dataclass(frozen=True)
class SavedSession:
    """All that a file holds of a session.

    Attributes:
        flow_name: Name of its flow.
        model: Model for all of its calls.
        turns: Its finished turns.
        unfinished: Turns that failed or were interrupted.
        variables: The history of its variables.
        effects: Runs of actions with effects, of this session and its forks.
        notice: What a person has to know; never saved.
    """

    flow_name: str
    model: str | None
    turns: tuple[Turn, ...]
    unfinished: tuple[Turn, ...]
    variables: tuple[VariableEntry, ...]
    effects: tuple[EffectRecord, ...] = ()
    notice: str = ""


def write(session: SavedSession, path: Path) -> None:
    """Save a session. What looks like a key in the dialogue is written as a mark.

    Raises:
        ConfigError: A value cannot be written, or the file cannot; one that was there stays as it was.
    """
    from pydantic_core import to_jsonable_python

    data = {
        "version": VERSION,
        "flow": session.flow_name,
        "model": session.model,
        "turns": [_turn_data(turn) for turn in session.turns],
        "unfinished": [_turn_data(turn) for turn in session.unfinished],
        "variables": [vars(entry) for entry in session.variables],
        "effects": [_effect_data(effect) for effect in session.effects],
    }
    fix = "Choose another place."
    try:
        plain = to_jsonable_python(data, fallback=str, bytes_mode="base64")
        text = json.dumps(redact_keys(plain), ensure_ascii=False, indent=2) + "\n"
        # An unpaired surrogate is written as its escape, the way JSON has it.
        replace_file(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        problem = describe_write_error(error)
    except (ValueError, TypeError, RecursionError) as error:
        problem = f"a value in it has no form in JSON ({redact(str(error))})"
        fix = "Take the value out of the variables."
    else:
        return
    raise ConfigError(f"{str(path)!r} could not be written: {problem}.", kind="session_file", fix=fix)


def read(path: Path, graph: FlowGraph, context: FlowContext) -> SavedSession:
    """Read a session, to continue it on a flow.

    Raises:
        ConfigError: It is not there, damaged, no session, one of another flow with other nodes, or of a newer
            version. The file is left as it is.
    """
    kind, fix, left = "session_file", "Take another copy of it.", " The file was left as it is."
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        if "nodes" in data and "turns" not in data:
            problem, fix = "it is a flow", "Open it with Flow.load(...)."
        elif data["version"] > VERSION:
            kind, problem = "newer_version", "it was saved by a newer byok-widgets"
            fix = "Update with: pip install -U byok-widgets."
        else:
            return _session(data, graph, context)
    except FileNotFoundError as error:
        problem, fix, left = describe_os_error(error), where_to_look(path), ""
    except OSError as error:
        problem = describe_os_error(error)
    except ByokError as error:
        problem, fix = error.problem.rstrip("."), error.fix
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ArithmeticError):
        problem = "it is damaged, or no session"
    raise ConfigError(f"{str(path)!r} cannot be opened as a session: {problem}.", kind=kind, fix=f"{fix}{left}")


def _session(data: Data, graph: FlowGraph, context: FlowContext) -> SavedSession:
    turns, unfinished, entries, effects = _adapter().validate_python(
        (
            [_turn(turn, graph) for turn in data["turns"]],
            [_turn(turn, graph) for turn in data["unfinished"]],
            [
                {**entry, "value": _typed(graph, entry["source"], entry["name"], entry["value"])}
                for entry in data["variables"]
            ],
            [_effect(effect, graph) for effect in data.get("effects", ())],
        )
    )
    flow_name, model = redact_keys(context.config.name), data["model"]
    if model is not None:
        context.config.ref(model)
    notice = _of_another_flow(str(data["flow"]), turns, graph, flow_name)
    return SavedSession(
        flow_name,
        model,
        tuple(_with_transcripts(turns)),
        tuple(unfinished),
        tuple(entries),
        tuple(effects),
        notice,
    )


def _of_another_flow(whose: str, turns: Iterable[Turn], graph: FlowGraph, here: str) -> str:
    """Return what a person must know of a session of another flow, which goes on where the nodes are the same.

    Raises:
        ConfigError: This flow has not the nodes that the session went through.
    """
    if whose == here:
        return ""
    missing = next((name for turn in turns for name in (*turn.path, turn.node) if name not in graph.nodes), None)
    if missing is None:
        return f"a session of flow {whose!r}"
    raise ConfigError(
        f"it is a session of flow {whose!r}, and flow {here!r} has no node {missing!r}",
        fix=f"Open it on flow {whose!r}, or on one with the same nodes.",
    )


@cache
def _adapter() -> TypeAdapter[tuple[list[Turn], list[Turn], list[VariableEntry], list[EffectRecord]]]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(
        tuple[list[Turn], list[Turn], list[VariableEntry], list[EffectRecord]],
        config=ConfigDict(arbitrary_types_allowed=True),
    )


@cache
def _adapter_of(kind: Any) -> TypeAdapter[NodeResult]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _turn_data(turn: Turn) -> Data:
    return {**_shallow(turn), "steps": [_step_data(step) for step in turn.steps]}


def _step_data(step: Step) -> Data:
    if isinstance(step, Judgement):
        reply = None if step.reply is None else _result_data(step.reply)
        return {**_shallow(step), "verdicts": [vars(verdict) for verdict in step.verdicts], "reply": reply}
    return {"node": step.node, step.result.field_name: _result_data(step.result)}


def _effect_data(effect: EffectRecord) -> Data:
    return {**_shallow(effect), "result": None if effect.result is None else _result_data(effect.result)}


def _result_data(result: NodeResult) -> Data:
    """Return the fields of a result. A reply has its cost, and not its transcript, which the turns hold."""
    data = {name: value for name, value in _shallow(result).items() if name not in result.unsaved}
    reply = result.model_reply
    if reply is result:
        return {**data, "usage": vars(reply.usage), "cost": vars(reply.cost)}
    return {**data, **({"reply": _result_data(reply)} if reply else {})}


def _turn(data: Data, graph: FlowGraph) -> Data:
    return {**data, "steps": [_step(step, graph) for step in data["steps"]]}


def _step(data: Data, graph: FlowGraph) -> Data:
    if "verdicts" in data:
        return {**data, "reply": None if data["reply"] is None else _reply(data["reply"])}
    kinds = {kind.result.field_name: kind.result for kind in NODE_KINDS.values()}
    (name, *_) = (*(data.keys() & kinds.keys()), "")
    if not name:
        unknown = ", ".join(repr(redact_keys(str(field))) for field in data if field != "node")
        raise ConfigError(
            f"node {data['node']!r} left a result of a kind that is not known here: {unknown}",
            fix="Register that kind of node first, as the flow's code does.",
        )
    return {"node": data["node"], "result": _result(kinds[name], data["node"], data[name], graph)}


def _effect(data: Data, graph: FlowGraph) -> Data:
    result = data["result"]
    return {**data, "result": None if result is None else _result(ActionResult, data["node"], result, graph)}


def _result(kind: Any, node: str, data: Data, graph: FlowGraph) -> NodeResult:
    if "price" in kind.unsaved:
        return _adapter_of(kind).validate_python(_reply(data))
    values = {name: _typed(graph, node, name, value) for name, value in data.get("values", {}).items()}
    reply = {"reply": _reply(data["reply"])} if "reply" in data else {}
    return _adapter_of(kind).validate_python({**data, "values": values, **reply})


def _reply(data: Data) -> Data:
    usd, source = data["cost"]["usd"], data["cost"]["source"]
    return {**data, "price": partial(Cost, None if usd is None else Decimal(usd), source)}


def _with_transcripts(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Give replies the dialogue up to them again, so that one can be handed to a node."""
    said: tuple[Message, ...] = ()
    for turn in turns:
        heard = said if turn.text is None else (*said, Message("user", turn.text))
        yield replace(turn, steps=tuple(_with_transcript(step, heard) for step in turn.steps))
        said = (*said, *turn.messages)


def _with_transcript(step: Step, heard: tuple[Message, ...]) -> Step:
    return step if isinstance(step, Judgement) else Visit(step.node, step.result.with_transcript(heard))


def _typed(graph: FlowGraph, source: str, name: str, value: Any) -> Any:
    """Return a value with the type that its field has in the flow now; as it is, where it has none or another."""
    node = graph.nodes.get(source)
    spec = node.field(name) if node is not None and value is not None else None
    if spec is not None:
        with contextlib.suppress(ValueError, TypeError):
            return spec.convert(value)
    return value


def _shallow(value: Any) -> Data:
    return {field.name: getattr(value, field.name) for field in fields(value)}
