"""Two comparisons of the same cells at the same time: in one kernel nobody pays twice."""

from __future__ import annotations

import itertools
import json

import pytest

from byok_widgets import Flow
from byok_widgets.compare.running import runner
from tests.scripted_server import Say

MODELS = ["compatible:one", "compatible:two"]
_numbers = itertools.count()


@pytest.fixture
def read(server):
    flow = Flow(f"at the same time {next(_numbers)}")
    flow.set_base_url("compatible", server.base_url)
    flow.model = MODELS[0]
    server.script(lambda request: Say(json.dumps({"weekday": "Tue"}), pause_s=0.05))
    return flow.extraction("read", weekday=["Mon", "Tue"])


def cases(count):
    return [{"name": f"c{n}", "text": f"Tuesday, {n}", "values": {"weekday": "Tue"}} for n in range(count)]


def test_the_second_takes_what_the_first_runs_and_has_run(read, server):
    given = [*cases(12), {"name": "again", "text": "Tuesday, 0", "values": {"weekday": "Tue"}}]
    first = read.compare(MODELS, given, wait=False)
    second = read.compare(MODELS, given, metric="all", wait=False)
    for comparison in (first, second):
        comparison.wait()
        assert comparison.complete
        assert all(score == 1.0 for *_, score in comparison.results.items())
    assert len(server.requests) == 24
    assert first.used[1] + second.used[1] == 24


def test_where_the_first_is_stopped_the_second_runs_what_is_missing(read, server):
    server.script(lambda request: Say(json.dumps({"weekday": "Tue"}), pause_s=0.2))
    first = read.compare(MODELS, cases(8), wait=False)
    second = read.compare(MODELS, cases(8), wait=False)
    first.stop()
    second.wait()
    first.wait()
    assert second.complete
    assert not second.problem()


def test_what_leads_to_a_node_is_played_once_for_equal_cases_and_for_both(read, server):
    flow = Flow(f"upstream at the same time {next(_numbers)}")
    flow.set_base_url("compatible", server.base_url)
    flow.model = MODELS[0]
    shaped = json.dumps({"weekday": "Tue"})
    server.script(lambda request: Say(shaped if "response_format" in request else "Which day?", pause_s=0.05))
    flow.connect(flow.conversation("ask", "Ask for the weekday."), flow.extraction("day", weekday=["Mon", "Tue"]))
    flow.connect("day", "ask")
    given = [{"name": n, "caller": ["Hello", "Tuesday"], "values": {"weekday": "Tue"}} for n in ("a", "b")]
    runs = [flow.node("day").compare(MODELS, given, wait=False) for _ in range(2)]
    assert all(run.wait().complete for run in runs)
    sent = [json.dumps(request) for request in server.requests]
    spoken = [text for text in sent if "response_format" not in text]
    assert len(set(spoken)) == len(spoken)


def test_with_too_little_money_for_its_own_cells_it_still_takes_those_of_the_first(read, server):
    first = read.compare(MODELS, cases(6), wait=False)
    second = read.compare(MODELS, cases(8), max_calls=2, wait=False)
    first.wait()
    second.wait()
    assert second.used[1] <= 2
    assert len(server.requests) <= 14


@pytest.mark.timeout(60)
def test_a_cell_that_failed_and_was_not_begun_again_keeps_nobody_waiting(read, server, monkeypatch):
    monkeypatch.setattr(runner, "ROOM", len(MODELS))  # one case after the other
    refused = Say(status=401, body={"error": {"message": "Not this one."}})
    server.script(refused, Say(json.dumps({"weekday": "Tue"})))
    equal = [{"name": name, "text": "Tuesday", "values": {"weekday": "Tue"}} for name in ("a", "b")]
    comparison = read.compare(MODELS, equal, max_calls=2, wait=True)
    assert comparison.stopped_for == "budget"
    comparison.resume(max_calls=20)
    assert {cell.status for *_, cell, _ in comparison.results.items()} == {"done"}
