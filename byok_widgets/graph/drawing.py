"""The graph in words: what each node is, and under which condition each edge is taken. `svg` draws the same."""

from __future__ import annotations

from byok_widgets.display.reading_order import MARK, from_left, in_order
from byok_widgets.graph.edge import Edge
from byok_widgets.graph.flow_graph import FlowGraph

MAX_LINE_CHARS = 200
"""Longest text that is shown of a name, a condition or what a node is."""
_NO_NODES = "No nodes yet: create one with flow.conversation(...) or flow.extraction(...)."
_SHAPING = f"\u200c\u200d{MARK}"
"""What is invisible, and decides how a text is shown."""


def one_line(text: str, most: int = MAX_LINE_CHARS) -> str:
    """Return a text shortened to one line, without invisible characters; a truncated one ends in `…`."""
    visible = "".join(char if char.isprintable() or char in _SHAPING else " " for char in text[: 10 * most])
    line = " ".join(visible.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def as_text(graph: FlowGraph, title: str) -> str:
    """Return the nodes with their edges, one per line, below a title."""
    graph = graph.snapshot()
    lines = [one_line(title)]
    for name in graph.nodes:
        lines.append(f"  {from_left(f'{one_line(name)}: {describe(graph, name)}')}")
        ways = ((condition(graph, edge), one_line(edge.target)) for edge in graph.outgoing(name))
        lines += [f"    {in_order(way)}" for way in ways]
        lines += ["    returns → the node it came from"] if returns(graph, name) else []
    return "\n".join(lines if graph.nodes else [*lines, f"  {_NO_NODES}"])


def describe(graph: FlowGraph, name: str) -> str:
    """Say in a few words what a node is."""
    words = graph.nodes[name].describe()
    words += ["start"] if name == graph.start else []
    words += ["end"] if name in graph.ends else []
    words += [f"global, entered {edge.condition.describe()}" for edge in graph.ways_in() if edge.target == name]
    return one_line(", ".join(words))


def is_else(graph: FlowGraph, edge: Edge) -> bool:
    """Whether an edge is the one that is taken when none of the others is."""
    return edge.condition.is_fallback and len(graph.outgoing(edge.source)) > 1


def condition(graph: FlowGraph, edge: Edge) -> str:
    """Return the condition under which an edge is taken, in words."""
    if edge.condition.is_fallback:
        return "else" if is_else(graph, edge) else "always"
    return one_line(edge.condition.describe())


def returns(graph: FlowGraph, name: str) -> bool:
    """Whether the flow goes back from a global node to where it came from."""
    return graph.is_global(name) and name not in graph.ends and not graph.outgoing(name)
