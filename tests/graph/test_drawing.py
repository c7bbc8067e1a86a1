"""The graph in words."""

from __future__ import annotations

import pytest

from byok_widgets import Flow
from byok_widgets.graph.drawing import MAX_LINE_CHARS, one_line
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


def test_the_text_says_all_nodes_and_edges(dentist: Flow) -> None:
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


def test_a_global_node_that_leads_on_or_ends_does_not_return(dentist: Flow) -> None:
    returns = "returns → the node it came from"
    assert returns in shown(dentist)["text/plain"]
    dentist.connect("help", "bye")
    assert returns not in shown(dentist)["text/plain"]
    dentist.disconnect("help", "bye")
    dentist.conversation("help", "Bye.", enter="they leave", end=True)
    assert returns not in shown(dentist)["text/plain"]


def test_an_edge_that_is_always_taken_is_called_so(flow: Flow) -> None:
    flow.conversation("a", "x")
    flow.conversation("b", "x")
    flow.connect("a", "b")
    assert "    always → b" in shown(flow)["text/plain"]


def test_without_nodes_it_says_how_to_make_one(flow: Flow) -> None:
    assert "flow.conversation(...)" in shown(flow)["text/plain"]
    assert "<img" not in shown(flow)["text/html"]


@pytest.mark.parametrize("name", NAMES)
def test_in_the_text_a_name_is_a_part_of_its_line(flow: Flow, name: str) -> None:
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
def test_a_line_shows_what_can_be_seen(text: str, line: str) -> None:
    assert one_line(text) == line
