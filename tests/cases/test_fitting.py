"""Names in cases that a flow does not have: told before the first call, with their place and the nearest name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.cli import main
from tests.compare.flows import booking_flow
from tests.fake_keys import fake_key
from tests.file_tests.keyed_flow import command_for_a_flow_with_a_key
from tests.scripted_server import ScriptedServer

GOOD = {"caller": ["Hello", "Tuesday"], "values": {"weekday": "Tue"}, "end_node": "bye"}
UNKNOWN = [
    ({"end_node": "bey"}, "end_node", "'bye'"),
    ({"path": ["aks", "bye"]}, "path", "'ask'"),
    ({"values": {"wekday": "Tue"}}, "values", "'weekday'"),
    ({"values": {"wekday": None}}, "values", "'weekday'"),
    ({"status": {"wekday": "found"}}, "status", "'weekday'"),
    ({"assertions": [{"json_path": "$.wekday", "equals": "Tue"}]}, "json_path", "'weekday'"),
    ({"turns": {"2": {"node": "bey"}}}, "turn 2: node", "'bye'"),
    ({"turns": {"1": {"values": {"wekday": None}}}}, "turn 1: values", "'weekday'"),
    ({"turns": {"3": {"node": "bye"}}}, "turns", "no turn 3"),
    ({"turns": {"0": {"node": "ask"}}}, "turns", "no turn 0"),
    ({"stubs": {"raed": {}}}, "stubs", "'read'"),
    ({"stubs": {"read": {}}}, "stubs", "not an action"),
]


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    return booking_flow(server)


@pytest.mark.parametrize(("wrong", "field", "meant"), UNKNOWN)
@pytest.mark.parametrize("method", ["test", "compare"])
def test_it_is_told_before_the_first_call(
    flow: Flow, server: ScriptedServer, tmp_path: Path, wrong: dict[str, Any], field: str, meant: str, method: str
) -> None:
    path = tmp_path / "booking.cases"
    path.write_text("".join(f"{json.dumps(case)}\n" for case in (GOOD, {**GOOD, **wrong})), encoding="utf-8")
    cases = flow.cases(path)
    with pytest.raises(ConfigError) as caught:
        flow.test(cases) if method == "test" else flow.compare({"a": {}, "b": {"ask": "two"}}, cases=cases)
    assert caught.value.kind == "cases"
    assert caught.value.problem.startswith(f"booking.cases, line 2: {field}: ")
    assert meant in caught.value.problem
    assert server.requests == []


TWO = {"a": {}, "b": {"ask": "two"}}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"values": {"weekday": "Wed"}}, "values"),
        ({"values": {"weekday": ["Tue"]}}, "values"),
        ({"turns": {"1": {"values": {"weekday": 3}}}}, "turn 1: values"),
    ],
)
def test_a_value_that_no_field_takes_is_compared_nowhere_but_may_fail_a_test(
    flow: Flow, server: ScriptedServer, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.compare(TWO, cases=[GOOD, {**GOOD, **wrong}])
    assert caught.value.problem.startswith(f"case 2: {field}: ")
    assert "one of Mon, Tue" in caught.value.problem
    assert server.requests == []
    assert not flow.test([{**GOOD, **wrong}])


@pytest.mark.parametrize("value", [None, "tue", " Tue "])
def test_a_value_that_the_field_can_have_is_compared(flow: Flow, value: str | None) -> None:
    assert flow.compare(TWO, cases=[{**GOOD, "values": {"weekday": value}}]).complete


def test_a_value_that_an_action_may_set_is_not_judged_by_a_field(flow: Flow) -> None:
    flow.connect("bye", flow.action("move", lambda: "Wed", writes=["weekday"]))
    assert flow.compare(TWO, cases=[{**GOOD, "values": {"weekday": "Wed"}}]).complete


def test_what_a_case_brings_with_it_is_known(flow: Flow) -> None:
    assert flow.test([{**GOOD, "variables": {"tenant": "x"}, "values": {"tenant": "x"}}]).cases
    with pytest.raises(ConfigError, match="case 1"):
        flow.test([{**GOOD, "values": {"tenant": "x"}}])


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ({"assertions": [{"contians": "x"}]}, "'contains'"),
        ({"assertions": [{"functon": "x"}]}, "'function'"),
        ({"assertions": [{"function": "is_polit"}]}, "'is_polite'"),
        ({"status": {"weekday": "fuond"}}, "'found'"),
        ({"contians": "x"}, "'contains'"),
    ],
)
def test_an_unknown_word_of_a_case_is_told_when_it_is_read(flow: Flow, wrong: dict[str, Any], meant: str) -> None:
    with pytest.raises(ConfigError) as caught:
        flow.cases([GOOD, {**GOOD, **wrong}], functions={"is_polite": bool})
    assert caught.value.problem.startswith("case 2: ")
    assert meant in caught.value.problem


def test_an_unknown_tag_is_told(flow: Flow) -> None:
    cases = flow.cases([{**GOOD, "tags": ["evening"]}])
    assert len(cases.tagged("evening")) == 1
    with pytest.raises(ConfigError, match="the nearest is 'evening'"):
        cases.tagged("evenin")


def test_on_the_command_line_a_mistake_in_a_file_comes_before_a_missing_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = command_for_a_flow_with_a_key(tmp_path)
    cases = Path(command[2])
    entry = json.loads(cases.read_text(encoding="utf-8"))
    cases.write_text(json.dumps({**entry, "end_node": "aks"}), encoding="utf-8")
    assert main(command) == 2
    assert capsys.readouterr().out.startswith(f"{cases.name}, line 1: end_node: ")
    entry["contains"] = fake_key("openai")
    cases.write_text(json.dumps(entry), encoding="utf-8")
    assert main(command) == 2
    assert entry["contains"] not in capsys.readouterr().out


def test_a_session_whose_variables_code_has_set_is_a_case_that_can_be_played(
    flow: Flow, server: ScriptedServer, tmp_path: Path
) -> None:
    from tests.testing.conftest import booking_answer

    server.script(booking_answer)
    session = flow.start(variables={"tenant": "x"})
    session.say("Hello")
    session.variables["note"] = "seen"
    session.say("Tuesday")
    (case,) = flow.cases(flow.save_case(session, tmp_path / "a.cases").path)
    assert (dict(case.variables), dict(case.values)) == ({"tenant": "x"}, {"weekday": "Tue"})
    assert flow.test([case]).passed
