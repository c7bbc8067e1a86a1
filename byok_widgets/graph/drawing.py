"""The graph for people: as text, as a table, and as a Mermaid diagram where the frontend draws those."""

from __future__ import annotations

import html

from byok_widgets.graph.edge import EVERYWHERE, Edge
from byok_widgets.graph.flow_graph import FlowGraph
from byok_widgets.nodes import ConversationNode, ExtractionNode

_NO_NODES = "No nodes yet: make one with flow.conversation(...) or flow.extraction(...)."
_MERMAID_CODES = {ord(char): f"#{ord(char)};" for char in '"#&<>`\\{}[]()|;%'} | {ord("\n"): " ", ord("\r"): " "}


def as_text(graph: FlowGraph, title: str) -> str:
    """Return the nodes with their edges, a line each, below a title."""
    if not graph.nodes:
        return f"{title}\n  {_NO_NODES}"
    lines = [title]
    for name in graph.nodes:
        lines.append(f"  {name}: {facts(graph, name)}")
        lines += [f"    {condition(graph, edge)} → {edge.target}" for edge in graph.outgoing(name)]
    return "\n".join(lines)


def as_html(graph: FlowGraph, title: str) -> str:
    """Return the same as a table that needs no script and no style sheet."""
    if not graph.nodes:
        return f"<strong>{html.escape(title)}</strong><br>{html.escape(_NO_NODES)}"
    rows = "".join(
        f"<tr><th scope='row' style='{_LEFT}'>{html.escape(name)}</th>"
        f"<td style='{_LEFT}'>{html.escape(facts(graph, name))}</td>"
        f"<td style='{_LEFT}'>{_html_edges(graph, name)}</td></tr>"
        for name in graph.nodes
    )
    head = "".join(f"<th scope='col' style='{_LEFT}'>{name}</th>" for name in ("node", "what it is", "goes on to"))
    caption = f"<caption style='{_LEFT}'><strong>{html.escape(title)}</strong></caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def as_mermaid(graph: FlowGraph) -> str:
    """Return the graph as a Mermaid flowchart."""
    ids = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    lines = ["flowchart TD", '  begin(("start"))']
    lines += [f"  {ids[name]}{_shape(graph, name)}" for name in graph.nodes]
    lines.append(f"  begin --> {ids[graph.start]}")
    if any(edge.source == EVERYWHERE for edge in graph.edges):
        lines.append('  everywhere(["from everywhere"])')
    for edge in graph.edges:
        source = "everywhere" if edge.source == EVERYWHERE else ids[edge.source]
        dashed = "-.->" if edge.source == EVERYWHERE or edge.kind == "else" else "-->"
        lines.append(f'  {source} {dashed}|"{_escaped(condition(graph, edge))}"| {ids[edge.target]}')
    return "\n".join(lines)


def facts(graph: FlowGraph, name: str) -> str:
    """Say in a few words what a node is."""
    node = graph.nodes[name]
    words = [node.kind]
    if isinstance(node, ExtractionNode):
        words[0] += f" of {', '.join(spec.name for spec in node.schema.fields)}"
    if isinstance(node, ConversationNode) and node.static:
        words.append("static")
    words += ["start"] if name == graph.start else []
    words += ["end"] if name in graph.ends else []
    words += [f"global, entered when “{edge.when}”" for edge in graph.ways_in() if edge.target == name]
    words += [f"model {node.model}"] if node.model else []
    return ", ".join(words)


def condition(graph: FlowGraph, edge: Edge) -> str:
    """Say under which condition an edge is taken."""
    if edge.kind == "else":
        return "else" if len(graph.outgoing(edge.source)) > 1 else "always"
    return f"when “{edge.condition}”" if edge.kind == "prompt" else f"if {edge.condition}"


_LEFT = "text-align:left;vertical-align:top"


def _html_edges(graph: FlowGraph, name: str) -> str:
    lines = [f"{condition(graph, edge)} → {edge.target}" for edge in graph.outgoing(name)]
    return "<br>".join(map(html.escape, lines)) or "–"


def _shape(graph: FlowGraph, name: str) -> str:
    label = f'"{_escaped(name)}"'
    if graph.is_silent(name):
        return f"[/{label}/]"
    return f"(({label}))" if name in graph.ends else f"({label})"


def _escaped(text: str) -> str:
    return text.translate(_MERMAID_CODES)
