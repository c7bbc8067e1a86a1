"""Which variables surely have a value when a node begins to run, whichever path has led there."""

from __future__ import annotations

from collections.abc import Iterator

from byok_widgets.graph.edge import Edge
from byok_widgets.graph.flow_graph import FlowGraph

Names = frozenset[str]


def surely_stated(graph: FlowGraph, known: Names, ever: Names) -> dict[str, Names]:
    """Return for each node that can be reached what is stated on every path to it.

    What an extraction node reads may always be left unsaid. An edge with a logic condition tells more: behind
    `size is not None` the size is stated, and so it is on the edges that are left when `size is None` does not
    hold. A function that is a condition may have looked at anything.

    Args:
        graph: The graph.
        known: Variables that code sets.
        ever: All variables that anything sets.
    """
    found = dict.fromkeys([graph.start, *(edge.target for edge in graph.ways_in())], known)
    waiting = list(found)
    while waiting:
        name = waiting.pop()
        after = found[name].union(graph.nodes[name].surely_writes)
        for edge, told in _ways_on(graph, name, ever):
            here = after | told
            merged = found[edge.target] & here if edge.target in found else here
            if merged != found.get(edge.target):
                found[edge.target] = merged
                waiting.append(edge.target)
    return found


def _ways_on(graph: FlowGraph, name: str, ever: Names) -> Iterator[tuple[Edge, Names]]:
    """Yield the edges that may be taken from a node, each with what is stated when it is."""
    if name in graph.ends:
        return
    missed: Names = frozenset()
    edges = graph.outgoing(name)
    exact = [edge for edge in edges if not (edge.condition.is_judged or edge.condition.is_fallback)]
    for edge in exact:
        yield edge, missed | _told(edge, ever, holds=True)
        # edges are tried in order: the next is reached only where this one does not hold
        missed |= _told(edge, ever, holds=False)
    for edge in edges:
        if edge not in exact:
            yield edge, missed


def _told(edge: Edge, ever: Names, *, holds: bool) -> Names:
    names = edge.condition.stated(holds=holds)
    is_misspelt = not ever.issuperset(edge.condition.reads)  # told by itself, and nobody gets through
    return ever if names is None or is_misspelt else names
