"""A node alone is judged by what it does itself: cases may expect more of the whole flow."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ConfigError
from tests.compare.flows import BAD, GOOD, booking_flow
from tests.scripted_server import Say, ScriptedServer

EXPECTED: dict[str, Any] = {
    "values": {"weekday": "Tue", "people": None},
    "status": {"weekday": "found", "people": "found"},
    "path": ["ask", "read", "bye"],
    "end_node": "bye",
    "turns": {1: {"node": "bye"}},
    "max_calls": 9,
}


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    server.script(lambda request: Say('{"weekday": "Tue"}' if "response_format" in request else "Which day?"))
    flow = booking_flow(server)
    flow.connect(flow.extraction("party", people=int), "bye")
    return flow


def case(**expected: Any) -> dict[str, Any]:
    return {"text": "Tuesday, please", **expected}


@pytest.mark.parametrize("metric", ["checks", "all", "f1"])
def test_a_case_of_the_whole_flow_judges_a_node_by_its_own_part(flow: Flow, metric: str) -> None:
    found = flow.node("read").compare([GOOD, BAD], [case(**EXPECTED)], metric=metric, wait=True)
    assert [score for *_, score in found.results.items()] == [1, 1]
    left = "people, path, end node, single turns, limits"
    assert f"not judged by what the flow does: {left}" in repr(found)
    assert "people" not in repr(found.diff("case 1"))
    assert found.cases[0].path, "the cases stay as they were given"


def test_a_field_that_no_node_has_is_told_before_the_first_call(flow: Flow, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match=r"case 1: values: .*'wekday'.*the nearest is 'weekday'"):
        flow.node("read").compare([GOOD, BAD], [case(values={"wekday": "Tue"})])
    assert not server.requests
    of_function = flow.node("read").compare(
        [GOOD, BAD], [case(values={"mood": "calm"})], metric=lambda case, _: case.values["mood"] == "calm"
    )
    assert [score for *_, score in of_function.wait().results.items()] == [1, 1], "what it needs is its own"


def test_cases_that_expect_nothing_of_the_node_are_refused(flow: Flow, server: ScriptedServer) -> None:
    with pytest.raises(ConfigError, match="nothing of node 'ask' itself"):
        flow.node("ask").compare([GOOD, BAD], [case(**EXPECTED)])
    assert not server.requests
    found = flow.node("ask").compare([GOOD, BAD], [case(**EXPECTED, contains="which")], wait=True)
    assert [score for *_, score in found.results.items()] == [1, 1]


def test_an_answer_that_cannot_be_used_misses_only_what_the_node_reads(flow: Flow, server: ScriptedServer) -> None:
    server.script(lambda _: Say("I cannot tell."))
    expected = case(values={"weekday": "Tue", "people": 4})
    found = flow.node("read").compare([GOOD, BAD], [expected], metric="f1", wait=True)
    for _, judged, cell, _ in found.results.items():
        assert cell.status == "invalid"
        assert cell.output["text"] == "I cannot tell."
        assert found.metric.counts(judged, cell) == (0, 0, 1)
