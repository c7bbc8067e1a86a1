"""Converts a session to the data of its file, and back: turns with their traces, variables and effects.

What an extraction node has read is restored with the types of its fields. Other values that are not JSON, such as
an object or infinity that code has set, are restored as the strings and objects that JSON turns them into.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from byok_widgets.errors import ConfigError
from byok_widgets.graph import FlowGraph
from byok_widgets.messages import Message
from byok_widgets.nodes import NODE_KINDS, ActionResult
from byok_widgets.nodes.effects import EffectRecord
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.reply import NodeResult, Reply, field_names
from byok_widgets.secrets.json_redaction import redact_keys
from byok_widgets.session.steps import Judgement, Step, Visit
from byok_widgets.session.turn import Turn
from byok_widgets.session.variables import VariableEntry
from byok_widgets.surrogates import without_surrogates
from byok_widgets.usage import Cost, CostSource

if TYPE_CHECKING:
    from pydantic import TypeAdapter

Data = dict[str, Any]

_MOST_CALLS = 10_000
_MOST = 10**12  # no number of tokens, seconds or dollars of one call comes near it


@dataclass(frozen=True)
class SavedSession:
    """The contents of a session's file.

    Attributes:
        flow_name: Name of its flow.
        model: Model for all of its calls.
        turns: Its finished turns.
        unfinished: Turns that failed or were interrupted.
        variables: The history of its variables.
        effects: Runs of actions with effects, of this session and its forks.
        notice: A notice for the user; never saved.
    """

    flow_name: str
    model: str | None
    turns: tuple[Turn, ...]
    unfinished: tuple[Turn, ...]
    variables: tuple[VariableEntry, ...]
    effects: tuple[EffectRecord, ...] = ()
    notice: str = ""


def data_of(session: SavedSession) -> Data:
    """Return a session as the data of its file, apart from the version; its values may not be JSON yet."""
    return {
        "flow": session.flow_name,
        "model": session.model,
        "turns": [_turn_data(turn) for turn in session.turns],
        "unfinished": [_turn_data(turn) for turn in session.unfinished],
        "variables": entries_data(session.variables),
        "effects": [effect_data(effect) for effect in session.effects],
    }


def session_of(data: Data, graph: FlowGraph, context: FlowContext) -> SavedSession:
    """Return the session that a file holds.

    Raises:
        ConfigError: It went through nodes that the flow lacks or left results of an unknown kind, or its model is
            none.
        ValueError: It is damaged.
        KeyError: A field is missing.
    """
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
    if not all(map(_is_possible, (*turns, *unfinished))):
        raise ValueError("a figure in it is impossible")
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


def result_data(result: NodeResult) -> Data:
    """Return what a node gave as data; see `result_of_data`."""
    return _step_data(Visit(result.node, result))


def result_of_data(data: Data, graph: FlowGraph) -> NodeResult:
    """Return what a node gave, with the types that its fields have in the flow."""
    result: NodeResult = _step(data, graph)["result"]
    return result


def effect_of_data(data: Data, graph: FlowGraph) -> EffectRecord:
    """Return a run of an action, with the types that its fields have in the flow."""
    return EffectRecord(**_effect(data, graph))


def entries_data(entries: Iterable[VariableEntry]) -> list[Data]:
    """Return values of variables as data; they may not be JSON yet."""
    return [vars(entry) for entry in entries]


def entries_of_data(data: Iterable[Data], graph: FlowGraph) -> tuple[VariableEntry, ...]:
    """Return values of variables, with the types that their fields have in the flow."""
    return tuple(
        VariableEntry(**{**entry, "value": _typed(graph, entry["source"], entry["name"], entry["value"])})
        for entry in data
    )


def _is_possible(turn: Turn) -> bool:
    """Whether a turn's figures could have been measured: none is negative, and none would fill the memory."""
    figures: list[Any] = [turn.latency_s, turn.time_to_first_token_s]
    replies = [step.reply for step in turn.steps if step.reply is not None]
    named = [*(reply.cost for reply in replies), *turn.lost_costs]
    costs = [cost for each in named for cost in (each, each.originally)]
    if len(turn.lost_costs) > _MOST_CALLS or any(cost.source not in get_args(CostSource) for cost in costs):
        return False
    for reply in replies:
        figures += [reply.latency_s, reply.waited_s, reply.time_to_first_token_s, reply.attempts]
        figures += vars(reply.usage).values()
    for cost in costs:
        figures += [cost.usd, cost.least_usd]
    known = [figure for figure in figures if figure is not None]
    return all(0 <= figure <= _MOST for figure in known)


def _of_another_flow(whose: str, turns: Iterable[Turn], graph: FlowGraph, here: str) -> str:
    """Return the notice for a session of another flow, which can continue if the nodes are the same.

    Raises:
        ConfigError: This flow lacks a node that the session went through.
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
        config=ConfigDict(arbitrary_types_allowed=True, allow_inf_nan=False),
    )


@cache
def _adapter_of(kind: Any) -> TypeAdapter[tuple[NodeResult]]:
    from pydantic import ConfigDict, TypeAdapter

    return TypeAdapter(tuple[kind], config=ConfigDict(allow_inf_nan=False))  # a class alone takes no `config`


def _turn_data(turn: Turn) -> Data:
    return {**_shallow(turn), "steps": [_step_data(step) for step in turn.steps]}


def _step_data(step: Step) -> Data:
    if isinstance(step, Judgement):
        reply = None if step.reply is None else _result_data(step.reply)
        return {**_shallow(step), "verdicts": [vars(verdict) for verdict in step.verdicts], "reply": reply}
    return {"node": step.node, step.result.field_name: _result_data(step.result)}


def effect_data(effect: EffectRecord) -> Data:
    """Return a run of an action as data; see `effect_of_data`."""
    result = effect.result
    return {**_shallow(effect), "result": None if result is None else {result.field_name: _result_data(result)}}


def _result_data(result: NodeResult) -> Data:
    """Return the fields of a result, and of the reply that it holds."""
    return {
        name: _result_data(value) if isinstance(value, NodeResult) else value
        for name, value in result.saved_fields().items()
    }


def _turn(data: Data, graph: FlowGraph) -> Data:
    steps = [_step(step, graph) for step in data["steps"]]
    return {"lost_costs": _unknown_costs(data), **_sendable(data), "steps": steps}


def _unknown_costs(data: Data) -> list[Cost]:
    """Return the costs of lost calls in a file of an older version, which only counted them."""
    count = data.get("lost_calls", 0)
    if count not in range(_MOST_CALLS + 1):
        raise ValueError("a number of calls is impossible")
    return [Cost()] * count


def _sendable(data: Data) -> Data:
    """Return what was said without halves of characters, which an older version may have saved."""
    text = data.get("text")
    return {**data, "text": without_surrogates(text)} if isinstance(text, str) else data


def _step(data: Data, graph: FlowGraph) -> Data:
    if "verdicts" in data:
        return {**data, "reply": None if data["reply"] is None else _reply(data["reply"])}
    kinds = _results_by_field()
    (name, *_) = (*(data.keys() & kinds.keys()), "")
    if not name:
        unknown = ", ".join(repr(redact_keys(str(field))) for field in data if field != "node")
        raise ConfigError(
            f"node {data['node']!r} left a result of a kind that is not known here: {unknown}",
            fix="Register that kind of node first, as the flow's code does.",
        )
    return {"node": data["node"], "result": _result(kinds[name], data["node"], data[name], graph)}


def _effect(data: Data, graph: FlowGraph) -> Data:
    saved, kinds = data["result"], _results_by_field()
    if saved is None:
        return data
    name = next((name for name in saved if name in kinds), "")
    # Older versions wrote the fields of an action's result without their name.
    kind, fields = (kinds[name], saved[name]) if name else (ActionResult, saved)
    return {**data, "result": _result(kind, data["node"], fields, graph)}


def _results_by_field() -> dict[str, type[NodeResult]]:
    return {kind.result.field_name: kind.result for kind in NODE_KINDS.values()}


def _result(kind: Any, node: str, data: Data, graph: FlowGraph) -> NodeResult:
    fields = dict(kind.fields_of(_sendable(data)))
    if "values" in fields:
        fields["values"] = {name: _typed(graph, node, name, value) for name, value in fields["values"].items()}
    return _adapter_of(kind).validate_python((fields,))[0]


def _reply(data: Data) -> Data:
    return dict(Reply.fields_of(_sendable(data)))


def _with_transcripts(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Give each reply its transcript again, so that it can be passed to a node."""
    before: tuple[Message, ...] = ()
    for turn in turns:
        dialogue = before if turn.text is None else (*before, Message("user", turn.text))
        yield replace(turn, steps=tuple(_with_transcript(step, dialogue) for step in turn.steps))
        before = (*before, *turn.messages)


def _with_transcript(step: Step, dialogue: tuple[Message, ...]) -> Step:
    return step if isinstance(step, Judgement) else Visit(step.node, step.result.with_transcript(dialogue))


def _typed(graph: FlowGraph, source: str, name: str, value: Any) -> Any:
    """Return a value with the type that its field now has in the flow; unchanged if that is not possible."""
    node = graph.nodes.get(source)
    spec = node.field(name) if node is not None and value is not None else None
    if spec is not None:
        with contextlib.suppress(ValueError, TypeError):
            return spec.convert(value)
    return value


def _shallow(value: Any) -> Data:
    kind: Any = type(value)
    return {name: getattr(value, name) for name in field_names(kind)}
