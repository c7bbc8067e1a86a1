"""The graph for people: as text, and as a Mermaid diagram where the frontend draws those.

There is no HTML: JupyterLab would show it in place of the diagram. The diagram tells all that the text does, and
the text describes it to those who do not see it; a notebook that is saved holds the picture, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from byok_widgets.graph.edge import EVERYWHERE, Edge
from byok_widgets.graph.flow_graph import FlowGraph
from byok_widgets.nodes import ConversationNode, ExtractionNode

MERMAID = "text/vnd.mermaid"
MAX_LINE_CHARS = 200
"""Longest text that is shown of a name, a condition or what a node is."""
MAX_DIAGRAM_CHARS, MAX_DIAGRAM_EDGES = 50_000, 500
"""Larger diagrams are refused by Mermaid as it comes."""

_GREY = "#777777"
"""Seen on white and on black: a diagram that was drawn is not drawn anew when the theme changes."""
_NO_NODES = "No nodes yet: make one with flow.conversation(...) or flow.extraction(...)."
_LOOK = {"themeVariables": {"lineColor": _GREY}, "themeCSS": f".flowchartTitleText {{ fill: {_GREY}; }}"}
_JOINERS = "\u200c\u200d"
_CODES = {ord(char): f"#{ord(char)};" for char in '"#&<>`\\{}[]()|;%:@$*_~^='}
_SPOKEN = {ord("{"): "(", ord("}"): ")", ord("#"): "", ord(";"): ",", ord("%"): "", ord("<"): "", ord(">"): ""}


def one_line(text: str, most: int = MAX_LINE_CHARS) -> str:
    """Return a text as far as one line shows it, without signs that nobody sees; what is cut off ends in `…`."""
    seen = "".join(char if char.isprintable() or char in _JOINERS else " " for char in text[: 10 * most])
    line = " ".join(seen.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def as_text(graph: FlowGraph, title: str) -> str:
    """Return the nodes with their edges, a line each, below a title."""
    lines = [one_line(title)]
    for name in graph.nodes:
        lines.append(f"  {one_line(name)}: {facts(graph, name)}")
        lines += [f"    {condition(graph, edge)} → {one_line(edge.target)}" for edge in graph.outgoing(name)]
    return "\n".join(lines if graph.nodes else [*lines, f"  {_NO_NODES}"])


def as_mermaid(graph: FlowGraph, title: str) -> str:
    """Return the graph as a Mermaid flowchart; empty without nodes, and where there are too many to be drawn."""
    if not graph.nodes or len(graph.edges) > MAX_DIAGRAM_EDGES:
        return ""
    diagram = "\n".join(_diagram(graph, title))
    return diagram if len(diagram) <= MAX_DIAGRAM_CHARS else ""


def facts(graph: FlowGraph, name: str) -> str:
    """Say in a few words what a node is."""
    words = _kinds(graph, name)
    words += ["start"] if name == graph.start else []
    words += ["end"] if name in graph.ends else []
    words += [f"global, entered when “{edge.when}”" for edge in graph.ways_in() if edge.target == name]
    return one_line(", ".join(words))


def condition(graph: FlowGraph, edge: Edge) -> str:
    """Say under which condition an edge is taken."""
    if edge.kind == "else":
        return "else" if len(graph.outgoing(edge.source)) > 1 else "always"
    return one_line(f"when “{edge.condition}”" if edge.kind == "prompt" else f"if {edge.condition}")


def _diagram(graph: FlowGraph, title: str) -> Iterator[str]:
    ids = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    spoken = one_line(title).translate(_SPOKEN)
    yield from (
        "---",
        f"title: {json.dumps(spoken, ensure_ascii=False)}",
        f"config: {json.dumps(_LOOK)}",
        "---",
        "flowchart TD",
    )
    yield f"  accTitle: {spoken}"
    yield f"  accDescr: {one_line(as_text(graph, title), MAX_DIAGRAM_CHARS).translate(_SPOKEN)}"
    yield f'  start(("start")) --> {ids[graph.start]}'
    for name, node_id in ids.items():
        left, right = ("[/", "/]") if graph.is_silent(name) else ("(", ")")
        what = one_line(", ".join(_kinds(graph, name)))
        yield f'  {node_id}{left}"{_escaped(name)}<br>{_escaped(what)}"{right}'
        if name in graph.ends:
            yield f'  {node_id} --> end{node_id}(("end"))'
    for edge in graph.edges:
        anywhere = edge.source == EVERYWHERE
        source = 'everywhere(["from everywhere"])' if anywhere else ids[edge.source]
        arrow = "-.->" if anywhere or edge.kind == "else" else "-->"
        yield f'  {source} {arrow}|"{_escaped(condition(graph, edge))}"| {ids[edge.target]}'


def _kinds(graph: FlowGraph, name: str) -> list[str]:
    node = graph.nodes[name]
    words = [node.kind]
    if isinstance(node, ExtractionNode):
        words[0] += f" of {', '.join(spec.name for spec in node.schema.fields)}"
    if isinstance(node, ConversationNode) and node.static:
        words.append("static")
    return words + ([f"model {node.model}"] if node.model else [])


def _escaped(text: str) -> str:
    return one_line(text).translate(_CODES)
