"""A turn and the trace, as values and on screen."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from byok_widgets import Flow
from byok_widgets.messages import Cost, Reply, Usage
from byok_widgets.nodes import Extraction
from byok_widgets.session import EdgeVerdict, Judgement, Trace, Turn, Visit
from byok_widgets.session.explain import explained
from byok_widgets.session.trace import COLUMNS
from tests.session.conftest import Script


def reply(text: str = "Hm.", usd: str | None = "0.01", model: str | None = "openai:gpt-6-luna") -> Reply:
    cost = Cost() if usd is None else Cost(Decimal(usd), "price list")
    return Reply(text, "stop", "ask", Usage(100, 10, 0, 0), lambda: cost, model, latency_s=0.5)


def judgement(target: str | None = "data") -> Judgement:
    verdicts = (
        EdgeVerdict("data", "prompt", "they agree", "holds" if target else "does not hold", "she said yes"),
        EdgeVerdict("ask", "else", "", "not looked at"),
    )
    return Judgement("ask", verdicts, target, reply())


def reading(**values: object) -> Visit:
    return Visit("data", Extraction(values, dict.fromkeys(values, "found"), reply('{"name": "Ana"}'), "data"))


FULL = Turn(
    2,
    "I am Ana",
    (judgement(), reading(name="Ana", day=None), judgement(None), Visit("ask", reply("Which day?"))),
    "ask",
    latency_s=1.25,
    notices=("look here",),
)


def test_a_turn_says_what_happened() -> None:
    assert str(FULL) == "Which day?"
    assert FULL.path == ("data", "ask")
    assert FULL.moves == (("ask", "data"),)
    assert FULL.variables == {"name": "Ana"}
    assert [message.content for message in FULL.messages] == ["I am Ana", "Which day?"]
    assert len(FULL.calls) == 4
    assert (FULL.usage, str(FULL.cost), FULL.complete) == (Usage(400, 40, 0, 0), "$0.0400", True)
    assert FULL.summary == "ask → data → ask · 4 calls · 400 tokens in, 40 out · $0.0400 · 1.2 s · look here"
    assert repr(FULL) == "Turn(2, 'I am Ana', path='data → ask', read=(name='Ana', day=None), reply='Which day?')"


def test_a_turn_in_which_nobody_spoke() -> None:
    turn = Turn(1, "Hello", (reading(name=None),), "data", notices=("nobody spoke",))
    assert (turn.reply, str(turn), turn.complete, turn.variables) == (None, "", False, {})
    assert [message.role for message in turn.messages] == ["user"]
    assert "nobody spoke" in turn._repr_html_()
    nothing = Turn(1, "Hello", (), "ask")
    assert (nothing.summary, nothing.usage, str(nothing.cost)) == ("ask · 0.0 s", Usage(0, 0, 0, 0), "free")


@pytest.mark.parametrize(
    ("turn", "usage", "cost"),
    [
        (Turn(1, "x", (Visit("a", reply()), Visit("a", reply(usd=None))), "a"), Usage(200, 20, 0, 0), (1, 2)),
        (Turn(1, "x", (Visit("a", reply(model=None)),), "a"), Usage(0, 0, 0, 0), (0, 0)),
        (Turn(1, "x", (Visit("a", reply()),), "a", lost_calls=1), Usage(), (1, 2)),
        (Turn(1, "x", (), "a", lost_calls=2, fault="stopped"), Usage(), (2, 2)),
    ],
    ids=["not priced", "static", "lost", "lost alone"],
)
def test_what_is_not_known_is_in_no_sum(turn: Turn, usage: Usage, cost: tuple[int, int]) -> None:
    assert turn.usage == usage
    assert (turn.cost.unpriced, turn.cost.calls) == cost
    assert ("at least" in turn.summary or "not priced" in turn.summary) is bool(cost[0])


def test_a_value_that_is_not_in_the_dialogue_is_marked_wherever_it_is_told() -> None:
    found = Extraction({"name": "Cleo", "city": "Rome"}, {"name": "ungrounded", "city": "found"}, reply(), "data")
    turn = Turn(1, "Rome", (Visit("data", found), Visit("ask", reply("Yes?"))), "ask")
    assert "read=(name='Cleo' [ungrounded], city='Rome')" in repr(turn)
    assert turn.summary.endswith(" · name is not in the dialogue: check it")
    assert "name is not in the dialogue" in turn._repr_html_()
    assert "| name='Cleo' [ungrounded], city='Rome' |" in repr(Trace([turn]))
    assert str(turn) == "Yes?", "what the flow said"


def test_an_unfinished_turn_says_why() -> None:
    turn = Turn(1, "x", (), "ask", fault="No API key\nconfigured")
    assert turn.summary == "ask · 0.0 s · not finished: No API key configured"


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
        ("2", "data", "reads", "", "name='Ana', day=None"),
        ("2", "ask", "→ data: they agree", "does not hold", "she said yes"),
        ("2", "ask", "→ ask: else", "not looked at", ""),
        ("2", "ask", "speaks", "", "Which day?"),
    ]
    assert rows[0][5:] == ("openai:gpt-6-luna", "100 tokens in, 10 out", "$0.0100", "0.5")
    assert rows[1][5:] == ("", "", "", ""), "one call for all edges"
    head, *lines = repr(Trace([FULL])).splitlines()
    assert head == "turn | node | what | verdict | reason or text | model | tokens | cost | seconds"
    assert lines[2].startswith("2 | data | reads |  | name='Ana'")


def test_a_call_stands_beside_the_edges_that_it_judged() -> None:
    logic = EdgeVerdict("bye", "logic", "vip", "does not hold", "vip is False")
    looked = Judgement("ask", (logic, *judgement().verdicts), "data", reply())
    rows = list(Trace([Turn(1, "x", (looked,), "data")]).rows())
    assert [row[5] for row in rows] == ["", "openai:gpt-6-luna", ""], "a logic condition costs nothing"


def test_the_notices_of_every_call_are_told() -> None:
    def noted(notice: str) -> Reply:
        return replace(reply(), notices=(notice,))

    read = Extraction({"name": "Ana"}, {"name": "found"}, noted("asked twice"), "data")
    steps = (replace(judgement(), reply=noted("temperature was dropped")), Visit("data", read))
    turn = Turn(1, "x", (*steps, Visit("ask", noted("cut off"))), "ask")
    said = "judge of ask: temperature was dropped · data: asked twice · cut off"
    assert turn.summary.endswith(said)
    story = explained(turn)
    for words in (
        ", temperature was dropped)",
        "data read name = 'Ana' (asked twice).",
        "flow default) (cut off).",
    ):
        assert words in story


def test_what_others_wrote_is_a_line_and_nothing_else() -> None:
    hostile = "<script>alert(1)</script>\x1b[31m\nnew\u202e " + "x" * 100_000
    turn = Turn(1, hostile, (Visit("<b>\n", reply(hostile)), reading(name={"b", "a"})), "ask")
    trace = Trace([turn])
    assert len(repr(trace).splitlines()) == 3, "the names of the columns, and a line for each"
    assert len(repr(trace)) < 1000
    assert "\x1b" not in repr(trace) + trace._repr_html_()
    assert "<script" not in trace._repr_html_() + turn._repr_html_()
    assert "name={'a', 'b'}" in repr(trace)


def test_without_turns_it_says_so() -> None:
    assert repr(Trace([])) == "Nothing has happened yet."
    assert "<th" in Trace([])._repr_html_()


def test_the_trace_of_a_session_grows_with_it(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "Chat.")
    s = flow.start()
    before = s.trace
    s.say("Hello")
    assert (len(before), len(s.trace)) == (0, 1)
