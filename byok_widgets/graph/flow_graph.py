"""`FlowGraph`: the nodes of a flow, the edges between them, and where it starts and ends."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from byok_widgets.errors import ConfigError
from byok_widgets.nodes.base import Node

if TYPE_CHECKING:
    from byok_widgets.graph.edge import Edge

AnyNode = Node[Any]

EVERYWHERE = ""
"""The source of the edges that lead to global nodes; no node has this name."""


class FlowGraph:
    """Nodes by name, in the order they were created, and edges in the order they were connected.

    There is at most one edge from a node to another: connecting the two again replaces its condition, so that a
    cell can be changed and run again, even while a turn is running in another thread.

    Attributes:
        nodes: The nodes.
        ends: Names of the end nodes.
        extra: Unknown fields of nodes in a flow file; kept when it is saved again.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, AnyNode] = {}
        self.ends: set[str] = set()
        self.extra: dict[str, Mapping[str, Any]] = {}
        self._edges: dict[str, Mapping[str, Edge]] = {}
        self._start = ""
        self._changing = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_changing"}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        vars(self).update(state, _changing=threading.RLock())

    def __repr__(self) -> str:
        return f"FlowGraph(nodes={list(self.nodes)}, edges={len(self.edges)})"

    def snapshot(self) -> FlowGraph:
        """Return a copy of the graph as it is now, for reading all of it while cells change the original."""
        graph = FlowGraph()
        with self._changing:
            graph.nodes, graph.ends, graph.extra = self.nodes, set(self.ends), dict(self.extra)
            graph._edges, graph._start = dict(self._edges), self._start
        return graph

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges, including those into global nodes."""
        return tuple(edge for source in list(self._edges) for edge in self._from(source))

    @property
    def start(self) -> str:
        """Name of the start node: the one that was set, else the first one created; empty without nodes."""
        names = list(self.nodes)
        first = next((name for name in names if not self.is_global(name)), next(iter(names), ""))
        return self._start if self._start in self.nodes else first

    @start.setter
    def start(self, name: str) -> None:
        self._start = self.node(name).name

    def put(self, node: AnyNode, *, start: bool = False, end: bool = False, enter: str | None = None) -> None:
        """Add a node, or replace the one of the same name; the edges stay.

        Args:
            node: The node.
            start: Whether sessions start here.
            end: Whether the session closes here.
            enter: Condition under which this node is entered from anywhere; makes it a global node.

        Raises:
            ConfigError: The condition is empty.
        """
        way_in = None if enter is None else _way_into(node.name, enter)
        with self._changing:
            self.nodes = {**self.nodes, node.name: node}
            (self.ends.add if end else self.ends.discard)(node.name)
            if way_in:
                self._put(way_in)
            else:
                self._take(EVERYWHERE, node.name)
            if start:
                self.start = node.name

    def add(self, edge: Edge) -> None:
        """Add an edge, or replace the one between the same nodes.

        Raises:
            ConfigError: One of the nodes does not exist.
        """
        with self._changing:
            for name in (edge.source, edge.target):
                self.node(name)
            self._put(edge)

    def remove(self, source: str, target: str) -> None:
        """Remove an edge.

        Raises:
            ConfigError: There is none between the two.
        """
        with self._changing:
            found = self._take(source, target)
        if not found:
            raise ConfigError(
                f"There is no edge from {source!r} to {target!r}.",
                kind="edge",
                fix="Show the flow to see its edges.",
            )

    def remove_node(self, name: str) -> None:
        """Remove a node with all its edges; a later node of the same name inherits nothing from it.

        Raises:
            ConfigError: There is none of that name.
        """
        with self._changing:
            self.node(name)
            for source in list(self._edges):
                self._take(source, name)
            self._edges.pop(name, None)
            self.nodes = {other: node for other, node in self.nodes.items() if other != name}
            self.ends.discard(name)
            self.extra.pop(name, None)
            self._start = "" if self._start == name else self._start

    def node(self, name: str) -> AnyNode:
        """Return a node.

        Raises:
            ConfigError: There is none of that name.
        """
        if name in self.nodes:
            return self.nodes[name]
        import difflib

        near = difflib.get_close_matches(str(name), self.nodes, n=1)
        known = (
            f"Did you mean {near[0]!r}?"
            if near
            else f"Its nodes: {', '.join(map(repr, self.nodes)) or 'none yet'}."
        )
        raise ConfigError(f"The flow has no node {name!r}.", kind="node", fix=known)

    def outgoing(self, name: str) -> tuple[Edge, ...]:
        """Return the edges that start at a node, the else edge last."""
        return tuple(sorted(self._from(name), key=lambda edge: edge.condition.is_fallback))

    def ways_in(self, *, but: str = "") -> tuple[Edge, ...]:
        """Return the edges into the global nodes, except the one into the node `but`."""
        return tuple(edge for edge in self._from(EVERYWHERE) if edge.target != but)

    def is_global(self, name: str) -> bool:
        """Whether a node can be entered from anywhere."""
        return name in self._edges.get(EVERYWHERE, {})

    def is_silent(self, name: str) -> bool:
        """Whether a node says nothing."""
        return not self.node(name).speaks

    def reachable(self, start: Iterable[str]) -> set[str]:
        """Return the nodes reachable from `start`, including those in it; an end node leads nowhere."""
        found: set[str] = set()
        waiting = list(start)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += self.targets(name)
        return found

    def targets(self, name: str) -> list[str]:
        """Return the nodes to which a node leads: none from an end node, whose edges are never taken."""
        return [] if name in self.ends else [edge.target for edge in self._from(name)]

    # The mappings of nodes, and of the edges from one, are replaced and never modified: readers need no lock.

    def _put(self, edge: Edge) -> None:
        self._edges[edge.source] = {**self._edges.get(edge.source, {}), edge.target: edge}

    def _take(self, source: str, target: str) -> bool:
        there = self._edges.get(source, {})
        self._edges[source] = {name: edge for name, edge in there.items() if name != target}
        return target in there

    def _from(self, source: str) -> tuple[Edge, ...]:
        return tuple(self._edges.get(source, {}).values())


def _way_into(name: str, enter: str) -> Edge:
    from byok_widgets.graph.edge import Edge

    return Edge.create(EVERYWHERE, name, enter)
