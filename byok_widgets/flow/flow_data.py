"""A flow as the data of its file, and back: nodes, edges, prompts and models.

What the data says and this version does not know is kept, and given back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from byok_widgets.config import ModelRef
from byok_widgets.config.base_url import BaseUrl
from byok_widgets.errors import ConfigError, SchemaError
from byok_widgets.graph import EVERYWHERE, AnyNode, Edge, Expression, FlowGraph
from byok_widgets.nodes import ConversationNode, ExtractionNode
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.schema import ExtractionSchema

if TYPE_CHECKING:
    from byok_widgets.flow.flow import Flow

Data = dict[str, Any]


def data_of(flow: Flow) -> Data:
    """Return what a file says of a flow.

    Raises:
        ConfigError: A condition is a function.
    """
    graph = flow.graph.snapshot()
    urls = {provider: flow.config.base_url(provider) for provider in PROVIDERS}
    return {
        "name": flow.name,
        "provider": flow.provider,
        "model": flow.model,
        "judge_model": flow.judge_model,
        "base_urls": {provider: url for provider, url in urls.items() if url},
        "global_prompt": flow.global_prompt,
        "start": graph.start,
        "speaks_first": flow.speaks_first,
        "nodes": [_node(graph, node) for node in graph.nodes.values()],
        "edges": [_edge(edge) for edge in graph.edges if edge.source != EVERYWHERE],
    }


def fill(flow: Flow, context: FlowContext, data: Data) -> Data:
    """Give a new flow what was read; returns the fields that are not known here.

    The settings, which all flows of the name share, are changed only when all else is found to be good.

    Raises:
        ByokError: Something in it cannot be used.
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
        flow.start_node = start
    flow.speaks_first = rest.pop("speaks_first", None)
    settings.write(flow)
    return rest


class _Settings:
    """The settings of a flow, taken out of its data and checked, until they are written."""

    def __init__(self, flow: Flow, data: Data) -> None:
        self.provider = flow.config.known_provider(data.pop("provider", flow.provider))
        urls = data.pop("base_urls", {})
        self.urls = {flow.config.known_provider(name): BaseUrl.parse(url).url for name, url in urls.items()}
        model = data.pop("model", None)
        # An id may begin with the name of another provider: it is of this one all the same.
        is_ref = model is None or model.startswith(f"{self.provider}:")
        self.model = self.ref(model if is_ref else f"{self.provider}:{model}")
        self.judge_model = self.ref(data.pop("judge_model", None))
        self.global_prompt = data.pop("global_prompt", "")
        self.overrides: dict[str, str | None] = {}

    def ref(self, text: str | None) -> str | None:
        """Return a model with its provider."""
        if text is None:
            return None
        return str(ModelRef.parse(text, default_provider=self.provider, providers=PROVIDERS))

    def write(self, flow: Flow) -> None:
        flow.provider = self.provider
        for provider in PROVIDERS:
            if flow.config.base_url(provider) != self.urls.get(provider):
                flow.set_base_url(provider, self.urls.get(provider))
        flow.model = self.model
        flow.judge_model = self.judge_model
        flow.global_prompt = self.global_prompt
        for name, model in self.overrides.items():
            if flow.config.override(name) != model:
                flow.config.set_override(name, model)
            tuning = flow.node(name).layered_settings
            if tuning.overrides:
                tuning.reset(tuning.overrides)


def _node(graph: FlowGraph, node: AnyNode) -> Data:
    extra = dict(graph.extra.get(node.name, {}))
    read = extra.pop("examples", [])
    own: Data = {"static": node.static} if isinstance(node, ConversationNode) else _reading(node, read)
    return {
        "name": node.name,
        "kind": node.kind,
        "prompt": node.prompt,
        "end": node.name in graph.ends,
        "enter": next((edge.when for edge in graph.ways_in() if edge.target == node.name), None),
        "model": node.model,
        "max_tokens": node.max_tokens,
        "settings": dict(node.settings),
        **own,
        **extra,
    }


def _reading(node: ExtractionNode, read: Iterable[Data]) -> Data:
    from pydantic_core import to_jsonable_python

    examples: list[Data] = [
        {"dialogue": [vars(message) for message in dialogue], "values": to_jsonable_python(values)}
        for dialogue, values in node.examples
    ]
    return {
        "schema": node.schema.definition(),
        "examples": [next((old for old in read if _known_of(old) == new), new) for new in examples],
        "window": node.window,
        "grounding": node.grounding,
    }


def _known_of(example: Data) -> Data:
    """Return an example as far as this version knows it."""
    dialogue = [{name: message[name] for name in ("role", "content")} for message in example["dialogue"]]
    return {"dialogue": dialogue, "values": example["values"]}


def _edge(edge: Edge) -> Data:
    condition: Data = {"when": edge.when} if edge.when else {}
    if isinstance(edge.logic, Expression):
        condition = {"if": edge.logic.text}
    elif edge.logic is not None:
        raise ConfigError(
            f"The edge from {edge.source!r} to {edge.target!r} is judged by a function, which a file cannot hold.",
            kind="flow_file",
            fix='Write the condition as an expression, like if_="weekday is not None".',
        )
    return {"source": edge.source, "target": edge.target, **condition, **edge.extra}


def _make(graph: FlowGraph, context: FlowContext, data: Data) -> None:
    name, kind = data.pop("name"), data.pop("kind")
    data.pop("model", None)
    end, enter = data.pop("end", False), data.pop("enter", None)
    common: Data = {key: data.pop(key) for key in ("max_tokens", "settings") if key in data}
    if kind == "conversation":
        static = data.pop("static", False)
        node: AnyNode = ConversationNode(context, name, data.pop("prompt"), static=static, **common)
    else:
        examples = data.get("examples", [])  # those with more in them than is known here are looked up when saving
        common |= {key: data.pop(key) for key in ("window", "grounding", "prompt") if key in data}
        schema = _schema(name, data.pop("schema"))
        shots = [(example["dialogue"], example["values"]) for example in examples]
        node = ExtractionNode(context, name, schema, examples=shots, **common)
    graph.put(node, end=end, enter=enter)
    graph.extra[name] = data


def _schema(node: str, definition: Data) -> ExtractionSchema:
    try:
        return ExtractionSchema.of(definition, name=node)
    except SchemaError as error:
        problem = error
    raise SchemaError(f'"schema" of node {node!r}: {problem.problem}', fix=problem.fix)


def _connect(graph: FlowGraph, data: Data) -> None:
    source, target = data.pop("source"), data.pop("target")
    graph.add(Edge.create(source, target, data.pop("when", None), data.pop("if", None), data))


def _each_once(what: str, names: Iterable[str]) -> None:
    name, count = next(iter(Counter(names).most_common(1)), ("", 0))
    if count > 1:
        raise ConfigError(f"There are {count} {what} {name}.", kind="flow_file", fix="Keep one of them.")
