"""Tests of a flow: what passes, what is flaky and what is broken, what a run may take, and what is kept of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.testing.outcomes import Outcome
from tests.compare.flows import compatible_flow
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer
from tests.testing.conftest import booking_answer

GOOD = {"name": "good", "caller": ["Hello", "Tuesday"], "values": {"weekday": "Tue"}, "end_node": "bye"}
BAD = {"name": "bad", "caller": ["Hello", "Sunday"], "values": {"weekday": "Mon"}}


def outcomes(result: Any) -> dict[str, Outcome]:
    return {each.name: each.outcome for each in result.outcomes}


def test_each_case_passes_or_fails(flow: Flow) -> None:
    result = flow.test([GOOD, BAD])
    assert outcomes(result) == {"good": Outcome.PASSED, "bad": Outcome.FAILED}
    assert not result
    assert (result.passed, result.exit_code) == (False, 1)
    assert flow.test([GOOD])
    for shown in (repr(result), result._repr_html_()):
        assert all(word in shown for word in ("good", "bad", "turn 2", "weekday"))


def test_a_flaky_case_is_told_from_a_broken_one(flow: Flow, server: ScriptedServer) -> None:
    counted = itertools.count()

    def answer(request: dict) -> Say:
        said = str(request["messages"])
        if "json" in json.dumps(request).lower() and "shaky" in said:
            return Say(json.dumps({"weekday": "Tue" if next(counted) % 3 else "Mon"}))
        return booking_answer(request)

    server.script(answer)
    shaky = {"name": "shaky", "caller": ["shaky, Tuesday"], "values": {"weekday": "Tue"}}
    result = flow.test([GOOD, BAD, shaky], runs=3)
    assert outcomes(result) == {"good": Outcome.PASSED, "bad": Outcome.BROKEN, "shaky": Outcome.FLAKY}
    assert result.outcome("shaky").passes == 2
    assert result.pass_k(1) == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert result.pass_k(2) == pytest.approx((1 + 0 + 1 / 3) / 3)
    assert result.pass_k() == pytest.approx(1 / 3)
    with pytest.raises(ConfigError):
        result.pass_k(4)


def test_the_flow_runs_as_it_is_also_more_than_once(flow: Flow, server: ScriptedServer) -> None:
    flow.test([GOOD], runs=2)
    assert not any(name in request for request in server.requests for name in ("temperature", "seed"))


def test_each_test_runs_anew_and_a_stopped_one_goes_on(flow: Flow, server: ScriptedServer) -> None:
    flow.test([GOOD])
    once = len(server.requests)
    flow.test([GOOD])
    assert len(server.requests) == 2 * once
    cases = [{**GOOD, "name": f"c{n}", "caller": [f"Hello {n}", "Tuesday"]} for n in range(4)]
    server.requests.clear()
    stopped = flow.test(cases, max_calls=11)
    assert stopped.exit_code == 2
    assert Outcome.NOT_RUN in stopped.counts
    before, finished = len(server.requests), stopped.counts[Outcome.PASSED]
    resumed = flow.test(cases, resume=True)
    assert resumed.passed
    assert len(server.requests) == before + (4 - finished) * once


@pytest.mark.parametrize(
    ("status", "outcome", "code"), [(500, Outcome.ERROR, 2), (401, Outcome.ERROR, 2), (200, Outcome.FAILED, 1)]
)
def test_a_provider_that_fails_is_no_failure_of_the_flow(
    flow: Flow, server: ScriptedServer, status: int, outcome: Outcome, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byok_widgets.engine.deadlines.DEFAULT_DEADLINE_S", 0.5, raising=False)
    body = {"error": {"message": "no"}}
    server.script(Say(status=401 if status == 500 else status, body=body) if status != 200 else Say("nonsense"))
    result = flow.test([GOOD])
    assert (outcomes(result)["good"], result.exit_code) == (outcome, code)


def test_an_action_that_fails_is_one(server: ScriptedServer) -> None:
    flow = compatible_flow(server)

    def find() -> str:
        raise LookupError("no slot")

    hello = flow.conversation("hello", "Hello.", static=True)
    slot = flow.action("slot", find, writes=["time"])
    flow.connect(hello, slot)
    flow.connect(slot, flow.conversation("bye", "Bye.", static=True, end=True))
    result = flow.test([{"name": "c", "caller": ["Hi"], "end_node": "bye"}])
    (problem,) = result.outcome("c").problems
    assert (result.exit_code, problem.turn, problem.node) == (1, 1, "slot")
    assert "no slot" in problem.reason
    flow.node("slot").function = lambda: "10:00"
    assert flow.test([{"name": "c", "caller": ["Hi"], "end_node": "bye", "values": {"time": "10:00"}}])


def test_a_case_of_which_nothing_is_expected_is_told(flow: Flow) -> None:
    result = flow.test([GOOD, {"name": "free", "text": "Hello"}])
    assert outcomes(result)["free"] is Outcome.UNCHECKED
    assert result.passed
    with pytest.raises(ConfigError):
        flow.test(["Hello"])


def test_what_is_printed_is_complete(flow: Flow, server: ScriptedServer) -> None:
    may_answer = threading.Event()

    def answer(request: dict[str, Any]) -> Say:
        may_answer.wait(60)
        return booking_answer(request)

    server.script(answer)
    result = flow.test([GOOD], wait=False)
    assert result.running
    assert "running" in repr(result)
    threading.Timer(0.1, may_answer.set).start()
    assert "running" not in str(result)
    assert result.counts == {Outcome.PASSED: 1}


def test_in_an_event_loop(flow: Flow) -> None:
    assert asyncio.run(flow.atest([GOOD], runs=2)).counts == {Outcome.PASSED: 1}


def test_a_baseline_says_what_has_changed_since(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "a.baseline.json"
    other = {"name": "other", "caller": ["Monday"], "values": {"weekday": "Mon"}}
    flow.test([GOOD, BAD, other, {**GOOD, "name": "gone"}], runs=2).save_baseline(file)
    same = flow.test([GOOD, BAD, other, {**GOOD, "name": "gone"}], runs=2, baseline=file)
    assert (same.changes.cases, same.changes.flow, same.changes.regressions) == ((), (), ())
    flow.node("ask").prompt = "Ask for the day."
    flow.connect("read", "bye", if_="weekday == 'Mon'")
    now = flow.test([GOOD, BAD, other, {"name": "new", "text": "Hi", "end_node": "ask"}], baseline=file)
    assert {change.case: change.kind for change in now.changes.cases} == {
        "good": "worse",
        "new": "new",
        "gone": "gone",
    }
    assert [change.case for change in now.changes.regressions] == ["good"]
    assert any("turn 2" in detail for detail in now.changes.regressions[0].details)
    assert set(now.changes.flow) == {"node ask", "the edges"}
    assert "good" in repr(now.changes)
    assert now.changes.since not in f"{now.changes!r} {same.changes._repr_html_()}", "a moment as people write it"
    assert "node ask" in repr(now)
    shown = repr([*now.changes.cases, *now.problems])
    assert "=" not in shown, "words, not the fields of a class"
    assert {change.case in shown for change in now.changes.cases} == {True}


def test_a_change_names_the_turn_by_its_number_and_nothing_that_a_run_did_not_come_to(
    flow: Flow, server: ScriptedServer, tmp_path: Path
) -> None:
    file = tmp_path / "a.baseline.json"
    flow.connect(flow.conversation("hello", "Hello!", static=True, start=True), "read")
    case = {"name": "at once", "caller": ["Tuesday"], "values": {"weekday": "Tue"}}
    flow.test([case]).save_baseline(file)
    server.script(lambda request: Say(json.dumps({"weekday": None})))
    (worse,) = flow.test([case], baseline=file).changes.regressions
    assert worse.details[0].startswith("turn 1 went by"), "the greeting is turn 0"
    assert any("weekday" in detail for detail in worse.details)
    flow.conversation("bye", "Bye.", static=True, end=True)
    server.script(booking_answer)
    case = {**case, "turns": {1: {"contains": "See you"}}}
    (other,) = flow.test([case], baseline=file).changes.regressions
    assert "contains See you" in other.details[0], "where it goes the same way, what it fails at"
    server.script(lambda request: Say(status=401))
    (lost,) = flow.test([case], baseline=file).changes.regressions
    assert (lost.now, lost.details) == ("could not run", ())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "byok_widgets baseline", "version": 99}', "\x00"])
def test_what_is_no_baseline_is_refused(flow: Flow, content: str, tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        flow.test([GOOD], baseline=file)
    assert caught.value.kind == "baseline"
    with pytest.raises(ConfigError):
        flow.test([GOOD], baseline=tmp_path / "none.json")
    with pytest.raises(ConfigError):
        _ = flow.test([GOOD]).changes


EDITED = {
    "a moment in words": {"saved_at": "yesterday"},
    "a moment that is none here": {"saved_at": "0001-01-01T00:00:00+14:00"},
    "a cost that is no number": {"usd": "NaN"},
    "a cost without end": {"usd": "Infinity"},
    "a negative cost": {"usd": "-1"},
    "a cost in words": {"usd": "much"},
    "a list as cost": {"usd": [1]},
    "no models": {"models": 3},
    "no list of cases": {"cases": {"name": 3}},
    "a turn without its way": {"cases": [{"turns": [{"node": "ask"}]}]},
    "a run that may have ended": {"cases": [{"ended": "yes"}]},
    "more passes than runs": {"cases": [{"passes": 3, "runs": 2}]},
    "a number of runs without end": {"cases": [{"runs": float("inf")}]},
}


@pytest.mark.parametrize("change", EDITED.values(), ids=EDITED)
def test_a_baseline_that_was_edited_is_refused(flow: Flow, change: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    flow.test([GOOD]).save_baseline(file)
    saved = json.loads(file.read_text(encoding="utf-8"))
    edited = saved | change
    if isinstance(change.get("cases"), list):
        edited["cases"] = [case | more for case, more in zip(saved["cases"], change["cases"], strict=True)]
    file.write_text(json.dumps(edited), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        flow.test([GOOD], baseline=file)
    assert caught.value.kind == "baseline"


def test_junit_has_each_case_with_its_place(flow: Flow, tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    flow.test([GOOD, {**BAD, "name": 'b<&"\x00'}, {"name": "free", "text": "Hello"}]).save_junit(file)
    (suite,) = ET.parse(file).getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "3",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    (failure,) = suite.iter("failure")
    assert "turn 2" in failure.get("message", "")


def test_nothing_that_is_kept_holds_a_key(flow: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    key = fake_key("openai")
    server.script(lambda request: Say(f"Use {key}") if "json" not in json.dumps(request).lower() else Say("{}"))
    result = flow.test([{"name": "c", "caller": ["Hi"], "end_node": "bye", "turns": {1: {"contains": "x"}}}])
    result.save_baseline(tmp_path / "a.json")
    result.save_junit(tmp_path / "a.xml")
    result.save(tmp_path / "a.html")
    kept = [path.read_text(encoding="utf-8") for path in tmp_path.glob("a.*")]
    shown = [repr(result), result._repr_html_(), *map(str, result.problems), *kept]
    assert not any(key in text or key[8:-4] in text for text in shown)
