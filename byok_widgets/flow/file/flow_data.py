"""Converts a flow to the data of its file, and back: nodes, edges, prompts and models.

Fields that this version does not know are kept, and written back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

from byok_widgets.config import ModelRef
from byok_widgets.config.base_url import BaseUrl
from byok_widgets.config.turn_limits import TurnLimits
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.flow import flow_registry
from byok_widgets.flow.file.filed_flow import FiledFlow
from byok_widgets.flow.file.limits import limits_not_raised
from byok_widgets.flow.file.settings import FileSettings, OpenFlows
from byok_widgets.flow.file.shared import SharedSettings
from byok_widgets.flow.incoming.from_files import FROM_FILES
from byok_widgets.frontend import frontend
from byok_widgets.graph import EVERYWHERE, AnyNode, Edge, FlowGraph
from byok_widgets.graph.conditions import condition_fields, read_condition
from byok_widgets.nodes import model_nodes
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS

Data = dict[str, Any]
T = TypeVar("T")


def data_of(flow: FiledFlow) -> Data:
    """Return a flow as the data of its file.

    Raises:
        ConfigError: A condition is a function.
    """
    graph = flow.graph.snapshot()
    return {
        "name": flow.name,
        "provider": flow.provider,
        "model": flow.model,
        "judge_model": flow.judge_model,
        "judge_max_tokens": flow.judge_max_tokens,
        **_limits(flow.config.turn_limits),
        "base_urls": addresses_of(flow),
        "global_prompt": flow.global_prompt,
        "grounding": flow.grounding,
        **({"locale": flow.locale} if flow.locale else {}),
        "start": graph.start,
        "speaks_first": flow.speaks_first,
        **({} if flow.latency == "usual" else {"latency": flow.latency}),
        **({} if flow.fallback is None else {"fallback": flow.fallback}),
        "nodes": [_node(graph, node) for node in graph.nodes.values()],
        "edges": [_edge(edge) for edge in graph.edges if edge.source != EVERYWHERE],
    }


def addresses_of(flow: FiledFlow) -> dict[str, str]:
    """Return the address of each provider that does not use its default."""
    urls = {provider: flow.config.base_url(provider) for provider in PROVIDERS}
    return {provider: url for provider, url in urls.items() if url}


def fill(flow: FiledFlow, context: FlowContext, data: Data, *, trust: bool | None = None) -> Data:
    """Fill a new flow with the data of a file; return the unknown fields.

    The settings, which all flows of that name share, are changed only once everything else has proved valid, and
    where they would lead elsewhere than now, only with `trust`; without an answer the person is asked.

    Raises:
        ByokError: Something in the data is invalid.
    """
    rest = {key: value for key, value in data.items() if key not in ("version", "name")}
    settings = _Settings(flow, rest)
    _each_once("nodes", (repr(node["name"]) for node in data["nodes"]))
    _each_once("edges", (f"from {edge['source']!r} to {edge['target']!r}" for edge in data["edges"]))
    for node in rest.pop("nodes"):
        settings.overrides[node["name"]] = settings.ref(node.get("model"))
        _make(flow.graph, context, dict(node))
    for edge in rest.pop("edges"):
        _connect(flow.graph, dict(edge))
    start = rest.pop("start", "")
    if start:
        flow.graph.start = start
    flow.speaks_first = rest.pop("speaks_first", None)
    flow.latency = rest.pop("latency", "usual")
    flow.fallback = rest.pop("fallback", None)
    settings.settle(flow, context, trust=trust)
    return rest


def bind(graph: FlowGraph, functions: Mapping[str, Callable[..., Any]]) -> None:
    """Give nodes the functions that they call.

    Raises:
        ConfigError: There is not a node of a name, it calls no function, or what was given cannot be called.
    """
    if not isinstance(functions, Mapping):
        raise ConfigError(
            "functions must be a mapping from node names to functions.",
            kind="function",
            fix='Write functions={"lookup": find}.',
        )
    for name, function in functions.items():
        graph.node(name).bind(function)


class _Settings:
    """The settings of a flow, taken from its data and checked, until they are written."""

    def __init__(self, flow: FiledFlow, data: Data) -> None:
        self.provider = flow.config.known_provider(data.pop("provider", flow.provider))
        urls = data.pop("base_urls", {})
        self.urls = {flow.config.known_provider(name): BaseUrl.parse(url).url for name, url in urls.items()}
        model = data.pop("model", None)
        # An id may begin with the name of another provider, and still belong to this one.
        is_ref = model is None or model.startswith(f"{self.provider}:")
        self.model = self.ref(model if is_ref else f"{self.provider}:{model}")
        self.judge_model = self.ref(data.pop("judge_model", None))
        self.limits = TurnLimits(data.pop("max_calls_per_turn", None), data.pop("max_cost_per_turn", None))
        names = [field.name for field in fields(SharedSettings) if field.name in data]
        self.shared = SharedSettings(**{name: data.pop(name) for name in names})
        self.overrides: dict[str, str | None] = {}

    def ref(self, text: str | None) -> str | None:
        """Return a model with its provider."""
        if text is None:
            return None
        return str(ModelRef.parse(text, default_provider=self.provider, providers=PROVIDERS))

    def settle(self, flow: FiledFlow, context: FlowContext, *, trust: bool | None) -> None:
        """Write what the file says, or let it wait where the person has to decide."""
        others = flow_registry.others(flow, context)
        waiting = self.shared.differences(context, has_flows=any(other.nodes for other in others))
        tuned = tuple(name for name, node in model_nodes(flow.nodes).items() if node.layered_settings.overrides)
        models = (self.provider, self.model, self.judge_model)
        held = FileSettings(*models, self.urls, self.overrides, self.limits, tuned)
        open_flows = OpenFlows.of(context.config, (other.nodes for other in others))
        differences = [*held.differences(context, open_flows), *waiting.values()]
        for sentence in limits_not_raised(flow.config.name, flow.config.turn_limits, self.limits):
            frontend().tell(sentence)
        FROM_FILES.forget(context)
        self.shared.write(flow, but=waiting)
        if not differences or trust:
            self._write(flow)
        elif trust is None:
            FROM_FILES.ask(context, differences, partial(self._write, flow))

    def _write(self, flow: FiledFlow) -> None:
        self.shared.write(flow)
        flow.provider = self.provider
        for provider in PROVIDERS:
            if flow.config.base_url(provider) != self.urls.get(provider):
                flow.config.set_base_url(provider, self.urls.get(provider))
        flow.model = self.model
        flow.judge_model = self.judge_model
        lowered = flow.config.turn_limits.lowered(self.limits)
        if lowered != flow.config.turn_limits:
            flow.config.turn_limits = lowered
        for name, model in self.overrides.items():
            if flow.config.override(name) != model:
                flow.config.set_override(name, model)
        for node in model_nodes(flow.nodes).values():
            if node.layered_settings.overrides:
                node.layered_settings.reset(node.layered_settings.overrides)


def _limits(limits: TurnLimits) -> Data:
    chosen = {"max_calls_per_turn": limits.calls, "max_cost_per_turn": limits.cost}
    return {name: value for name, value in chosen.items() if value is not None}


def _node(graph: FlowGraph, node: AnyNode) -> Data:
    extra = graph.extra.get(node.name, {})
    own = _checked(lambda: node.to_data(extra), f"Node {node.name!r}")
    return {
        "name": node.name,
        "kind": node.kind,
        "end": node.name in graph.ends,
        "enter": next((edge.condition.text for edge in graph.ways_in() if edge.target == node.name), None),
        **own,
        **{name: value for name, value in extra.items() if name not in own},
    }


def _edge(edge: Edge) -> Data:
    try:
        condition = _checked(edge.condition.to_data, "Its condition")
    except ConfigError as error:
        problem, fix = error.problem, error.fix
    else:
        held = {} if condition is None else {edge.condition.field: condition}
        return {"source": edge.source, "target": edge.target, **held, **edge.extra}
    raise ConfigError(f"The edge from {edge.source!r} to {edge.target!r}: {problem}", kind="flow_file", fix=fix)


def _make(graph: FlowGraph, context: FlowContext, data: Data) -> None:
    from byok_widgets.nodes.registry import NODE_KINDS

    name, kind = data.pop("name"), NODE_KINDS[data.pop("kind")]
    data.pop("model", None)
    end, enter = data.pop("end", False), data.pop("enter", None)
    node = _checked(lambda: kind.from_data(context, name, data), f"Node {name!r} of kind {kind.kind!r}")
    graph.put(node, end=end, enter=enter)
    graph.extra[name] = data


def _checked(work: Callable[[], T], what: str) -> T:
    """Return the result of a kind's own code, which others may have written and which may raise anything.

    Raises:
        ConfigError: It did.
    """
    try:
        return work()
    except ByokError:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        problem = type(error).__name__
    raise ConfigError(
        f"{what} cannot be read or written ({problem}).",
        kind="flow_file",
        fix="Check that the file contains what this kind saves.",
    )


def _connect(graph: FlowGraph, data: Data) -> None:
    source, target, condition = data.pop("source"), data.pop("target"), read_condition(data)
    extra = {name: value for name, value in data.items() if name not in condition_fields()}
    graph.add(Edge(source, target, condition, extra))


def _each_once(what: str, names: Iterable[str]) -> None:
    name, count = next(iter(Counter(names).most_common(1)), ("", 0))
    if count > 1:
        raise ConfigError(f"There are {count} {what} {name}.", kind="flow_file", fix="Keep one of them.")
