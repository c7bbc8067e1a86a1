"""Loops of silent nodes: a turn that enters one gets no reply."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from byok_widgets.graph.components import looped
from byok_widgets.graph.flow_graph import FlowGraph

_MOST_SEARCHED = 100
"""In how many nodes of a group a search for their loops begins; each search may go through the whole group."""


class SilentLoop(NamedTuple):
    """A loop that consists only of silent nodes.

    Attributes:
        path: Its nodes.
        never_ends: Whether a turn that has taken its edges stays in it, or in the next one, forever. It does if no
            edge leads out, and also if a node's else edge leads back to itself: when the same dialogue is read
            again, again no other edge holds.
    """

    path: tuple[str, ...]
    never_ends: bool


def silent_loops(graph: FlowGraph) -> Iterator[SilentLoop]:
    """Yield the loops of silent nodes, each once; not all of them where very many nodes lead to one another."""
    places = {name: at for at, name in enumerate(graph.nodes)}
    groups = looped((name for name in places if graph.is_silent(name)), lambda name: _silent_targets(graph, name))
    closed = _without_way_out(graph)
    for group in sorted((sorted(group, key=places.__getitem__) for group in groups), key=lambda g: places[g[0]]):
        members, seen = frozenset(group), set[frozenset[str]]()
        for name in group[:_MOST_SEARCHED]:
            path = _path_back(graph, name, members)
            if frozenset(path) not in seen:
                seen.add(frozenset(path))
                yield SilentLoop(path, _stays(graph, path) or closed.issuperset(path))


def _silent_targets(graph: FlowGraph, name: str) -> list[str]:
    return [target for target in graph.targets(name) if graph.is_silent(target)]


def _stays(graph: FlowGraph, loop: tuple[str, ...]) -> bool:
    """Whether a loop is a node whose else edge leads to itself."""
    first = loop[0]
    to_itself = any(edge.target == first and edge.condition.is_fallback for edge in graph.outgoing(first))
    return len(loop) == 1 and to_itself


def _without_way_out(graph: FlowGraph) -> set[str]:
    """Return the silent nodes that always lead on, and only to one another."""
    inside = {
        name
        for name in graph.nodes
        if graph.is_silent(name)
        and name not in graph.ends
        and any(edge.condition.is_fallback for edge in graph.outgoing(name))
    }
    sources: dict[str, list[str]] = {}
    for name in inside:
        for target in graph.targets(name):
            sources.setdefault(target, []).append(name)
    leaving = [name for name in inside if not inside.issuperset(graph.targets(name))]
    while leaving:
        name = leaving.pop()
        if name in inside:
            inside.remove(name)
            leaving += sources.get(name, ())
    return inside


def _path_back(graph: FlowGraph, name: str, members: Collection[str]) -> tuple[str, ...]:
    """Return the shortest path from a node to itself through nodes that all lead to one another."""
    came_from: dict[str, str] = {}
    level = [name]
    while name not in came_from:
        following = []
        for source in level:
            for target in graph.targets(source):
                if target in members and target not in came_from:
                    came_from[target] = source
                    following.append(target)
        level = following
    path = [came_from[name]]
    while path[-1] != name:
        path.append(came_from[path[-1]])
    return tuple(reversed(path))
