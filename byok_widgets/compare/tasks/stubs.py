"""Stands in for actions with effects: a comparison plays the same script many times, and must book nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from byok_widgets.compare.cells.frozen import FrozenFlow
from byok_widgets.graph import FlowGraph

Stubs = Mapping[str, Mapping[str, Any]]
"""What actions return in place of what they do, by the node's name: values by variable."""


def without_effects(graph: FlowGraph, stubs: Stubs, *, run_effects: bool = False) -> FlowGraph:
    """Return a copy of a graph in which actions with effects, and those that are named, call nothing.

    Each gives the values of its stub; without one, its variables have no value. With `run_effects`, only those
    that are named are replaced.

    Raises:
        ConfigError: A stub is for no action, or gives what the action does not write.
    """
    copy = graph.snapshot()
    replaced = {name: copy.node(name).stub(values) for name, values in stubs.items()}
    for name in [] if run_effects else unstated_by(copy, stubs):
        replaced[name] = copy.node(name).stub({})
    copy.nodes = {**copy.nodes, **replaced}
    return copy


def stubbed(flow: FrozenFlow, stubs: Stubs) -> FrozenFlow:
    """Return a flow in which the actions that are named give what their stubs say, and the others are unchanged.

    Raises:
        ConfigError: A stub is for no action, or gives what the action does not write.
    """
    return replace(flow, graph=without_effects(flow.graph, stubs, run_effects=True)) if stubs else flow


def unstated_by(graph: FlowGraph, stubs: Stubs) -> list[str]:
    """Return the actions with effects that have no stub: what they write is then not stated."""
    return [name for name, node in graph.nodes.items() if node.has_effects and name not in stubs]
