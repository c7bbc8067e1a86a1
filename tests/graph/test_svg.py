"""The drawing of a flow: whole, inert, and the same each time; pages find each node and edge in it."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from byok_widgets import Flow
from byok_widgets.graph.colours import PALETTE, node_colours
from byok_widgets.graph.svg import MAX_EDGES, MAX_NODES, as_svg
from tests.graph.conftest import NAMES

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def dentist(flow: Flow) -> Flow:
    flow.model = "compatible:some"
    flow.conversation("ask", "Ask.")
    flow.extraction("data", name=str, weekday=["Mon", "Tue"])
    flow.action("book", lambda: 1, writes=["time"])
    flow.conversation("bye", "Bye.", static=True, end=True)
    flow.conversation("help", "Nine to five.", static=True, enter="they ask for the hours")
    flow.connect("ask", "data", when="the caller gave a name")
    flow.connect("data", "ask")
    flow.connect("data", "data", if_="weekday is None")
    flow.connect("data", "book", if_="weekday is not None")
    flow.connect("book", "bye")
    return flow


def drawn(flow: Flow, **more: object) -> ET.Element:
    return ET.fromstring(as_svg(flow.graph, "A flow", **more))  # type: ignore[arg-type]


def groups(root: ET.Element, kind: str) -> list[ET.Element]:
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == f"byok-graph-{kind}"]


def words(group: ET.Element) -> list[str]:
    return [text.text or "" for text in group.iter(f"{SVG}text")]


def test_each_node_is_a_group_with_its_name_kind_and_colour(dentist: Flow) -> None:
    nodes = groups(drawn(dentist), "node")
    assert [node.get("data-node") for node in nodes] == list(dentist.nodes)
    assert [node.get("data-kind") for node in nodes] == [node.kind for node in dentist.nodes.values()]
    colours = node_colours(dentist.graph.nodes)
    assert [node.get("style") for node in nodes] == [f"--byok-node:{colours[name]}" for name in dentist.nodes]
    assert all(dentist.nodes[node.get("data-node") or ""].kind in " ".join(words(node)) for node in nodes)


def test_kinds_differ_in_shape_and_sign_too(dentist: Flow) -> None:
    def look(node: ET.Element) -> tuple[str, ...]:
        return tuple(
            f"{e.tag} {e.get('class')} {e.text or ''}" for e in node if "byok-graph-kind" not in str(e.attrib)
        )

    shapes = {node.get("data-node"): (look(node)[1], *look(node)[2:3]) for node in groups(drawn(dentist), "node")}
    assert shapes["ask"] == shapes["bye"]
    assert len({shapes["ask"], shapes["data"], shapes["book"]}) == 3


def test_each_edge_is_a_group_that_names_its_ends(dentist: Flow) -> None:
    edges = groups(drawn(dentist), "edge")
    named = {edge.get("data-edge"): edge for edge in edges if edge.get("data-edge")}
    assert set(named) == {"→help", "ask→data", "data→ask", "data→data", "data→book", "book→bye", "help→"}
    assert (named["data→book"].get("data-source"), named["data→book"].get("data-target")) == ("data", "book")
    assert len(edges) == len(named) + 2, "the ways from the start and to the end are drawn too"


def test_else_edges_ways_in_and_ways_back_are_dashed(dentist: Flow) -> None:
    dashed = {
        edge.get("data-edge")
        for edge in groups(drawn(dentist), "edge")
        if any(path.get("stroke-dasharray") for path in edge.iter(f"{SVG}path"))
    }
    assert dashed == {"data→ask", "→help", "help→"}


def test_conditions_stand_on_their_edges_and_whole_in_their_titles(dentist: Flow) -> None:
    sentence = "the caller said " + "very " * 60 + "much"
    dentist.connect("ask", "bye", when=sentence)
    root = drawn(dentist)
    said = {label.get("data-edge"): " ".join(words(label)) for label in groups(root, "said")}
    assert said["data→book"] == "if weekday is not None"
    assert said["help→"] == "returns"
    assert said["ask→bye"].endswith("…")
    assert "book→bye" not in said, "what is always taken needs no words"
    titles = {label.get("data-edge"): label.findtext(f"{SVG}title") for label in groups(root, "said")}
    assert sentence in (titles["ask→bye"] or "")


@pytest.mark.parametrize("wording", ["always", "else"])
def test_an_edge_is_drawn_by_its_condition_and_not_by_how_that_reads(
    dentist: Flow, monkeypatch: pytest.MonkeyPatch, wording: str
) -> None:
    dentist.connect("ask", "bye", when="they are done")
    (edge,) = [edge for edge in dentist.graph.edges if (edge.source, edge.target) == ("ask", "bye")]
    monkeypatch.setattr(type(edge.condition), "wording", wording)
    root = drawn(dentist)
    said = {label.get("data-edge"): " ".join(words(label)) for label in groups(root, "said")}
    assert said["ask→bye"] == wording
    (drawing,) = [group for group in groups(root, "edge") if group.get("data-edge") == "ask→bye"]
    assert not any(path.get("stroke-dasharray") for path in drawing.iter(f"{SVG}path"))


def test_start_end_and_any_node_are_marked(dentist: Flow) -> None:
    root = drawn(dentist)
    marks = [group for group in root.iter(f"{SVG}g") if "byok-graph-mark" in (group.get("class") or "")]
    assert sorted(" ".join(words(mark)) for mark in marks) == ["any node", "end", "start"]


def test_a_brief_drawing_is_narrower_and_says_in_titles_what_nodes_are(dentist: Flow) -> None:
    whole, brief = drawn(dentist), drawn(dentist, brief=True)
    assert float(brief.get("width") or 0) < float(whole.get("width") or 0)
    names = {node.get("data-node"): words(node) for node in groups(brief, "node")}
    assert names["ask"] == ["ask"]
    titles = {node.get("data-node"): node.findtext(f"{SVG}title") for node in groups(brief, "node")}
    assert titles == {node.get("data-node"): node.findtext(f"{SVG}title") for node in groups(whole, "node")}


def test_the_same_graph_gives_the_same_drawing(dentist: Flow) -> None:
    assert as_svg(dentist.graph, "A flow") == as_svg(dentist.graph, "A flow")


def test_only_the_embedded_drawing_has_a_style_sheet_and_ticks(dentist: Flow) -> None:
    assert "<style" not in as_svg(dentist.graph, "x")
    assert "var(" not in as_svg(dentist.graph, "x")
    assert not groups(drawn(dentist), "tick")
    styled = as_svg(dentist.graph, "x", styled=True)
    assert all(f".byok-{state}" in styled for state in ("active", "visited", "path"))
    assert len(groups(drawn(dentist, styled=True), "tick")) == len(dentist.nodes)


def test_a_page_can_have_names_in_a_form_of_its_own(dentist: Flow) -> None:
    root = drawn(dentist, key=str.upper)
    assert groups(root, "node")[0].get("data-node") == "ASK"
    assert "ASK→DATA" in [edge.get("data-edge") for edge in groups(root, "edge")]


@pytest.mark.parametrize("name", [*NAMES, "x" * 10_000, "مرحبا بالعالم " * 9, "\ufffe\ud800", "😀" * 90])
def test_a_hostile_name_is_text_and_fits_its_box(flow: Flow, name: str) -> None:
    flow.conversation(name, "x", start=True, end=True)
    flow.conversation("last", "x", enter=name)
    flow.connect("last", name, when=name)
    root = drawn(flow, styled=True)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "g", "rect", "polygon", "path", "text", "title", "style", "circle")
    }
    assert not [key for element in root.iter() for key in element.attrib if key.startswith("on") or "href" in key]
    assert len(groups(root, "node")) == 2
    widths = [float(rect.get("width") or 0) for rect in root.iter(f"{SVG}rect")]
    assert max(widths) <= 250


def test_what_is_too_large_is_not_drawn(flow: Flow) -> None:
    assert as_svg(flow.graph, "x") == ""
    for number in range(24):
        flow.conversation(f"n{number}", "x")
    pairs = [(one, other) for one in flow.nodes for other in flow.nodes]
    for one, other in pairs[: MAX_EDGES + 1]:
        flow.connect(one, other, if_="x")
    assert as_svg(flow.graph, "x") == ""
    other = Flow(f"{flow.name} large")
    for number in range(MAX_NODES + 1):
        other.conversation(f"n{number}", "x")
    assert as_svg(other.graph, "x") == ""
    assert "n250: conversation" in other._repr_mimebundle_()["text/html"]


class _Saved(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.image: dict[str, str | None] = {}
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.image = dict(attrs) if tag == "img" else self.image

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_saved_notebook_gets_a_picture_and_the_text(dentist: Flow) -> None:
    shown = dentist._repr_mimebundle_()
    assert list(shown) == ["text/plain", "text/html"]
    saved = _Saved(shown["text/html"])
    assert set(saved.tags) <= {"div", "img", "details", "summary", "pre", "span"}
    assert shown["text/plain"] in saved.text
    kind, _, data = (saved.image["src"] or "").partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert base64.b64decode(data).decode() == as_svg(dentist.graph, f"Flow {dentist.name!r} · compatible:some")
    assert dentist.name in (saved.image["alt"] or "")
    assert "5 nodes and 6 edges" in (saved.image["alt"] or "")


def test_colours_are_by_order_distinct_and_seen_on_both_grounds() -> None:
    names = [f"n{number}" for number in range(len(PALETTE) + 1)]
    colours = node_colours(names)
    assert list(colours.values()) == [*PALETTE, PALETTE[0]]
    assert len(set(PALETTE)) == len(PALETTE)
    for colour in PALETTE:
        assert re.fullmatch("#[0-9a-f]{6}", colour)
        assert min(contrast(colour, "#ffffff"), contrast(colour, "#111111")) >= 3


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_name_is_drawn_in_its_own_direction(flow: Flow) -> None:
    flow.conversation("مرحبا", "x")
    (node,) = groups(drawn(flow), "node")
    assert next(text.get("unicode-bidi") for text in node.iter(f"{SVG}text")) == "plaintext"
