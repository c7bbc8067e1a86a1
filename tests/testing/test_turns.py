"""What is expected of single turns: each kind can hold and can fail, and a failure is told with its place."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.testing.outcomes import Outcome
from tests.scripted_server import Say, ScriptedServer
from tests.testing.conftest import booking_answer

CALLER = ["Hello", "Tuesday"]


def outcome_of(flow: Flow, **expected: Any) -> Any:
    return flow.test([{"name": "c", "caller": CALLER, **expected}]).outcome("c")


@pytest.mark.parametrize(
    ("turn", "holds", "fails", "node"),
    [
        (1, {"node": "ask"}, {"node": "bye"}, "ask"),
        (1, {"path": ["read", "ask"]}, {"path": ["read", "bye"]}, "read"),
        (1, {"values": {"weekday": None}}, {"values": {"weekday": "Tue"}}, "ask"),
        (2, {"values": {"weekday": "Tue"}}, {"values": {"weekday": "Mon"}}, "read"),
        (1, {"status": {"weekday": "not_stated"}}, {"status": {"weekday": "found"}}, "ask"),
        (2, {"status": {"weekday": "found"}}, {"status": {"weekday": "ungrounded"}}, "read"),
        (1, {"contains": "which day"}, {"contains": "goodbye"}, "ask"),
        (2, {"excludes": "which"}, {"excludes": "see you"}, "bye"),
        (1, {"max_calls": 2}, {"max_calls": 1}, "ask"),
        (1, {"max_seconds": 60}, {"max_seconds": 0}, "ask"),
    ],
)
def test_of_a_turn(flow: Flow, turn: int, holds: dict, fails: dict, node: str) -> None:
    assert outcome_of(flow, turns={turn: holds}).outcome is Outcome.PASSED
    wrong = outcome_of(flow, turns={str(turn): fails})
    assert wrong.outcome is Outcome.FAILED
    (problem,) = wrong.problems
    assert (problem.turn, problem.node, problem.run) == (turn, node, 1)
    assert problem.why


@pytest.mark.parametrize(
    ("expected", "turn", "node"),
    [
        ({"values": {"weekday": "Mon"}}, 2, "read"),
        ({"values": {"other": "x"}, "variables": {"other": "y"}}, 2, "bye"),
        ({"path": ["read", "bye", "read"]}, 2, "bye"),
        ({"path": ["read", "read", "ask"]}, 2, "read"),
        ({"end_node": "ask"}, 2, "bye"),
        ({"max_calls": 2}, 2, "bye"),
        ({"max_cost": 1}, 1, "ask"),  # what a call costs is not known here, so nothing shows that it was less
        ({"turns": {"3": {"node": "bye"}}, "caller": [*CALLER, "Thanks"]}, 2, "bye"),
    ],
)
def test_of_the_whole_the_place_is_where_it_went_wrong(flow: Flow, expected: dict, turn: int, node: str) -> None:
    found = outcome_of(flow, **expected)
    assert found.outcome is Outcome.FAILED
    assert (found.first_problem.turn, found.first_problem.node) == (turn, node)


def test_what_the_flow_says_first_is_turn_0(flow: Flow, server: ScriptedServer) -> None:
    flow.speaks_first = True
    assert outcome_of(flow, turns={0: {"contains": "which day", "node": "ask"}}).outcome is Outcome.PASSED
    flow.speaks_first = False
    with pytest.raises(ConfigError, match="turn 0"):
        outcome_of(flow, turns={0: {"node": "ask"}})


def test_a_cost_is_compared_where_it_is_known(priced_booking: Flow) -> None:
    assert outcome_of(priced_booking, turns={1: {"max_cost": 1.0}}).outcome is Outcome.PASSED
    assert outcome_of(priced_booking, turns={1: {"max_cost": 0.0}}).outcome is Outcome.FAILED


def test_a_judge_is_asked_about_the_turn_alone(flow: Flow, server: ScriptedServer) -> None:
    asked = []

    def answer(request: dict) -> Say:
        if request["model"] != "judge":
            return booking_answer(request)
        asked.append(request["messages"][-1]["content"])
        return Say('{"reason": "it asks", "holds": true}' if "Hello" in asked[-1] else "")

    server.script(answer)
    flow.judge_model = "compatible:judge"
    question = "Does it ask for a day?"
    assert outcome_of(flow, turns={1: {"judge": question}}).outcome is Outcome.PASSED
    assert "Tuesday" not in asked[0]
    no = Say('{"reason": "rude", "holds": false}')
    server.script(lambda request: no if request["model"] == "judge" else booking_answer(request))
    wrong = outcome_of(flow, turns={1: {"judge": question}}, judge=question)
    assert [problem.turn for problem in wrong.problems] == [1, 2]
    assert all("rude" in problem.reason for problem in wrong.problems)


@pytest.mark.parametrize(
    "turns",
    [
        *([{"node": "ask"}], {"first": {}}, {"-1": {}}, {True: {}}, {"1": "ask"}, {"1": {"nodes": "ask"}}),
        *(
            {"1": {"max_calls": 1.5}},
            {"1": {"max_cost": -1}},
            {"1": {"status": {"a": 1}}},
            {"1": {"end_node": "a"}},
        ),
    ],
)
def test_what_cannot_be_expected_is_refused_with_its_place(flow: Flow, turns: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.cases([{"text": "Hi"}, {"caller": CALLER, "turns": turns}])
    assert caught.value.kind == "cases"
    assert caught.value.problem.startswith("case 2")
