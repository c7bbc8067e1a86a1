"""Stands in for actions with effects: a comparison plays the same script many times, and must book nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.graph import FlowGraph
from byok_widgets.nodes import ActionNode
from byok_widgets.nodes.flow_context import FlowContext

Stubs = Mapping[str, Mapping[str, Any]]
"""What actions return in place of what they do, by the node's name: values by variable."""


def without_effects(graph: FlowGraph, context: FlowContext, stubs: Stubs) -> FlowGraph:
    """Return a copy of a graph in which actions with effects, and those that are named, call nothing.

    Each gives the values of its stub; without one, its variables have no value.

    Raises:
        ConfigError: A stub is for no action, or gives what the action does not write.
    """
    copy = graph.snapshot()
    replaced = dict(copy.nodes)
    for name in stubs:
        if not isinstance(copy.node(name), ActionNode):
            raise ConfigError(
                f"Node {name!r} is no action: it has no stub.", kind="stub", fix="Name an action of the flow."
            )
    for name, node in copy.nodes.items():
        if isinstance(node, ActionNode) and (node.effects or name in stubs):
            replaced[name] = _stub(node, context, stubs.get(name, {}))
    copy.nodes = replaced
    return copy


def unstated_by(graph: FlowGraph, stubs: Stubs) -> list[str]:
    """Return the actions with effects that have no stub: what they write is then not stated."""
    return [
        name
        for name, node in graph.nodes.items()
        if isinstance(node, ActionNode) and node.effects and name not in stubs
    ]


def _stub(node: ActionNode, context: FlowContext, values: Mapping[str, Any]) -> ActionNode:
    unknown = sorted(set(values) - set(node.writes))
    if unknown:
        raise ConfigError(
            f"The stub of {node.name!r} gives {unknown[0]!r}, which the action does not write.",
            kind="stub",
            fix=f"It writes: {', '.join(node.writes) or 'nothing'}.",
        )
    given = {name: values.get(name) for name in node.writes}

    def stub(variables: Mapping[str, Any], /) -> Any:
        del variables
        return dict(given) or None

    return ActionNode(
        context, node.name, stub, writes=node.writes, deadline_s=node.deadline_s, effects=node.effects
    )
