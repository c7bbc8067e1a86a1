"""What identifies what a flow or a node does: cells of two runs belong together exactly where it is the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from byok_widgets.cases.code_version import code_version, is_foreign
from byok_widgets.errors import ConfigError
from byok_widgets.graph import AnyNode, FlowGraph
from byok_widgets.hashing import hashed
from byok_widgets.nodes.base import Node
from byok_widgets.nodes.flow_context import FlowContext

RECORDED = 3
"""Changes when more is kept: cells with less are other cells."""


def node_definition(node: Node[Any]) -> list[Any]:
    """Return what a node does, without its model."""
    data = {name: value for name, value in node.to_data({}).items() if name != "model"}
    own = [type(node)] if is_foreign(type(node)) else []
    return [node.kind, node.name, data, code_version(*own, *node.codes)]


def edge_definitions(graph: FlowGraph) -> list[list[str]]:
    """Return what decides where the flow goes; conditions of two kinds may read alike."""
    found = []
    for edge in graph.edges:
        condition = edge.condition
        own = [condition] if is_foreign(type(condition)) else []
        code = code_version(*own, *condition.codes)
        found.append([edge.source, edge.target, condition.kind, condition.text, code])
    return found


def flow_definition(graph: FlowGraph, context: FlowContext, *, opens: bool, but: str = "") -> list[Any]:
    """Return what a flow does apart from the models of its nodes.

    Args:
        graph: Its nodes and edges.
        context: What they share.
        opens: Whether it speaks before the caller.
        but: A node that does not count.
    """
    nodes = [node_definition(node) for node in graph.nodes.values() if node.name != but]
    judge = judge_refs(graph, context)
    limits = context.config.turn_limits
    route = [edge_definitions(graph), sorted(graph.ends), graph.start, opens]
    judging = [judge, addresses(judge, context), context.judge_max_tokens]
    return [nodes, route, judging, shared_definition(context), [limits.max_calls, str(limits.max_cost)]]


def flow_parts(graph: FlowGraph, context: FlowContext, *, opens: bool) -> dict[str, str]:
    """Return a hash of each part of a flow, by its name in words, to tell later what was changed."""
    nodes = {f"node {node.name}": hashed(node_definition(node)) for node in graph.nodes.values()}
    definition = flow_definition(graph, context, opens=opens)
    return {**nodes, "the edges": hashed(definition[1]), "what all nodes share": hashed(definition[2:])}


def shared_definition(context: FlowContext) -> list[Any]:
    """Return what all nodes of a flow share."""
    return [context.global_prompt, context.grounding, context.locale]


def addresses(refs: Iterable[str], context: FlowContext) -> dict[str, str | None]:
    """Return where the calls of models go that is not their provider's own address, by the provider."""
    providers = {ref.partition(":")[0] for ref in refs}
    return {name: context.config.base_url(name) for name in sorted(providers)}


def judge_refs(graph: FlowGraph, context: FlowContext) -> list[str]:
    """Return the models that judge edges and are none of a node's: the flow's judge, or else its default model."""
    if not any(edge.condition.is_judged for edge in graph.edges):
        return []
    chosen = context.config.judge_model
    if chosen:
        return [str(context.config.ref(chosen))]
    without = [node for node in graph.nodes.values() if not node.calls_model]
    return list(dict.fromkeys(ref for node in without if (ref := _default_of(node))))


def _default_of(node: AnyNode) -> str | None:
    try:
        return str(node.resolve().ref)
    except ConfigError:  # the edges of this node are never judged, or that fails in its cell
        return None


def model_of(node: AnyNode) -> str | None:
    """Return the model that a node calls now; `None` for one that calls none."""
    return str(node.resolve().ref) if node.calls_model else None
