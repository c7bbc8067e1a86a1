"""Loops of silent nodes: a turn that enters one gets no reply."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.graph.flow_graph import FlowGraph


def silent_loops(graph: FlowGraph) -> Iterator[tuple[str, ...]]:
    """Yield each loop that consists only of silent nodes, once."""
    seen: set[frozenset[str]] = set()
    for name in graph.nodes:
        path = _path_back(graph, name)
        if path and frozenset(path) not in seen:
            seen.add(frozenset(path))
            yield path


def never_ends(graph: FlowGraph, loop: tuple[str, ...]) -> bool:
    """Whether a turn that has taken the edges of a silent loop stays in it, or in the next one, forever.

    It does if no edge leads out, and also if a node's else edge leads back to itself: when the same dialogue is
    read again, again no other edge holds.
    """
    first = loop[0]
    to_itself = any(edge.target == first and edge.condition.is_fallback for edge in graph.outgoing(first))
    return (len(loop) == 1 and to_itself) or _without_way_out(graph).issuperset(loop)


def _without_way_out(graph: FlowGraph) -> set[str]:
    """Return the silent nodes that always lead on, and only to one another."""
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


def _path_back(graph: FlowGraph, name: str) -> tuple[str, ...]:
    """Return the shortest path from a silent node to itself through silent nodes; empty if there is none."""
    paths: list[tuple[str, ...]] = [(name,)] if graph.is_silent(name) else []
    visited: set[str] = set()
    while paths:
        path = paths.pop(0)
        for target in graph.targets(path[-1]):
            if target == name:
                return path
            if target not in visited and graph.is_silent(target):
                visited.add(target)
                paths.append((*path, target))
    return ()
