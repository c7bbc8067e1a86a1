"""The graph on screen: as text, and as a Mermaid diagram whose labels nothing can break out of."""

from __future__ import annotations

import json
import re

import pytest

from byok_widgets import Flow
from byok_widgets.graph.drawing import MAX_DIAGRAM_EDGES, MAX_LINE_CHARS, MERMAID, one_line
from tests.graph.conftest import NAMES


@pytest.fixture
def dentist(flow: Flow) -> Flow:
    flow.model = "openai:gpt-6-luna"
    flow.conversation("ask", "Ask.")
    flow.extraction("data", name=str, weekday=["Mon", "Tue"], model="anthropic:claude-haiku-5-5")
    flow.conversation("bye", "Bye.", static=True, end=True)
    flow.conversation("help", "Nine to five.", static=True, enter="they ask for the hours")
    flow.connect("ask", "data", when="the caller gave a name")
    flow.connect("data", "ask")
    flow.connect("data", "bye", if_="weekday is not None")
    return flow


def shown(flow: Flow) -> dict[str, str]:
    return flow._repr_mimebundle_()


def test_the_text_lists_all_nodes_and_edges(dentist: Flow) -> None:
    assert (
        shown(dentist)["text/plain"]
        == f"""\
Flow {dentist.name!r} · openai:gpt-6-luna
  ask: conversation, start
    when “the caller gave a name” → data
  data: extraction of name, weekday, model anthropic:claude-haiku-5-5
    if weekday is not None → bye
    else → ask
  bye: conversation, static, end
  help: conversation, static, global, entered when “they ask for the hours”
    returns → the node it came from"""
    )


def test_the_diagram_says_the_same(dentist: Flow) -> None:
    lines = shown(dentist)[MERMAID].splitlines()
    body = lines[lines.index("flowchart TD") :]
    assert body[1] == f"  accTitle: Flow {dentist.name!r} · openai:gpt-6-luna"
    assert body[2].startswith("  accDescr: Flow ")
    assert "when “the caller gave a name” → data" in body[2]
    assert [line for line in body[3:] if "classDef" not in line] == [
        '  start(("start")):::place',
        '  anywhere(["any node"]):::place',
        '  n0("ask<br>conversation")',
        '  n1[/"data<br>extraction of name, weekday, model anthropic#58;claude-haiku-5-5"/]:::silent',
        '  n2("bye<br>conversation, static")',
        '  endn2(("end")):::place',
        '  n3("help<br>conversation, static")',
        "  start --> n0",
        "  n2 --> endn2",
        '  anywhere -.->|"when “they ask for the hours”"| n3',
        '  n0 -->|"when “the caller gave a name”"| n1',
        '  n1 -.->|"else"| n0',
        '  n1 -->|"if weekday is not None"| n2',
        '  n3 -.->|"returns"| anywhere',
    ]


def test_a_global_node_that_leads_on_or_ends_does_not_return(dentist: Flow) -> None:
    returns = ("returns → the node it came from", '|"returns"| anywhere')
    assert all(said in "".join(shown(dentist).values()) for said in returns)
    dentist.connect("help", "bye")
    assert not any(said in "".join(shown(dentist).values()) for said in returns)
    dentist.disconnect("help", "bye")
    dentist.conversation("help", "Bye.", enter="they leave", end=True)
    assert not any(said in "".join(shown(dentist).values()) for said in returns)


def test_a_frontend_that_draws_no_diagram_gets_the_text(dentist: Flow) -> None:
    assert list(shown(dentist)) == ["text/plain", MERMAID], "HTML would be shown instead of the diagram"


def test_an_edge_that_is_always_taken_says_so(flow: Flow) -> None:
    flow.conversation("a", "x")
    flow.conversation("b", "x")
    flow.connect("a", "b")
    assert "    always → b" in shown(flow)["text/plain"]


def test_without_nodes_it_says_how_to_make_one(flow: Flow) -> None:
    assert "flow.conversation(...)" in shown(flow)["text/plain"]
    assert list(shown(flow)) == ["text/plain"]


LABEL = r'"[^"#]*(?:#\d+;[^"#]*)*"'
LINE = re.compile(
    r"  (?:accTitle: [^{}#;%<>]*|accDescr: [^{}#;%<>]*|classDef \w+ [\w:#,]+"
    r"|start\(\(\"start\"\)\):::place|endn\d+\(\(\"end\"\)\):::place|anywhere\(\[\"any node\"\]\):::place"
    rf"|n\d+(?:\({LABEL}\)|\[/{LABEL}/\]:::silent)|start --> n\d+|n\d+ --> endn\d+"
    rf"|(?:n\d+|anywhere) -(?:-|\.-)>\|{LABEL}\| (?:n\d+|anywhere))"
)
"""What a line of the diagram may be; a label contains Mermaid's special characters only as codes."""


@pytest.mark.parametrize("name", NAMES)
def test_nothing_breaks_out_of_a_label(name: str) -> None:
    flow = Flow(f"drawn {name[:200]}")
    flow.conversation(name, name, start=True, end=True)
    flow.extraction(f"{name} read", {"type": "object", "properties": {name: {"type": "string"}}}, enter=name)
    flow.conversation("last", "x")
    flow.connect("last", name, when=name)
    flow.connect(f"{name} read", name)
    head, rest = shown(flow)[MERMAID].split("flowchart TD\n")
    front = head.splitlines()
    assert (front[0], front[3], len(front)) == ("---", "---", 4)
    assert json.loads(front[1].removeprefix("title: ")).startswith("Flow ")
    look = json.loads(front[2].removeprefix("config: "))
    assert set(look) == {"theme", "flowchart", "themeVariables", "themeCSS"}
    lines = rest.split("\n")
    assert len(lines) == 15
    for line in lines:
        assert LINE.fullmatch(line), line
    labels = re.findall(LABEL, "\n".join(lines[2:]))
    assert not re.search(r"[<>&`\\{}\[\]()|;%]", re.sub(r"#\d+;|<br>", "", "".join(labels)))
    decoded = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), labels[2])
    assert decoded == f'"{one_line(name)}<br>conversation"'


@pytest.mark.parametrize("name", NAMES)
def test_in_the_text_a_name_stays_within_its_line(flow: Flow, name: str) -> None:
    flow.conversation(name, "x")
    flow.conversation("other", "x")
    flow.connect(name, "other", when=name)
    lines = shown(flow)["text/plain"].split("\n")
    assert lines[1] == f"  {one_line(name)}: conversation, start"
    assert lines[2].endswith(" → other")
    assert len(lines) == 4
    assert all(char.isprintable() or char == "\u200d" for line in lines for char in line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("two\r\n\tlines ", "two lines"),
        ("a\x1b[31mb\u202ec\x00\ud800\u2028d\u200be", "a [31mb c d e"),
        ("👩‍💻 مرحبا", "👩‍💻 مرحبا"),
        ("x" * MAX_LINE_CHARS, "x" * MAX_LINE_CHARS),
        ("x" * 5_000_000, "x" * (MAX_LINE_CHARS - 1) + "…"),
        ("", ""),
    ],
)
def test_a_line_shows_only_visible_characters(text: str, line: str) -> None:
    assert one_line(text) == line


def test_a_graph_too_large_to_draw_is_shown_as_text(flow: Flow) -> None:
    for number in range(26):
        flow.conversation(f"n{number}", "x")
    pairs = [(one, other) for one in flow.nodes for other in flow.nodes]
    most = MAX_DIAGRAM_EDGES - 1
    for one, other in pairs[:most]:
        flow.connect(one, other, when="x")
    assert MERMAID in shown(flow)
    flow.connect(*pairs[most], when="x")
    assert MERMAID not in shown(flow), "the arrow to the start node is an edge of the diagram, too"
    assert shown(flow)["text/plain"].count("→") == MAX_DIAGRAM_EDGES
    for one, other in pairs[: most + 1]:
        if one != "n0":
            flow.disconnect(one, other)
        else:
            flow.connect(one, other, when="x" * 5000)
    assert MERMAID in shown(flow), "a long condition is cut short"
    for number in range(400):
        flow.conversation(f"{'n' * 200}{number}", "x")
    assert MERMAID not in shown(flow)
