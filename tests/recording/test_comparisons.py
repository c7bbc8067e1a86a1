"""Comparisons are recorded and replayed cell by cell, whatever the order in which their answers arrive."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.recording.cassette import Cassette
from byok_widgets.reply import badge
from tests.compare.flows import priced_flow
from tests.scripted_server import Say, ScriptedServer

MODELS = ["openai:gpt-4o-mini", "openai:gpt-4o"]
CASES = [
    {"name": f"case {number}", "text": f"Hello {number % 10}", "values": {"weekday": "Mon"}}
    for number in range(16)
]
CALLS = [{"name": f"call {n}", "caller": [f"Hello {n}", "Mon"], "end_node": "bye"} for n in range(6)]


@pytest.fixture
def flow(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow with prices, whose models answer at random."""
    flow = priced_flow(server, monkeypatch, MODELS[0])
    numbers = random.Random(1)

    def answer(request: dict[str, Any]) -> Say:
        usage = {"prompt_tokens": 100, "completion_tokens": numbers.randrange(5, 90)}
        if "response_format" not in request:
            return Say(f"Which day? {numbers.random()}", usage=usage, pause_s=0.001 * numbers.random())
        return Say(json.dumps({"weekday": numbers.choice(["Mon", "Tue", None])}), usage=usage)

    server.script(answer)
    ask = flow.conversation("ask", "Ask for the weekday.", max_tokens=90)
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=90, grounding="off")
    bye = flow.conversation("bye", "See you on {{weekday}}.", static=True, end=True)
    flow.connect(ask, read)
    flow.connect(read, bye, if_="weekday is not None")
    flow.connect(read, ask)
    return flow


def _found(comparison: Any) -> dict[Any, Any]:
    comparison.wait()
    return {
        (cell.variant, case.name, cell.repeat): (
            *(cell.status, cell.output, cell.usd, cell.total_s, cell.first_token_s),
            *(cell.input_tokens, cell.output_tokens, score),
        )
        for _, case, cell, score in comparison.results.items()
    }


def test_each_cell_gets_its_own_answer_again(flow: Flow, cassette: Path, server: ScriptedServer) -> None:
    def compared() -> tuple[dict[Any, Any], dict[Any, Any]]:
        one = flow.node("read").compare(MODELS, CASES, repeat=3, max_calls=1000)
        whole = flow.compare({"now": {}, "large": {"ask": MODELS[1]}}, CALLS, repeat=2, max_calls=1000)
        return _found(one), _found(whole)

    with flow.record(cassette):
        recorded = compared()
    assert len(recorded[0]) == 16 * 3 * 2
    assert len({str(found) for found in recorded[0].values()}) > 40
    server.close()
    with flow.replay(cassette):
        assert compared() == recorded
    flow.replay(cassette)
    assert compared() == recorded


def test_each_replay_shows_the_same(flow: Flow, cassette: Path) -> None:
    pytest.importorskip("scipy")

    def compared() -> Any:
        return flow.node("read").compare(MODELS, CASES, repeat=3, max_calls=1000).wait()

    with flow.record(cassette):
        compared()
    with flow.replay(cassette):
        one = compared()
    with flow.replay(cassette):
        other = compared()
    of_cells = [{cell.key: cell.wait_s for _, _, cell, _ in each.results.items()} for each in (one, other)]
    assert of_cells[0] == of_cells[1], "what was waited for in the recording"
    assert [case.name for case in one.disagreements()] == [case.name for case in other.disagreements()]
    assert len(one.disagreements()) > 3


def test_costs_are_those_of_the_recording_and_nothing_is_spent(
    flow: Flow, cassette: Path, server: ScriptedServer
) -> None:
    with flow.record(cassette):
        recorded = flow.node("read").compare(MODELS, CASES, max_calls=100)
        recorded.wait()
    flow.replay(cassette)
    replayed = flow.node("read").compare(MODELS, CASES, budget=Decimal("0.000001"))
    replayed.wait()
    assert replayed.complete
    assert replayed.cost.usd == recorded.cost.usd > 0
    assert replayed.spent.usd == 0
    assert (recorded.badge, replayed.badge) == (badge(["live"]), badge(["replay"]))
    for shown in (repr(replayed), replayed._repr_html_()):
        assert "REPLAY" in shown
        assert "recording" in shown
    flow.live()
    server.requests.clear()
    flow.node("read").compare(MODELS, CASES[:2], max_calls=100).wait()
    assert len(server.requests) == 4, "what was replayed counts as no answer of today"


def test_replayed_twice_it_shows_the_same(flow: Flow, cassette: Path) -> None:
    with flow.record(cassette):
        flow.node("read").compare(MODELS, CASES, max_calls=100).wait()
    flow.replay(cassette)
    first, second = (flow.node("read").compare(MODELS, CASES) for _ in range(2))
    recorded_s = {entry["answer"].get("waited_s", 0.0) for entry in Cassette(cassette, must_exist=True).entries()}
    for each in (first, second):
        each.wait()
        assert {cell.wait_s for _, _, cell, _ in each.results.items()} <= recorded_s, "no second of today"
    assert repr(first) == repr(second)


def test_where_calls_may_be_live_the_head_says_what_came(flow: Flow, cassette: Path) -> None:
    with flow.record(cassette):
        flow.node("read").compare(MODELS, CASES[:4], max_calls=100).wait()
    flow.replay(cassette, missing="live")
    asked = [CASES[:2], CASES[2:5], CASES[5:6]]
    recorded, partly, unknown = (flow.node("read").compare(MODELS, cases, max_calls=100) for cases in asked)
    for each in (recorded, partly, unknown):
        each.wait()
    assert [each.badge for each in (recorded, partly, unknown)] == [
        badge(["replay"]),
        badge(["replay", "live"]),
        badge(["live"]),
    ]


def test_a_case_that_was_not_recorded_fails_alone_and_says_why(flow: Flow, cassette: Path) -> None:
    with flow.record(cassette):
        flow.node("read").compare(MODELS, CASES[:5], max_calls=100).wait()
    flow.replay(cassette)
    cells = flow.node("read").compare(MODELS, CASES[:6])
    cells.wait()
    failed = [(case.name, cell) for _, case, cell, _ in cells.results.items() if cell.status == "failed"]
    assert [name for name, _ in failed] == ["case 5", "case 5"]
    assert {cell.error for _, cell in failed} == {"replay_miss"}
    assert "case 5" in failed[0][1].message
    assert "“5”" in failed[0][1].message


@pytest.mark.parametrize("how", [{"batch": True}, {"executor": object()}])
def test_what_cannot_be_recorded_is_refused(flow: Flow, cassette: Path, how: dict[str, Any]) -> None:
    with flow.record(cassette), pytest.raises(ConfigError) as raised:
        flow.node("read").compare(MODELS, CASES, max_calls=100, **how)
    assert raised.value.kind == "cassette"


def test_live_and_replayed_cells_never_meet_in_one_store(
    flow: Flow, cassette: Path, server: ScriptedServer, tmp_path: Path
) -> None:
    """Nor does a recording lack the answers to cells that a store has already."""
    store, read = tmp_path / "cells.sqlite", flow.node("read")
    with flow.record(cassette):
        read.compare(MODELS, CASES[:2]).wait()
        with pytest.raises(ConfigError) as recorded:
            read.compare(MODELS, CASES[:2], store=store)
    flow.replay(cassette)
    for call in (
        lambda: read.compare(MODELS, CASES[:2], store=store),
        lambda: read.compare(MODELS, CASES[:2], shard=(1, 2)),
        lambda: flow.compare({"now": {}, "other": {"read": MODELS[1]}}, CALLS[:2], store=store),
        lambda: flow.test(CALLS[:2], store=store),
    ):
        with pytest.raises(ConfigError) as replayed:
            call()
        assert replayed.value.kind == recorded.value.kind == "cassette"
    assert not store.exists()
    flow.live()
    server.requests.clear()
    assert read.compare(MODELS, CASES[:2], store=store).wait().complete
    assert len(server.requests) == 4
