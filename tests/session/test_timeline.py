"""What a session took, turn by turn: as text and as a table with bars; what is unknown stays so."""

from __future__ import annotations

import html
import re
from decimal import Decimal

import pytest

from byok_widgets import Flow, Reply
from byok_widgets.errors import ByokError
from byok_widgets.graph.colours import node_colours
from byok_widgets.session import EdgeVerdict, Judgement, Timeline, Turn, Visit
from byok_widgets.session.timeline import COLUMNS, JUDGE, spans
from byok_widgets.usage import Cost, Usage
from tests.session.conftest import Script


def answer(node: str, seconds: float, usd: str | None = "0.01", tokens: int | None = 100) -> Reply:
    price = Cost(Decimal(usd), "price list") if usd else Cost()
    usage = Usage(tokens, 10) if tokens else Usage()
    return Reply("Hello", "stop", node, usage=usage, price=lambda: price, model="a:b", latency_s=seconds)


def turn(number: int = 1, node: str = "ask", *, usd: str | None = "0.01", fault: str = "") -> Turn:
    looked = Judgement("ask", (EdgeVerdict(node, "prompt", "x", "holds"),), node, answer("ask", 0.5, usd))
    steps = (looked, Visit(node, answer(node, 1.5, usd)))
    return Turn(number, "Hi", steps, node, latency_s=2.25, time_to_first_token_s=0.75, fault=fault)


def words(timeline: Timeline) -> list[str]:
    """Return what stands in the cells of the table."""
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", timeline._repr_html_(), re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in cells]


def bars(timeline: Timeline) -> list[tuple[str, float, str]]:
    """Return what each part of a bar is called, how wide it is, and what it looks like."""
    found = re.findall(r'<span title="([^"]*)" style="([^"]*)"></span>', timeline._repr_html_())
    return [(html.unescape(name), float(re.search(r"width:([\d.]+)em", look)[1]), look) for name, look in found]  # type: ignore[index]


def test_a_session_has_one_that_grows_with_it(booking: Flow, script: Script) -> None:
    s = booking.start()
    assert repr(s.timeline) == s.timeline._repr_html_() != ""
    s.say("Hello")
    s.say("Monday")
    assert [shown.number for shown in s.timeline.turns] == [1, 2]
    assert s.timeline.usage == s.usage
    assert s.timeline.cost == s.cost
    assert s.timeline.colours == node_colours(booking.graph.nodes)
    assert s.timeline._repr_html_() in s._repr_html_(), "the saved session has it too"


def test_turns_that_were_not_finished_are_in_it_since_they_cost_too(flow: Flow, script: Script) -> None:
    flow.conversation("chat", "{{missing}}")
    s = flow.start()
    with pytest.raises(ByokError):
        s.say("Hello")
    assert len(s.timeline.turns) == 1
    assert s.timeline.turns[0].fault
    assert "not finished" in repr(s.timeline)


def test_a_failed_turn_stands_before_the_one_that_repeated_it() -> None:
    timeline = Timeline([turn(1), turn(2), turn(2, fault="It failed.")], {})
    assert [shown.fault for shown in timeline.turns] == ["", "It failed.", ""]
    shown = words(timeline)
    assert [shown.count(number) for number in ("1", "2")] == [1, 2]
    assert shown.count("not finished: It failed.") == 1


def test_parts_of_a_bar_are_as_wide_as_they_took() -> None:
    assert [(span.name, span.seconds) for span in spans(turn())] == [(JUDGE, 0.5), ("ask", 1.5)]
    (judge, short, _), (node, long, _) = bars(Timeline([turn()], {"ask": "#25938a"}))
    assert (judge, node) == ("judge 0.50\u00a0s", "ask 1.50\u00a0s")
    assert long == pytest.approx(3 * short, rel=0.05)
    longest = Timeline([turn(), Turn(2, "Hi", (Visit("ask", answer("ask", 9)),), "ask", latency_s=9)], {})
    assert max(width for _, width, _ in bars(longest)) == max(
        width for _, width, _ in bars(Timeline(longest.turns[1:], {}))
    )


def test_a_part_has_the_colour_of_its_node_and_a_judge_is_dashed() -> None:
    looks = [look for _, _, look in bars(Timeline([turn()], {"ask": "#25938a"}))]
    assert [("dashed" in look, "#25938a" in look) for look in looks] == [(True, False), (False, True)]


def test_words_have_the_colour_of_the_page() -> None:
    page = Timeline([turn()], {"ask": "#25938a"})._repr_html_()
    assert not re.search(r"[;\"]color:#", page), "so they are read in light and in dark"
    assert "<img" not in page


def test_text_and_table_say_the_same() -> None:
    timeline = Timeline([turn()], {})
    table = re.sub(r"<[^>]+>", " ", timeline._repr_html_())
    for figure in ("2.25", "200", "20", "0.0200"):
        assert figure in repr(timeline)
        assert figure in table
        assert any(figure in word for word in words(timeline))
    assert repr(timeline).splitlines()[0] == " | ".join(COLUMNS)


def test_what_is_unknown_is_never_invented() -> None:
    unpriced = Timeline([turn(usd=None)], {})
    assert "not priced" in words(unpriced)
    assert "not priced" in repr(unpriced)
    assert "$" not in repr(unpriced) + "".join(words(unpriced))
    partly = Timeline([turn(1), turn(2, usd=None)], {})
    assert any(word.startswith("at least $0.02") for word in words(partly))
    uncounted = Turn(1, "x", (Visit("ask", answer("ask", 1, tokens=None)),), "ask", latency_s=1)
    assert words(Timeline([uncounted], {})).count("not reported") == 4, "in and out, of the turn and of all"


def test_a_turn_without_a_call_took_no_tokens_and_no_money() -> None:
    static = Reply("Hello", "static", "ask", model_source="static")
    timeline = Timeline([Turn(0, None, (Visit("ask", static),), "ask")], {})
    assert words(timeline).count("–") == 7, "no first words, no tokens and no cost, of the turn and of all"
    assert "$" not in repr(timeline)


def test_what_is_shown_is_inert_and_the_same_each_time() -> None:
    hostile = '<script>alert(1)</script>\x00\u202e مرحبا" onclick="' + "x" * 10_000
    timeline = Timeline([turn(node=hostile, fault=hostile)], {})
    page = timeline._repr_html_()
    assert page == timeline._repr_html_()
    assert "<script" not in page
    assert 'onclick="' not in page
    assert timeline.summary in html.unescape(re.sub(r"<[^>]+>", "", page))


def test_the_wait_for_each_nodes_first_words_is_told(booking: Flow, script: Script) -> None:
    script.choices, script.values = ["stay"], {"data": [{"name": "Ana", "weekday": "Mon"}]}
    s = booking.start()
    for _ in range(3):
        s.say("Hm")
    script.choices = ["1"]
    s.say("Ana, Monday")
    waits = s.timeline.first_words
    assert {node: wait.turns for node, wait in waits.items()} == {"ask": 3, "bye": 1}
    asked = sorted(turn.time_to_first_token_s or 0 for turn in s.turns[:3])
    assert (waits["ask"].median_s, waits["ask"].p95_s) == (asked[1], asked[2])
    for shown in (repr(s.timeline), s.timeline._repr_html_()):
        assert "first words of ask" in shown
        assert "first words of bye" in shown
