"""`Variant`: one column of a comparison: a model on a node, or an assignment of models to the nodes of a flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from byok_widgets.compare.cases import hashed
from byok_widgets.compare.code_version import code_version
from byok_widgets.errors import ConfigError
from byok_widgets.graph import AnyNode, FlowGraph
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.model_node import ModelNode
from byok_widgets.providers import PROVIDERS

REPEAT_TEMPERATURE = 0.7
"""Temperature of repeats where neither the node nor the call states one: at 0 they could not differ."""


@dataclass(frozen=True)
class Variant:
    """One column.

    Attributes:
        name: Its name in tables.
        id: What identifies what it does: node, prompt, settings, address and models.
        models: Model refs by node.
    """

    name: str
    id: str
    models: Mapping[str, str] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Its models in one line."""
        return ", ".join(dict.fromkeys(self.models.values()))


@dataclass(frozen=True)
class Sampling:
    """How repeats are sampled.

    Attributes:
        repeat: How many times each case is run.
        temperature: The temperature that is set; `None` leaves it as it is.
    """

    repeat: int = 1
    temperature: float | None = None

    def settings(self, number: int, ref: str) -> dict[str, Any]:
        """Return the settings of a repeat, as far as the model has them; none where there is only one."""
        if self.repeat == 1 and self.temperature is None:
            return {}
        provider, _, model = ref.partition(":")
        taken = PROVIDERS[provider].supports(model)
        wanted = {"temperature": self.temperature, "seed": number if self.repeat > 1 else None}
        has = PROVIDERS[provider].settings
        return {
            name: value
            for name, value in wanted.items()
            if value is not None and name in has and taken.get(name, ()) is not None
        }


def sampling_of(nodes: Iterable[AnyNode], repeat: int, temperature: float | None) -> Sampling:
    """Return how repeats of nodes are sampled.

    Raises:
        ConfigError: `repeat` is not at least 1, or repeats could not differ.
    """
    if isinstance(repeat, bool) or not isinstance(repeat, int) or repeat < 1:
        raise ConfigError("repeat is a whole number of at least 1.", kind="repeat", fix="Write repeat=3.")
    own = [node.settings.get("temperature") for node in nodes if isinstance(node, ModelNode)]
    stated = [given for given in own if given is not None]
    if repeat > 1 and temperature is None and stated and all(given == 0 for given in stated):
        temperature = 0.0
    if repeat > 1 and temperature == 0:
        raise ConfigError(
            "At temperature 0 repeats give the same answer again: they would prove nothing.",
            kind="repeat",
            fix=f"Leave repeat out, or write temperature={REPEAT_TEMPERATURE}.",
        )
    if repeat > 1 and temperature is None and not stated:
        temperature = REPEAT_TEMPERATURE
    return Sampling(repeat, temperature)


def node_variant(
    node: ModelNode[Any], context: FlowContext, model: str, sampling: Sampling, name: str | None = None
) -> Variant:
    """Return a model on a node as a variant.

    Raises:
        ConfigError: It is no model.
    """
    ref = str(context.config.ref(model))
    return Variant(name or ref, _id([node], context, {node.name: ref}, sampling), {node.name: ref})


def flow_variant(
    name: str,
    graph: FlowGraph,
    context: FlowContext,
    assigned: Mapping[str, str],
    sampling: Sampling,
    *,
    stubs: Mapping[str, Mapping[str, Any]],
) -> Variant:
    """Return an assignment as a variant; nodes that it does not name keep their models.

    Raises:
        ConfigError: It names a node that is not there or calls no model, or what is no model.
    """
    for node in assigned:
        if not isinstance(graph.node(node), ModelNode):
            raise ConfigError(
                f"Variant {name!r} gives node {node!r} a model, which calls none.",
                kind="variant",
                fix="Leave it out.",
            )
    given = {node: str(context.config.ref(model)) for node, model in assigned.items()}
    callers = [node for node in graph.nodes.values() if isinstance(node, ModelNode)]
    models = {node.name: given.get(node.name) or str(node.resolve().ref) for node in callers}
    edges = edge_definitions(graph)
    judge = context.config.judge_model
    codes = [code_version(node.code) for node in graph.nodes.values()]
    route = [edges, sorted(graph.ends), graph.start, judge, {name: dict(stub) for name, stub in stubs.items()}]
    own = _id(graph.nodes.values(), context, models, sampling, [*route, codes])
    return Variant(name, own, models)


def edge_definitions(graph: FlowGraph) -> list[list[str]]:
    """Return what decides where the flow goes; conditions of two kinds may read alike."""
    return [[edge.source, edge.target, edge.condition.kind, edge.condition.text] for edge in graph.edges]


def definition(node: Node[Any]) -> Any:
    """Return what a node does, without its model."""
    data = {name: value for name, value in node.to_data({}).items() if name != "model"}
    return [node.kind, node.name, data]


def _id(
    nodes: Iterable[Node[Any]],
    context: FlowContext,
    models: Mapping[str, str],
    sampling: Sampling,
    more: Any = None,
) -> str:
    providers = {ref.partition(":")[0] for ref in models.values()}
    addresses = {name: context.config.base_url(name) for name in providers}
    own = [context.global_prompt, context.grounding, context.locale, context.judge_max_tokens]
    sampled = [sampling.repeat > 1, sampling.temperature]
    return hashed([[definition(node) for node in nodes], own, dict(models), addresses, sampled, more])
