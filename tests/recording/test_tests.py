"""Tests of a flow and simulated callers are replayed, each run and each dialogue with its own answers."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

from byok_widgets.cli import main
from tests.compare.flows import booking_flow
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
