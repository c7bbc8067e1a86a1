"""Tests of a flow and simulated callers are replayed, each run and each dialogue with its own answers."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.cli import main
from tests.compare.flows import booking_flow, compatible_flow
from tests.compare.test_simulated_callers import Actors, case
from tests.fake_keys import fake_key
from tests.file_tests.keyed_flow import command_for_a_flow_with_a_key
from tests.scripted_server import Say, ScriptedServer

pytest.importorskip("scipy")
CASES = [
    {"name": f"case {number}", "caller": [f"Hello {number}", "Tuesday"], "end_node": "bye"} for number in range(40)
]


def _facts(test: Any) -> list[Any]:
    return [
        (outcome.case.name, [(run.cell.status, run.cell.output, run.cell.usd) for run in outcome.runs])
        for outcome in test.outcomes
    ]


def test_a_test_of_forty_cases_and_three_runs_replays(server: ScriptedServer, cassette: Path) -> None:
    chance = random.Random(3)
    flow = booking_flow(server)

    def answer(request: dict[str, Any]) -> Say:
        if "response_format" in request:
            return Say(chance.choice(['{"weekday": "Tue"}', '{"weekday": null}']))
        return Say(f"Which day? {chance.random()}")

    server.script(answer)
    with flow.record(cassette):
        recorded = _facts(flow.test(CASES, runs=3, wait=True))
    assert len({str(facts) for facts in recorded}) > 20
    server.close()
    began_at = time.process_time()
    flow.replay(cassette)
    test = flow.test(CASES, runs=3, wait=True)
    assert _facts(test) == recorded
    assert time.process_time() - began_at < 10
    assert "REPLAY" in repr(test)
    assert "REPLAY" in test._repr_html_()


def test_callers_that_go_wrong_and_begin_again_replay(server: ScriptedServer, cassette: Path) -> None:
    chance = random.Random(5)
    flow = booking_flow(server)

    def lines(_: int, turn: int) -> tuple[str, bool]:
        if turn == 1 and chance.random() < 0.5:
            return "Never mind, goodbye.", True
        return ("Hello.", False) if turn == 0 else (f"Tuesday, please, {chance.random()}.", turn > 1)

    server.script(Actors(lines).answer)
    cases = [case(number, attempts=4) for number in range(8)]
    with flow.record(cassette):
        recorded = _facts(flow.test(cases, runs=2, wait=True))
    attempts = [len(run[1]["caller"]["attempts"]) for _, runs in recorded for run in runs]
    assert max(attempts) > 1
    server.close()
    with flow.replay(cassette):
        assert _facts(flow.test(cases, runs=2, wait=True)) == recorded


SAID = [("Ana", "Hi", "Monday"), ("Ben", "Hello", "Tuesday"), ("Cem", "Hello", "Monday")]


def _cases(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    cases = [{"name": name, "caller": said, "end_node": "bye"} for name, *said in SAID]
    return [{**each, **changed.get(each["name"], {})} for each in cases]


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"caller": ["Hello", "Sunday"]}, [("turn 2", "Tuesday", "Sunday")]),
        ({"caller": ["Hello", "Tuesday", "Bye"]}, [("turn 3", "", "Bye")]),
        ({"caller": ["Hallo", "Tuesday"]}, [("message 1 (user)", "Hello", "Hallo")]),
        ({"caller": ["Hi", "Tuesday"]}, [("message 1 (user)", "Hello", "Hi")]),
        ({"variables": {"name": "Ben"}}, [("variable name", "", '"Ben"')]),
        ({"stubs": {"look": {"seen": 1}}}, [("stub of look", "", '{"seen": 1}')]),
    ],
)
def test_a_case_that_was_changed_misses_with_the_words_that_changed(
    server: ScriptedServer, cassette: Path, change: dict[str, Any], shown: list[tuple[str, str, str]]
) -> None:
    """Its first calls may be as they were: what changed in the case is shown all the same."""
    server.script(_by_day)
    flow = _looking_flow(server)
    with flow.record(cassette):
        assert flow.test(_cases(), wait=True).passed
    flow.replay(cassette)
    test = flow.test(_cases(Ben=change), wait=True)
    assert [str(each.outcome) for each in test.outcomes] == ["passed", "could not run", "passed"]
    (problem,) = test.problems
    assert (problem.case, problem.node) == ("Ben", "read")
    told = test.outcome("Ben").runs[0].cell.message
    assert all(word in told for word in ("'Ben'", "'read'", "repeat 1"))
    for place, before, now in shown:
        assert f"{place}: {f'“{before}” is now “{now}”' if before else f'“{now}” is new'}" in told
    assert not any(name in told for name in ("Ana", "Cem")), (
        "the same case is the nearest, whatever the others are"
    )


def _by_day(request: dict[str, Any]) -> Say:
    if "response_format" not in request:
        return Say("Which day?")
    found = (
        "Tue" if "Tuesday" in str(request["messages"]) else "Mon" if "Monday" in str(request["messages"]) else None
    )
    return Say(json.dumps({"weekday": found}))


def _looking_flow(server: ScriptedServer) -> Flow:
    flow = compatible_flow(server)
    flow.conversation("ask", "Ask for the weekday.")
    flow.extraction("read", weekday=["Mon", "Tue"])
    flow.action("look", lambda: {"seen": 0}, writes=["seen"])
    flow.conversation("bye", "See you.", static=True, end=True)
    flow.connect("ask", "read")
    flow.connect("read", "look", if_="weekday is not None")
    flow.connect("read", "ask")
    flow.connect("look", "bye")
    return flow


def test_a_cassette_that_does_not_say_what_a_case_was_given_is_replayed(
    server: ScriptedServer, cassette: Path
) -> None:
    server.script(_by_day)
    flow = _looking_flow(server)
    with flow.record(cassette):
        flow.test(_cases(), wait=True)
    entries = list(map(json.loads, cassette.read_text(encoding="utf-8").splitlines()))
    assert all(entry.pop("given") for entry in entries[1:])
    cassette.write_text("".join(f"{json.dumps(entry)}\n" for entry in entries), encoding="utf-8")
    flow.replay(cassette)
    assert flow.test(_cases(), wait=True).passed
    test = flow.test(_cases(Ben={"caller": ["Hello", "Sunday"]}), wait=True)
    assert "has changed since it was recorded." in test.outcome("Ben").runs[0].cell.message


def test_the_command_records_and_replays_without_a_key(
    tmp_path: Path, server: ScriptedServer, cassette: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = command_for_a_flow_with_a_key(tmp_path)
    monkeypatch.setenv("A_KEY", fake_key("openai"))
    command += ["--trust", "--base-url", f"openai={server.base_url}"]
    assert main([*command, "--key", "openai=env:A_KEY", "--record", str(cassette)]) == 0
    monkeypatch.delenv("A_KEY")
    server.close()
    assert main([*command, "--replay", str(cassette)]) == 0
    (tmp_path / "a.cases").write_text('{"caller": ["Hi there"], "end_node": "ask"}\n', encoding="utf-8")
    assert main([*command, "--replay", str(cassette)]) == 2
