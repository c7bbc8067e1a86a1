"""What fails is told where it failed, stops nothing else, and what was paid for is kept."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.compare.running.keeper import Keeper
from byok_widgets.nodes.action.node import ActionNode
from tests.compare.flows import BAD, GOOD, compatible_flow
from tests.scripted_server import Say, ScriptedServer

VARIANTS = {"now": {}, "other": {"read": BAD}}
CASES = [{"name": "c0", "caller": ["Hello", "Tuesday"], "values": {"weekday": "Tue"}}]


def answer(request: dict) -> Say:
    return Say(json.dumps({"weekday": "Tue"}) if "response_format" in request else "Which day?")


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    flow = compatible_flow(server)
    ask = flow.conversation("ask", "Ask for the weekday.")
    flow.connect(ask, flow.extraction("read", weekday=["Mon", "Tue"]))
    flow.connect("read", ask)
    server.script(answer)
    return flow


def statuses(result: Any) -> list[str]:
    return [cell.status for _, _, cell, _ in result.results.items()]


def test_an_answer_that_is_not_json_is_an_invalid_cell(flow: Flow, server: ScriptedServer) -> None:
    server.script(lambda request: Say("nonsense") if request["model"] == "bad" else answer(request))
    result = flow.compare(VARIANTS, CASES)
    assert statuses(result) == ["done", "invalid"]
    assert result.results.score(result.variants[1], result.cases[0], 1) == 0
    assert result.results.cell(result.variants[1], result.cases[0], 1).output["text"] == "nonsense"


def with_hours(flow: Flow, hours: dict[str, str] | None) -> Flow:
    """Return the flow with an action that looks up a weekday; without hours it has no function."""

    def look_up(weekday: str) -> str:
        return (hours or {})[weekday]

    slot = flow.add(ActionNode(flow.context, "slot", look_up if hours else None, writes=["time"]))
    flow.disconnect("read", "ask")
    flow.connect("read", slot)
    flow.connect(slot, "ask")
    return flow


def test_a_flow_that_runs_into_its_own_fault_scores_0_and_is_told(flow: Flow, server: ScriptedServer) -> None:
    server.script(lambda request: Say('{"weekday": "Mon"}') if request["model"] == "bad" else answer(request))
    result = with_hours(flow, {"Tue": "10:00"}).compare(VARIANTS, CASES)
    assert statuses(result) == ["done", "invalid"]
    assert result.results.cell(result.variants[1], result.cases[0], 1).error == "action_failed"
    assert result.results.score(result.variants[1], result.cases[0], 1) == 0
    assert "One cell ran into a fault of the flow and scores 0: " in repr(result)


def test_a_fault_of_the_setup_is_told_and_is_no_score(flow: Flow) -> None:
    result = with_hours(flow, None).compare(VARIANTS, CASES)
    assert statuses(result) == ["failed", "failed"]
    assert {cell.error for _, _, cell, _ in result.results.items()} == {"unbound_action"}
    assert [result.results.scores_of(variant) for variant in result.variants] == [{}, {}]
    assert "2 cells failed and are missing: " in repr(result)


@pytest.mark.parametrize("whole", [True, False])
def test_a_text_that_a_safety_system_rejects_is_refused(
    flow: Flow, server: ScriptedServer, *, whole: bool
) -> None:
    rejected = Say(status=400, body={"error": {"message": "no", "code": "content_policy_violation"}})
    server.script(lambda request: rejected if request["model"] == "bad" else answer(request))
    one = [{"text": "Tuesday", "values": {"weekday": "Tue"}}]
    result = flow.compare(VARIANTS, CASES) if whole else flow.node("read").compare([GOOD, BAD], one)
    assert statuses(result) == ["done", "refused"]
    assert result.results.score(result.variants[1], result.cases[0], 1) == 0


def test_an_error_of_the_program_is_a_failed_cell_with_its_message(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise TypeError("a wrong type")

    node = type(flow.node("read"))
    monkeypatch.setattr(node, "prepare", broken)
    for result in (flow.node("read").compare([GOOD, BAD], [{"text": "Tue", "values": {"weekday": "Tue"}}]),):
        assert statuses(result) == ["failed", "failed"]
        assert "a wrong type" in repr(result)


def test_each_kind_of_failure_is_told_with_how_many_cells_it_took(flow: Flow, server: ScriptedServer) -> None:
    refused = {"good": Say(status=401, body={"error": {"message": "no key"}}), "bad": Say(status=404)}
    server.script(lambda request: refused[request["model"]])
    cases = [{"text": f"Tue {number}", "values": {"weekday": "Tue"}} for number in range(2)]
    shown = repr(flow.node("read").compare([GOOD, BAD], cases, wait=True))
    assert shown.count("2 cells failed and are missing: ") == 2
    assert "no such page" in shown
    one = flow.node("read").compare([GOOD, BAD], cases[:1], wait=True)
    assert repr(one).count("One cell failed and is missing: ") == 2


def test_an_error_beside_the_cells_is_raised_and_shown(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise TypeError("a wrong type")

    monkeypatch.setattr(Keeper, "keep", broken)
    result = flow.compare(VARIANTS, CASES, wait=False)
    with pytest.raises(TypeError):
        result.wait()
    problem = result.problem()
    assert problem is not None
    assert problem.kind == "comparison"
    assert "a wrong type" in repr(result)


@pytest.mark.parametrize(
    "limits",
    [
        {"budget": math.nan},
        {"budget": "1"},
        {"budget": True},
        {"budget": -1},
        {"budget": 0},
        {"max_calls": 0},
        {"max_calls": True},
        {"max_calls": 1.5},
        {"budget": 1},
    ],
)
def test_limits_of_a_resumed_run_are_checked(flow: Flow, server: ScriptedServer, limits: dict) -> None:
    result = flow.node("read").compare([GOOD, BAD], [{"text": "Tue", "values": {"weekday": "Tue"}}])
    before = len(server.requests)
    with pytest.raises(ConfigError) as caught:
        result.resume(**limits)
    assert caught.value.kind in ("budget", "not_priced")
    assert len(server.requests) == before
