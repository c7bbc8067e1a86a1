"""What is compared stays as it was at the start, and cells count only where they are those of the same thing."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Annotated, Any

import pydantic
import pytest

from byok_widgets import ConfigError, Flow
from tests.compare.flows import BAD, GOOD, booking_flow, compatible_flow
from tests.scripted_server import Say, ScriptedServer

VARIANTS = {"now": {}, "other": {"read": BAD}}
CASES = [{"name": "c0", "caller": ["Hello", "Tuesday"], "values": {"weekday": "Tue"}}]


def answer(request: dict) -> Say:
    return Say(json.dumps({"weekday": "Tue"}) if "response_format" in request else "Which day?")


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    server.script(answer)
    return booking_flow(server)


def calls_of(server: ScriptedServer, compare: Callable[[], Any]) -> int:
    before = len(server.requests)
    compare()
    return len(server.requests) - before


def above(limit: int) -> Callable[[Any], bool]:
    return lambda known: len(known) > limit


def checked(shortest: int) -> type[pydantic.BaseModel]:
    class Day(pydantic.BaseModel):
        weekday: str

        @pydantic.field_validator("weekday")
        @classmethod
        def is_long(cls, value: str) -> str:
            if len(value) < shortest:
                raise ValueError("too short")
            return value

    return Day


def annotated(suffix: str) -> Any:
    return Annotated[str, pydantic.AfterValidator(lambda value: value + suffix)]


class Greeter:
    def __init__(self, word: str) -> None:
        self.word, self.count = word, 0

    def __call__(self, weekday: str) -> str:
        self.count += 1
        return f"{self.word} {weekday}"


def said(word: str, weekday: str) -> str:
    return f"{word} {weekday}"


def closure(word: str) -> Callable[[str], str]:
    return lambda weekday: f"{word} {weekday}"


def nested(word: str) -> Callable[[str], str]:
    table = {"word": word}
    return lambda weekday: f"{table['word']} {weekday}"


@pytest.mark.parametrize("make", [closure, nested, Greeter, lambda word: functools.partial(said, word)])
def test_a_changed_action_is_another_flow_and_an_equal_one_is_the_same(
    flow: Flow, server: ScriptedServer, make: Callable[[str], Any]
) -> None:
    def compare(word: str) -> int:
        flow.connect(flow.action("greet", make(word), writes=["greeting"]), "bye")
        flow.connect("read", "greet", if_="weekday is not None")
        return calls_of(server, lambda: flow.compare(VARIANTS, CASES))

    flow.disconnect("read", "bye")
    first, again, changed = compare("hello"), compare("hello"), compare("good day")
    assert (again, changed) == (0, first)


def test_what_an_action_runs_of_another_flow_counts(flow: Flow, server: ScriptedServer) -> None:
    other = compatible_flow(server)
    hello = other.conversation("hello", "Say hello.")
    flow.disconnect("read", "bye")
    for function in (lambda: hello.run("Hi").text, lambda: other.node("hello").run("Hi").text):
        flow.connect(flow.action("greet", function, writes=["greeting"]), "bye")
        flow.connect("read", "greet", if_="weekday is not None")
        hello.prompt = "Say hello."
        flow.compare(VARIANTS, CASES)
        assert calls_of(server, lambda: flow.compare(VARIANTS, CASES)) == 0
        hello.prompt = "Say good day."
        assert calls_of(server, lambda: flow.compare(VARIANTS, CASES)) > 0


def test_a_function_that_notes_its_calls_is_still_the_same(flow: Flow, server: ScriptedServer) -> None:
    called = []

    def greet(weekday: str) -> str:
        called.append(weekday)
        return weekday

    flow.disconnect("read", "bye")
    flow.connect(flow.action("greet", greet, writes=["greeting"]), "bye")
    flow.connect("read", "greet", if_="weekday is not None")
    flow.compare(VARIANTS, CASES)
    assert called
    assert calls_of(server, lambda: flow.compare(VARIANTS, CASES)) == 0


def test_a_changed_condition_is_another_flow(flow: Flow, server: ScriptedServer) -> None:
    calls = []
    for limit in (0, 0, 1):
        flow.connect("read", "bye", if_=above(limit))
        calls.append(calls_of(server, lambda: flow.compare(VARIANTS, CASES)))
    assert calls[1] == 0 < calls[2]


@pytest.mark.parametrize(
    ("schemas", "fields"),
    [
        ([checked(1), checked(1), checked(2)], [{}, {}, {}]),
        ([None] * 3, [{"weekday": annotated(suffix)} for suffix in ("", "", "!")]),
    ],
)
def test_a_changed_validator_is_another_node(
    flow: Flow, server: ScriptedServer, schemas: list[Any], fields: list[dict[str, Any]]
) -> None:
    calls = []
    for schema, types in zip(schemas, fields, strict=True):
        read = flow.extraction("read", schema, **types)
        calls.append(
            calls_of(
                server,
                lambda read=read: read.compare([GOOD, BAD], [{"text": "Tue", "values": {"weekday": "Tue"}}]),
            )
        )
    assert calls == [2, 0, 2]


def changed_action(flow: Flow) -> None:
    flow.action("greet", closure("good day"), writes=["greeting"])


def changed_grounding(flow: Flow) -> None:
    flow.grounding = "off"


def changed_locale(flow: Flow) -> None:
    flow.locale = "de-DE"


def changed_address(flow: Flow) -> None:
    flow.set_base_url("compatible", f"{flow.config.base_url('compatible')}/")
    flow.set_base_url("compatible", flow.config.base_url("compatible").replace("127.0.0.1", "localhost"))


def changed_start(flow: Flow) -> None:
    flow.start_node = "read"


def changed_end(flow: Flow) -> None:
    flow.graph.ends.discard("bye")


def changed_opening(flow: Flow) -> None:
    flow.speaks_first = True


@pytest.mark.parametrize(
    "change",
    [
        changed_action,
        changed_grounding,
        changed_locale,
        changed_address,
        changed_start,
        changed_end,
        changed_opening,
    ],
)
def test_what_leads_to_a_node_is_recorded_again_where_it_changed(
    flow: Flow, server: ScriptedServer, change: Callable[[Flow], None]
) -> None:
    last = flow.extraction("last", weekday=["Mon", "Tue"])
    for source, target in (("read", "bye"), ("ask", "read")):
        flow.disconnect(source, target)
    flow.connect("ask", last)
    flow.connect("bye", last)
    flow.connect(last, flow.action("greet", closure("hello"), writes=["greeting"]))
    flow.connect("greet", "ask")
    assert calls_of(server, lambda: last.compare([GOOD, BAD], CASES)) > 2
    assert calls_of(server, lambda: last.compare([GOOD, BAD], CASES)) == 0
    change(flow)
    played = calls_of(server, lambda: last.compare([GOOD, BAD], CASES))
    assert played > 0


def test_cells_are_those_of_the_flow_at_the_start(flow: Flow, server: ScriptedServer) -> None:
    changed = []

    def change_once(request: dict) -> Say:
        if not changed:
            changed.append(1)
            flow.node("ask").prompt = "Say something else."
            flow.node("ask").settings["temperature"] = 0.9
            flow.global_prompt = "Be rude."
            flow.set_base_url("compatible", "http://127.0.0.1:9/v1")
        return answer(request)

    server.script(change_once)
    result = flow.compare(VARIANTS, CASES)
    assert [cell.status for _, _, cell, _ in result.results.items()] == ["done", "done"]
    written = json.dumps(server.requests)
    assert not any(word in written for word in ("something else", "rude", "0.9"))
    with pytest.raises(ConfigError) as caught:
        result.resume()
    assert caught.value.kind == "flow_changed"


def test_a_comparison_of_a_node_is_not_resumed_with_another_prompt(flow: Flow, server: ScriptedServer) -> None:
    result = flow.node("read").compare([GOOD, BAD], CASES, max_calls=1)
    assert not result.is_stale
    before = repr(result)
    flow.node("read").prompt = "Read the day."
    assert result.is_stale
    assert "The flow was changed since" in repr(result)
    assert "The flow was changed since" not in before
    with pytest.raises(ConfigError) as caught:
        result.resume(max_calls=100)
    assert caught.value.kind == "flow_changed"


def lenient(case: Any, output: Any) -> bool:
    return bool(case and output)


def test_a_metric_that_is_defined_anew_marks_verdicts_stale(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    result = flow.node("read").compare([GOOD, BAD], CASES, metric=lenient)
    assert not result.is_stale

    def strict(case: Any, output: Any) -> bool:
        return bool(case and output and output["values"]["weekday"])

    monkeypatch.setattr(sys.modules[__name__], "lenient", strict)
    assert result.outdated == ["the metric"]


def test_other_expectations_mark_verdicts_stale(flow: Flow) -> None:
    first = flow.node("read").compare([GOOD, BAD], CASES)
    second = flow.node("read").compare([GOOD, BAD], [{**case, "values": {"weekday": "Mon"}} for case in CASES])
    assert (first.outdated, second.outdated) == (["what cases expect"], [])
    assert "What cases expect was changed since" in repr(first)


def test_a_flow_that_speaks_first_does_so_while_it_is_compared(flow: Flow, server: ScriptedServer) -> None:
    flow.speaks_first = True
    result = flow.compare(VARIANTS, CASES)
    turns = result.results.cell(result.variants[0], result.cases[0], 1).output["turns"]
    assert [turn["said"] for turn in turns] == [None, "Hello", "Tuesday"][: len(turns)]


def test_actions_before_a_node_are_called_only_where_that_was_asked_for(flow: Flow) -> None:
    booked = []

    def book(weekday: str) -> str:
        booked.append(weekday)
        return "12:00"

    last = flow.extraction("last", weekday=["Mon", "Tue"])
    flow.disconnect("read", "bye")
    flow.connect("read", flow.action("slot", book, writes=["time"], effects=True), if_="weekday is not None")
    flow.connect("slot", last)
    flow.connect(last, "bye")
    last.compare([GOOD, BAD], CASES)
    last.compare([GOOD, BAD], CASES, stubs={"slot": {"time": "10:00"}})
    assert booked == []
    last.compare([GOOD, BAD], CASES, run_effects=True)
    assert booked == ["Tue"]
