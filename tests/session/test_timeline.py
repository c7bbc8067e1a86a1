"""What a session took, turn by turn: as text, as a table and as a picture; what is unknown stays so."""

from __future__ import annotations

import base64
import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from byok_widgets import Flow, Reply
from byok_widgets.errors import ByokError
from byok_widgets.graph.colours import node_colours
from byok_widgets.session import EdgeVerdict, Judgement, Timeline, Turn, Visit
from byok_widgets.session.timeline import COLUMNS, JUDGE, spans
from byok_widgets.session.timeline_picture import MAX_BARS
from byok_widgets.usage import Cost, Usage
from tests.session.conftest import Script

SVG = "{http://www.w3.org/2000/svg}"


def answer(node: str, seconds: float, usd: str | None = "0.01", tokens: int | None = 100) -> Reply:
    price = Cost(Decimal(usd), "price list") if usd else Cost()
    usage = Usage(tokens, 10) if tokens else Usage()
    return Reply("Hello", "stop", node, usage=usage, price=lambda: price, model="a:b", latency_s=seconds)


def turn(number: int = 1, node: str = "ask", *, usd: str | None = "0.01", fault: str = "") -> Turn:
    looked = Judgement("ask", (EdgeVerdict(node, "prompt", "x", "holds"),), node, answer("ask", 0.5, usd))
    steps = (looked, Visit(node, answer(node, 1.5, usd)))
    return Turn(number, "Hi", steps, node, latency_s=2.25, time_to_first_token_s=0.75, fault=fault)


def drawn(timeline: Timeline) -> ET.Element:
    return ET.fromstring(timeline.as_svg())


def words(timeline: Timeline) -> list[str]:
    return [text.text or "" for text in drawn(timeline).iter(f"{SVG}text")]


def bars(timeline: Timeline) -> list[tuple[str, float]]:
    """Return what each part of a bar is called, and how long it is."""
    groups = [group for group in drawn(timeline).iter(f"{SVG}g") if group.find(f"{SVG}rect") is not None]
    return [
        (group.findtext(f"{SVG}title") or "", float(group.find(f"{SVG}rect").get("width") or 0))  # type: ignore[union-attr]
        for group in groups
    ]


def test_a_session_has_one_that_grows_with_it(booking: Flow, script: Script) -> None:
    s = booking.start()
    assert repr(s.timeline) == s.timeline._repr_html_() != ""
    s.say("Hello")
    s.say("Monday")
    assert [shown.number for shown in s.timeline.turns] == [1, 2]
    assert s.timeline.usage == s.usage
    assert s.timeline.cost == s.cost
    assert s.timeline.colours == node_colours(booking.graph.nodes)
    assert "data:image/svg+xml;base64," in s._repr_html_(), "the saved session has it too"


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
    assert [shown.count(number) for number in ("1", "2", "2 ✕")] == [1, 1, 1]
    assert any("not finished" in word for word in shown), "the legend says what the sign means"
    short = Timeline([turn(1), Turn(2, "Hi", (), "ask", latency_s=0.1, fault="It failed.")], {})
    assert "not finished: It failed." in words(short), "where there is room, it is said beside the bar"


def test_parts_of_a_bar_are_as_long_as_they_took() -> None:
    assert [(span.name, span.seconds) for span in spans(turn())] == [(JUDGE, 0.5), ("ask", 1.5)]
    (judge, short), (node, long) = bars(Timeline([turn()], {"ask": "#25938a"}))
    assert (judge, node) == ("judge: 0.50 s", "ask: 1.50 s")
    assert long == pytest.approx(3 * short, rel=0.05)


def test_a_part_has_the_colour_of_its_node_and_a_judge_is_dashed() -> None:
    groups = list(drawn(Timeline([turn()], {"ask": "#25938a"})).iter(f"{SVG}g"))
    assert [group.get("style") for group in groups] == ["--byok-node:#868686", "--byok-node:#25938a"]
    dashed = [group.find(f"{SVG}rect").get("stroke-dasharray") for group in groups]  # type: ignore[union-attr]
    assert [bool(dash) for dash in dashed] == [True, False]


def test_text_table_and_picture_say_the_same() -> None:
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
    assert words(timeline).count("–") == 6
    assert "$" not in repr(timeline)


def test_many_turns_show_the_last_and_say_so() -> None:
    timeline = Timeline([turn(number) for number in range(1, MAX_BARS + 6)], {})
    assert len(bars(timeline)) == 2 * MAX_BARS
    assert any("first 5 turns" in word for word in words(timeline))
    assert timeline._repr_html_().count("<tr>") == MAX_BARS + 5 + 2, "the table has all, a head and a sum"


def test_the_picture_is_whole_inert_and_the_same_each_time() -> None:
    hostile = "<script>alert(1)</script>\x00\u202e مرحبا" + "x" * 10_000
    timeline = Timeline([turn(node=hostile, fault=hostile)], {})
    assert timeline.as_svg() == timeline.as_svg()
    assert "<script" not in timeline.as_svg() + timeline._repr_html_()
    source = re.search(r'base64,([^"]+)" alt="([^"]+)"', timeline._repr_html_())
    assert source is not None
    assert base64.b64decode(source[1]).decode() == timeline.as_svg()
    assert timeline.summary in source[2]


def test_only_the_picture_for_a_page_follows_its_theme() -> None:
    timeline = Timeline([turn()], {})
    assert "var(" not in timeline.as_svg()
    assert "var(--byok-graph-ground" in timeline.as_svg(styled=True)
