"""The graph as an SVG picture: the one drawing that chat, cells and saved notebooks show.

Each node and edge is a group that names what it stands for, `data-node="ask"` and `data-edge="ask→bye"`, so a page
marks them by classes alone: `byok-active`, `byok-visited` and `byok-path`. The picture needs no style sheet; the
one that it may carry follows the page's theme. It has no ids, so one page may hold any number of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from byok_widgets.display import markup
from byok_widgets.display.reading_order import in_order
from byok_widgets.graph import text_fitting
from byok_widgets.graph.colours import node_colours
from byok_widgets.graph.drawing import as_text, condition, describe, is_else, one_line, returns
from byok_widgets.graph.flow_graph import EVERYWHERE, FlowGraph
from byok_widgets.graph.layout import Box, Layout, Link, Size, lay_out
from byok_widgets.graph.svg_elements import escaped, px
from byok_widgets.graph.svg_shapes import EdgeLine, Mark, NodeBox
from byok_widgets.graph.svg_style import STYLE

MAX_NODES, MAX_EDGES = 250, 500
"""Larger graphs are not drawn: nobody could read them, and the text says the same."""
MAX_TITLE_CHARS = 1000

Key = Callable[[str], str]


def as_svg(graph: FlowGraph, title: str, *, styled: bool = False, brief: bool = False, key: Key = str) -> str:
    """Return the drawing of a graph as SVG; empty without nodes, and where there are too many to be drawn.

    Args:
        graph: The graph. The same one gives the same drawing.
        title: What it is called for those who do not see it.
        styled: Whether it carries the style sheet by which it follows the page's theme and marks what is active,
            visited and on the path: for a page that embeds it. Without, it suits light and dark as it is.
        brief: Whether it is for a narrow place: a node shows its name alone, and labels are narrow.
        key: How a node's name is written in the data attributes, for a page that knows nodes by another form.
    """
    graph = graph.snapshot()
    if not graph.nodes or len(graph.nodes) > MAX_NODES or len(graph.edges) > MAX_EDGES:
        return ""
    nodes, lines = _shapes(graph, key, brief=brief)
    layout = lay_out(
        [Box(node.size, is_root=node.is_root) for node in nodes],
        [Link(line.source, line.target, line.size) for line in lines],
    )
    parts = [
        *_drawn_lines(lines, layout),
        *(node.draw(rect, ticked=styled) for node, rect in zip(nodes, layout.boxes, strict=True)),
    ]
    return _whole(layout.size, title, STYLE if styled else "", parts)


def as_html(graph: FlowGraph, title: str) -> str:
    """Return the drawing as an image, and the same in words, as every notebook keeps it and shows it offline."""
    graph = graph.snapshot()
    svg, words = as_svg(graph, title), markup.lines(as_text(graph, title))
    if not svg:
        return words
    alt = f"{one_line(title)}: {_counted(graph)}. The text after the picture says the same."
    return f"{markup.picture(svg, alt)}{markup.details('The graph as text', words)}"


def _counted(graph: FlowGraph) -> str:
    counts = ((len(graph.nodes), "node"), (len(graph.edges), "edge"))
    return " and ".join(f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts)


def _whole(size: Size, title: str, style: str, parts: list[str]) -> str:
    width, height = px(size.width), px(size.height)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="byok-graph" role="img" aria-label="{escaped(title)}"'
        f' width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        f' font-family="{escaped(text_fitting.FONT)}">{style}{"".join(parts)}</svg>'
    )


def _shapes(graph: FlowGraph, key: Key, *, brief: bool) -> tuple[list[Mark | NodeBox], list[EdgeLine]]:
    """Return the boxes and the lines of a graph, its marks included."""
    colours = node_colours(graph.nodes)
    shapes: list[Mark | NodeBox] = [Mark("start", "start", is_root=True)]
    numbers = {name: number for number, name in enumerate(graph.nodes, 1)}
    for name, node in graph.nodes.items():
        whole = one_line(f"{name}: {describe(graph, name)}", MAX_TITLE_CHARS)
        shapes.append(NodeBox(node, key(name), colours[name], whole, is_brief=brief))
    lines = [EdgeLine(0, numbers[graph.start])]
    if graph.ways_in():
        numbers[EVERYWHERE] = len(shapes)
        shapes.append(Mark("any", "any node", is_root=True))
    lines += _edges(graph, numbers, key, brief=brief)
    for name in graph.nodes:
        if name in graph.ends:
            lines.append(EdgeLine(numbers[name], len(shapes)))
            shapes.append(Mark("end", "end"))
    return shapes, lines


def _edges(graph: FlowGraph, numbers: dict[str, int], key: Key, *, brief: bool) -> Iterator[EdgeLine]:
    for edge in graph.edges:
        words = condition(graph, edge)
        source = key(edge.source) if edge.source else ""
        dashed = edge.source == EVERYWHERE or is_else(graph, edge)
        always = edge.condition.is_fallback and not is_else(graph, edge)
        way = in_order((edge.source or "any node", edge.target))
        whole = f"{way}: {one_line(edge.condition.describe() or words, 800)}"
        yield EdgeLine(
            numbers[edge.source],
            numbers[edge.target],
            key=f"{source}→{key(edge.target)}",
            words="" if always else words,
            is_dashed=dashed,
            is_brief=brief,
            whole=one_line(whole, MAX_TITLE_CHARS),
            ends=(source, key(edge.target)),
        )
    for name in graph.nodes:
        if returns(graph, name):
            whole = one_line(f"{name} returns to the node it came from", MAX_TITLE_CHARS)
            yield EdgeLine(
                numbers[name],
                numbers[EVERYWHERE],
                f"{key(name)}→",
                "returns",
                is_dashed=True,
                whole=whole,
                ends=(key(name), ""),
            )


def _drawn_lines(lines: list[EdgeLine], layout: Layout) -> Iterator[str]:
    """Yield all lines, so that no label is under one, and then the labels."""
    for line, route in zip(lines, layout.routes, strict=True):
        drawn = line.draw_line(route)
        yield _group(line, "edge", drawn) if line.key else f'<g class="byok-graph-edge">{drawn}</g>'
    for line, route in zip(lines, layout.routes, strict=True):
        if route.label:
            yield _group(line, "said", line.draw_label(route))


def _group(line: EdgeLine, what: str, drawn: str) -> str:
    source, target = map(escaped, line.ends)
    return (
        f'<g class="byok-graph-{what}" data-edge="{escaped(line.key)}" data-source="{source}"'
        f' data-target="{target}"><title>{escaped(line.whole)}</title>{drawn}</g>'
    )
