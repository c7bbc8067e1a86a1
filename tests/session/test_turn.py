"""A turn, as a value and on screen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from byok_widgets.nodes import Extraction
from byok_widgets.reply import Reply
from byok_widgets.session import Trace, Turn, Visit
from byok_widgets.session.explain import explained
from byok_widgets.usage import Cost, Usage
from tests.session.turns import FULL, judgement, reading, reply


def test_a_turn_says_what_happened() -> None:
    assert str(FULL) == "Which day?"
    assert FULL.path == ("data", "ask")
    assert FULL.moves == (("ask", "data"),)
    assert FULL.variables == {"name": "Ana"}
    assert [message.content for message in FULL.messages] == ["I am Ana", "Which day?"]
    assert len(FULL.calls) == 4
    assert (FULL.usage, str(FULL.cost), FULL.complete) == (Usage(400, 40, 0, 0), "$0.0400", True)
    assert FULL.summary == "ask → data → ask · 4 calls · 400 tokens in, 40 out · $0.0400 · 1.2 s · look here"
    assert (
        repr(FULL)
        == "Turn(2, 'I am Ana', path='data → ask', read=(name: Ana, day: not stated), reply='Which day?')"
    )


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
        (Turn(1, "x", (Visit("a", reply()),), "a", lost_costs=(Cost(),)), Usage(), (1, 2)),
        (Turn(1, "x", (), "a", lost_costs=(Cost(), Cost()), fault="stopped"), Usage(), (2, 2)),
    ],
    ids=["not priced", "static", "lost", "lost alone"],
)
def test_an_unknown_part_makes_the_sum_unknown(turn: Turn, usage: Usage, cost: tuple[int, int]) -> None:
    assert turn.usage == usage
    assert (turn.cost.unpriced, turn.cost.calls) == cost
    assert ("at least" in turn.summary or "not priced" in turn.summary) is bool(cost[0])


def test_a_value_that_is_not_in_the_dialogue_is_marked_wherever_it_is_shown() -> None:
    found = Extraction({"name": "Cleo", "city": "Rome"}, {"name": "ungrounded", "city": "found"}, reply(), "data")
    turn = Turn(1, "Rome", (Visit("data", found), Visit("ask", reply("Yes?"))), "ask")
    assert "read=(name: Cleo (not supported by the dialogue), city: Rome)" in repr(turn)
    assert turn.summary.endswith(" · name is not supported by the dialogue: check it")
    assert "name is not supported by the dialogue" in turn._repr_html_()
    assert "| name: Cleo (not supported by the dialogue), city: Rome |" in repr(Trace([turn]))
    assert str(turn) == "Yes?", "what the flow said"


def test_an_unfinished_turn_says_why() -> None:
    turn = Turn(1, "x", (), "ask", fault="No API key\nconfigured")
    assert turn.summary == "ask · 0.0 s · not finished: No API key configured"


def test_the_notices_of_every_call_are_shown() -> None:
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
        "data found name: Ana (asked twice).",
        "flow default) (cut off).",
    ):
        assert words in story
