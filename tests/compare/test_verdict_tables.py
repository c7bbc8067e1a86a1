"""Verdicts, disagreements and recommendations in a notebook: tables, with what was said as text and no Python."""

from __future__ import annotations

import json
import re

import pytest

from byok_widgets import ConfigError
from byok_widgets.compare.comparison import Comparison
from tests.compare.flows import booking_flow, compatible_flow
from tests.fake_keys import fake_key
from tests.html_table import cells_of
from tests.scripted_server import Say, ScriptedServer

HOSTILE = "<b>Tuesday</b> for $5 and $6"


def answer(request: dict) -> Say:
    says_it = request["model"] == "one" or HOSTILE not in json.dumps(request["messages"])
    return Say(json.dumps({"weekday": "Tue" if says_it else "Mon"}))


@pytest.fixture
def compared(server: ScriptedServer) -> Comparison:
    pytest.importorskip("scipy")
    flow = compatible_flow(server, "compatible:one")
    server.script(answer)
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    cases = [
        {"name": "plain", "text": "Tuesday", "values": {"weekday": "Tue"}},
        {"name": "hostile", "text": HOSTILE, "values": {"weekday": "Tue"}},
    ]
    return read.compare(["compatible:one", "compatible:two"], cases)


def test_verdicts_are_a_table_with_a_row_for_each_variant(compared: Comparison) -> None:
    found = compared.verdicts()
    head, *rows = cells_of(found._repr_html_())
    assert head[0] == "variant"
    assert [row[0] for row in rows] == ["compatible:one", "compatible:two"]
    assert rows[0][1].startswith("100.0%")
    assert [row[3] for row in rows] == [result.verdict for result in found]
    assert rows[1][4] == found[1].reason
    assert cells_of(found[1]._repr_html_()) == [head, rows[1]], "one alone looks the same"
    first_words = [line.split()[0] for line in repr(found).splitlines()]
    assert first_words == ["variant", "compatible:one", "compatible:two"]
    assert "Estimate(" not in repr(found) + found._repr_html_()


def test_disagreements_show_the_score_of_each_variant(compared: Comparison) -> None:
    found = compared.disagreements()
    assert [case.name for case in found] == ["hostile"]
    shown = found._repr_html_()
    assert cells_of(shown) == [
        ["case", "said", "compatible:one", "compatible:two"],
        ["hostile", HOSTILE, "100.0%", "0.0%"],
    ]
    assert "<b>" not in shown
    assert "$" not in re.sub("<span>[$]</span>", "", shown), "dollars are no mathematics"
    assert repr(found).splitlines()[1].split()[0] == "hostile"
    assert cells_of(found[0]._repr_html_())[1] == ["hostile", HOSTILE, "weekday: Tue"]


def test_where_all_agree_a_sentence_says_so(compared: Comparison, server: ScriptedServer) -> None:
    compared.wait()
    agreed = type(compared.disagreements())(compared.cases, {})
    assert list(agreed) == []
    assert "<table" not in agreed._repr_html_()
    assert repr(agreed) in agreed._repr_html_()
    assert server.requests


def test_a_recommendation_is_a_table(compared: Comparison) -> None:
    best = compared.best()
    rows = dict(cells_of(best._repr_html_()))
    assert rows == {"variant": best.variant, "model for read": best.models["read"], "why": best.reason}


def test_a_key_that_was_said_is_shown_in_no_table(compared: Comparison) -> None:
    compared.wait()
    key = fake_key("openai")
    scores = {key: {"plain": 1.0}, "two": {"plain": 0.0}}
    found = type(compared.disagreements())(compared.cases, scores)
    assert found
    assert key not in found._repr_html_() + repr(found)


def test_each_repeat_of_a_case_can_be_looked_at(server: ScriptedServer) -> None:
    server.script(lambda request: Say(f'{{"weekday": "{"Tue" if request["seed"] == 1 else "Mon"}"}}'))
    cases = [{"name": "one", "text": "Tuesday", "values": {"weekday": "Tue"}}]
    found = (
        booking_flow(server).node("read").compare(["compatible:one", "compatible:two"], cases, repeat=2, wait=True)
    )
    first, second = found.diff("one"), found.diff("one", 2)
    assert "repeat 1 of 2" in first._repr_html_()
    assert "repeat 2 of 2" in repr(second)
    said = [diff.cells["compatible:one"].output["values"]["weekday"] for diff in (first, second)]
    assert said == ["Tue", "Mon"]
    with pytest.raises(ConfigError) as caught:
        found.diff("one", 3)
    assert caught.value.kind == "cases"


def test_a_case_is_named_by_its_place_too(compared: Comparison) -> None:
    first = compared.cases[0]
    assert repr(compared.diff(0)) == repr(compared.diff(first.name)) == repr(compared.diff(first))
