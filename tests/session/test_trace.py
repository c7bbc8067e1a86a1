"""The trace, as a sequence and as a table."""

from __future__ import annotations

from byok_widgets import Flow
from byok_widgets.session import EdgeVerdict, Judgement, Trace, Turn, Visit
from byok_widgets.session.explain import explained
from byok_widgets.session.trace import COLUMNS
from tests.session.conftest import Script
from tests.session.turns import FULL, judgement, reading, reply


def test_the_trace_is_a_sequence_of_steps() -> None:
    trace = Trace([FULL, Turn(3, "Mon", (Visit("bye", reply("Bye.")),), "bye")])
    assert (len(trace), len(trace[:2]), len(list(trace))) == (5, 2, 5)
    assert trace[0] is FULL.steps[0]
    assert trace[-1].reply.text == "Bye."  # type: ignore[union-attr]
    assert trace.turns[0] is FULL


def test_each_edge_and_node_is_a_row() -> None:
    rows = list(Trace([FULL]).rows())
    assert all(len(row) == len(COLUMNS) for row in rows)
    assert [row[:5] for row in rows] == [
        ("2", "ask", "→ data: they agree", "holds", "she said yes"),
        ("2", "ask", "→ ask: else", "not looked at", ""),
        ("2", "data", "reads", "", "name: Ana, day: not stated"),
        ("2", "ask", "→ data: they agree", "does not hold", "she said yes"),
        ("2", "ask", "→ ask: else", "not looked at", ""),
        ("2", "ask", "speaks", "", "Which day?"),
    ]
    assert rows[0][5:] == ("openai:gpt-6-luna", "100", "10", "$0.0100", "0.5")
    assert rows[1][5:] == ("", "", "", "", ""), "one call for all edges"
    head, *lines = repr(Trace([FULL])).splitlines()
    assert (
        head == "turn | node | what | verdict | reason or text | model | tokens in | tokens out | cost | seconds"
    )
    assert lines[2].startswith("2 | data | reads |  | name: Ana")


def test_an_edge_that_is_always_taken_says_so_in_the_table() -> None:
    way = EdgeVerdict("ask", "else", "", "holds", "no other edge holds")
    turn = Turn(1, "x", (Judgement("data", (way,), "ask"),), "ask")
    assert [row[:5] for row in Trace([turn]).rows()] == [("1", "data", "→ ask: always", "holds", "")]
    assert "to ask, always." in explained(turn)


def test_a_call_is_in_the_row_of_the_first_edge_that_it_judged() -> None:
    logic = EdgeVerdict("bye", "logic", "vip", "does not hold", "vip is False")
    looked = Judgement("ask", (logic, *judgement().verdicts), "data", reply())
    rows = list(Trace([Turn(1, "x", (looked,), "data")]).rows())
    assert [row[5] for row in rows] == ["", "openai:gpt-6-luna", ""], "a logic condition costs nothing"


def test_foreign_text_is_one_line_and_nothing_else() -> None:
    hostile = "<script>alert(1)</script>\x1b[31m\nnew\u202e " + "x" * 100_000
    turn = Turn(1, hostile, (Visit("<b>\n", reply(hostile)), reading(name={"b", "a"})), "ask")
    trace = Trace([turn])
    assert len(repr(trace).splitlines()) == 3, "the column names, and a line for each"
    assert len(repr(trace)) < 1000
    assert "\x1b" not in repr(trace) + trace._repr_html_()
    assert "<script" not in trace._repr_html_() + turn._repr_html_()
    assert "name: (a and b)" in repr(trace)


def test_without_turns_it_says_so() -> None:
    assert repr(Trace([])) == "Nothing has happened yet."
    assert Trace([])._repr_html_() == repr(Trace([]))


def test_the_trace_of_a_session_grows_with_it(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    s = flow.start()
    before = s.trace
    s.say("Hello")
    assert (len(before), len(s.trace)) == (0, 1)
