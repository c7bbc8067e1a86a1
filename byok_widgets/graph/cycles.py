"""Loops of silent nodes: a turn that goes round in one gets no reply."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.graph.flow_graph import FlowGraph


def silent_loops(graph: FlowGraph) -> Iterator[tuple[str, ...]]:
    """Yield the circles that have silent nodes alone, each once."""
    seen: set[frozenset[str]] = set()
    for name in graph.nodes:
        path = _way_back(graph, name)
        if path and frozenset(path) not in seen:
            seen.add(frozenset(path))
            yield path


def never_ends(graph: FlowGraph, loop: tuple[str, ...]) -> bool:
    """Whether a turn that has taken the edges of a silent loop always goes round in it, or in the next one.

    That is so where no edge leads out. It is also where an else edge leads a node to itself: read again, the same
    dialogue says the same, and no other edge holds again.
    """
    first = loop[0]
    to_itself = any(edge.target == first and edge.condition.is_fallback for edge in graph.outgoing(first))
    return (len(loop) == 1 and to_itself) or _without_way_out(graph).issuperset(loop)


def _without_way_out(graph: FlowGraph) -> set[str]:
    """Return the silent nodes that always lead on, and to one another alone."""
    inside = {
        name
        for name in graph.nodes
        if graph.is_silent(name)
        and name not in graph.ends
        and any(edge.condition.is_fallback for edge in graph.outgoing(name))
    }
    while leaving := {name for name in inside if not inside.issuperset(graph.targets(name))}:
        inside -= leaving
    return inside


def _way_back(graph: FlowGraph, name: str) -> tuple[str, ...]:
    """Return the shortest way from a silent node to itself over silent nodes; empty when there is none."""
    ways: list[tuple[str, ...]] = [(name,)] if graph.is_silent(name) else []
    visited: set[str] = set()
    while ways:
        way = ways.pop(0)
        for target in graph.targets(way[-1]):
            if target == name:
                return way
            if target not in visited and graph.is_silent(target):
                visited.add(target)
                ways.append((*way, target))
    return ()
