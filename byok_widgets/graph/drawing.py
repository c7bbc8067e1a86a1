"""Drawings of the graph: as text, and as a Mermaid diagram for frontends that render it.

There is no HTML: JupyterLab would show it instead of the diagram. The diagram contains everything that the text
does, and the text describes it to those who cannot see it; a saved notebook contains the picture, too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from byok_widgets.graph.edge import EVERYWHERE, Edge
from byok_widgets.graph.flow_graph import FlowGraph

MERMAID = "text/vnd.mermaid"
MAX_LINE_CHARS = 200
"""Maximum length shown of a name, a condition or the description of a node."""
MAX_DIAGRAM_CHARS, MAX_DIAGRAM_EDGES = 50_000, 500
"""Mermaid rejects larger diagrams by default."""

_GREY = "#777777"
"""Visible on white and on black: a diagram is not redrawn when the theme changes."""
_DARK, _LIGHT = "#1f2328", "#f0f0f0"
_LOOK = {
    "theme": "base",
    "flowchart": {"useMaxWidth": False},
    "themeVariables": {
        "primaryColor": "#dbe7ff",
        "primaryBorderColor": "#3d6fd9",
        "primaryTextColor": _DARK,
        "lineColor": _GREY,
        "edgeLabelBackground": _LIGHT,
    },
    "themeCSS": f".flowchartTitleText {{ fill: {_GREY}; font-weight: bold; }}"
    " .flowchart-link { stroke-width: 2px; } .edgeLabel p { padding: 1px 5px; }",
}
"""One look for both themes: light nodes with dark text, and lines that are visible on either."""
_CLASSES = (
    "  classDef silent fill:#ffe9c2,stroke:#c07d00",
    f"  classDef place fill:{_LIGHT},stroke:{_GREY}",
)
_NO_NODES = "No nodes yet: make one with flow.conversation(...) or flow.extraction(...)."
_JOINERS = "\u200c\u200d"
_CODES = {ord(char): f"#{ord(char)};" for char in '"#&<>`\\{}[]()|;%:@$*_~^='}
_SPOKEN = {ord("{"): "(", ord("}"): ")", ord("#"): "", ord(";"): ",", ord("%"): "", ord("<"): "", ord(">"): ""}


def one_line(text: str, most: int = MAX_LINE_CHARS) -> str:
    """Return a text shortened to one line, without invisible characters; a truncated one ends in `…`."""
    visible = "".join(char if char.isprintable() or char in _JOINERS else " " for char in text[: 10 * most])
    line = " ".join(visible.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def as_text(graph: FlowGraph, title: str) -> str:
    """Return the nodes with their edges, one per line, below a title."""
    graph = graph.snapshot()
    lines = [one_line(title)]
    for name in graph.nodes:
        lines.append(f"  {one_line(name)}: {describe(graph, name)}")
        lines += [f"    {condition(graph, edge)} → {one_line(edge.target)}" for edge in graph.outgoing(name)]
        lines += ["    returns → the node it came from"] if _returns(graph, name) else []
    return "\n".join(lines if graph.nodes else [*lines, f"  {_NO_NODES}"])


def as_mermaid(graph: FlowGraph, title: str) -> str:
    """Return the graph as a Mermaid flowchart; empty without nodes, or if there are too many to draw."""
    graph = graph.snapshot()
    if not graph.nodes:
        return ""
    ids = {name: f"n{number}" for number, name in enumerate(graph.nodes)}
    arrows = list(_arrows(graph, ids))
    diagram = "\n".join([*_head(graph, title), *_shapes(graph, ids), *arrows])
    fits = len(arrows) <= MAX_DIAGRAM_EDGES and len(diagram) <= MAX_DIAGRAM_CHARS
    return diagram if fits else ""


def describe(graph: FlowGraph, name: str) -> str:
    """Say in a few words what a node is."""
    words = graph.nodes[name].describe()
    words += ["start"] if name == graph.start else []
    words += ["end"] if name in graph.ends else []
    words += [f"global, entered {edge.condition.describe()}" for edge in graph.ways_in() if edge.target == name]
    return one_line(", ".join(words))


def condition(graph: FlowGraph, edge: Edge) -> str:
    """Return the condition under which an edge is taken, in words."""
    if edge.condition.is_fallback:
        return "else" if len(graph.outgoing(edge.source)) > 1 else "always"
    return one_line(edge.condition.describe())


def _returns(graph: FlowGraph, name: str) -> bool:
    """Whether the flow goes back from a global node to where it came from."""
    return graph.is_global(name) and name not in graph.ends and not graph.outgoing(name)


def _head(graph: FlowGraph, title: str) -> Iterator[str]:
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


def _shapes(graph: FlowGraph, ids: Mapping[str, str]) -> Iterator[str]:
    yield from _CLASSES
    yield '  start(("start")):::place'
    if graph.ways_in():
        yield '  anywhere(["any node"]):::place'
    for name, node_id in ids.items():
        what = one_line(", ".join(graph.nodes[name].describe()))
        label = f'"{_escaped(name)}<br>{_escaped(what)}"'
        yield f"  {node_id}[/{label}/]:::silent" if graph.is_silent(name) else f"  {node_id}({label})"
        if name in graph.ends:
            yield f'  end{node_id}(("end")):::place'


def _arrows(graph: FlowGraph, ids: Mapping[str, str]) -> Iterator[str]:
    yield f"  start --> {ids[graph.start]}"
    for name, node_id in ids.items():
        if name in graph.ends:
            yield f"  {node_id} --> end{node_id}"
    for edge in graph.edges:
        source = "anywhere" if edge.source == EVERYWHERE else ids[edge.source]
        arrow = "-.->" if edge.source == EVERYWHERE or edge.condition.is_fallback else "-->"
        yield f'  {source} {arrow}|"{_escaped(condition(graph, edge))}"| {ids[edge.target]}'
    yield from (f'  {ids[name]} -.->|"returns"| anywhere' for name in ids if _returns(graph, name))


def _escaped(text: str) -> str:
    return one_line(text).translate(_CODES)
