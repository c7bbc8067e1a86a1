"""Code of a person's, and work of any length, never run on the engine's loop, and none outlives its time limit."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Annotated, Any

import pydantic
import pytest

from byok_widgets import ConfigError, ExtractionError, Flow, FlowError
from byok_widgets.engine import ENGINE
from byok_widgets.nodes import validation
from byok_widgets.session import Session, evaluation
from byok_widgets.session.turn_lock import TurnLock
from tests.fake_keys import fake_key
from tests.interrupts import interrupted_at_line
from tests.scripted_server import Say, ScriptedServer
from tests.session.conftest import Script


class Threads:
    """Takes down in which threads it was asked for."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def note(self) -> None:
        self.names.add(threading.current_thread().name)

    def spared_the_loop(self) -> bool:
        return bool(self.names) and ENGINE.submit(_name()).result() not in self.names


async def _name() -> str:
    return threading.current_thread().name


class Watched:
    """A value that notes where it is compared and written."""

    def __init__(self, threads: Threads) -> None:
        self.threads = threads

    def __deepcopy__(self, memo: Any) -> Watched:
        return self

    def __eq__(self, other: object) -> bool:
        self.threads.note()
        return True

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        self.threads.note()
        return "Watched"


def gate(flow: Flow, **condition: Any) -> Flow:
    flow.conversation("a", "Hi.", static=True, start=True)
    flow.conversation("b", "There.", static=True)
    flow.connect("a", "b", **condition)
    return flow


def test_a_value_of_another_class_is_compared_in_a_worker(flow: Flow) -> None:
    threads = Threads()
    s = gate(flow, if_="x == 1").start(variables={"x": Watched(threads)})
    assert s.say("go").path == ("b",)
    assert threads.spared_the_loop()


def test_the_judge_is_told_of_values_that_a_worker_has_written_down(flow: Flow, script: Script) -> None:
    threads = Threads()
    gate(flow, when="they want to go").start(variables={"x": Watched(threads)}).say("go")
    assert threads.spared_the_loop()
    assert "Watched" in json.dumps(script.judged)


def test_large_values_are_compared_in_a_worker_with_a_time_limit(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "CONDITION_LIMIT_S", 0.1)
    many = [list(range(2000)) for _ in range(400)]  # half a second of work, which goes on after the limit
    s = gate(flow, if_="x in y").start(variables={"x": list(range(1, 2001)), "y": many})
    with pytest.raises(FlowError) as caught:
        s.say("go")
    assert caught.value.kind == "condition_timeout"


def test_a_condition_cannot_change_the_variables(flow: Flow) -> None:
    s = gate(flow, if_=lambda variables: variables["guests"].append("x") is None).start(variables={"guests": []})
    s.say("go")
    assert s.variables["guests"] == []


def test_a_condition_shows_no_key(flow: Flow) -> None:
    key = fake_key("anthropic")

    def broken(_: Any) -> bool:
        raise ValueError(f"Authorization: Bearer {key}")

    s = gate(flow, if_=broken).start()
    with pytest.raises(ConfigError) as caught:
        s.say("go")
    shown = f"{caught.value} {s.unfinished[0].fault} {s.unfinished[0].summary} {s.explain()}"
    assert key[8:24] not in shown


def reading(flow: Flow, server: ScriptedServer, schema: Any, answer: Any, **more: Any) -> Any:
    server.script(Say(json.dumps(answer)))
    return flow.extraction("e", schema, **more)


def test_the_validators_of_a_person_run_in_a_worker(flow: Flow, server: ScriptedServer) -> None:
    threads = Threads()

    class Caller(pydantic.BaseModel):
        name: str

        @pydantic.field_validator("name")
        @classmethod
        def known(cls, name: str) -> str:
            threads.note()
            return name

    node = reading(flow, server, Caller, {"name": "Ana"}, examples=[("I am Leo", {"name": "Leo"})])
    threads.names.clear()
    assert node.run("I am Ana")["name"] == "Ana"
    assert threads.spared_the_loop()


def test_the_validators_of_a_field_run_in_a_worker(flow: Flow, server: ScriptedServer) -> None:
    threads = Threads()

    def known(name: str) -> str:
        threads.note()
        return name

    server.script(Say('{"name": "Ana"}'))
    flow.extraction("e", name=Annotated[str, pydantic.AfterValidator(known)]).run("I am Ana")
    assert threads.spared_the_loop()


def test_a_validator_that_is_late_ends_the_call(
    flow: Flow, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(validation, "CHECK_LIMIT_S", 0.1)
    release = threading.Event()

    class Caller(pydantic.BaseModel):
        name: str

        @pydantic.field_validator("name")
        @classmethod
        def wait(cls, name: str) -> str:
            release.wait(20)
            return name

    node = reading(flow, server, Caller, {"name": "Ana"})
    with pytest.raises(ExtractionError) as caught:
        node.run("I am Ana")
    release.set()
    assert (caught.value.kind, caught.value.raw_text) == ("validation_timeout", '{"name": "Ana"}')
    assert "'e'" in caught.value.where


def test_what_a_validator_says_shows_no_key(flow: Flow, server: ScriptedServer) -> None:
    key = fake_key("anthropic")

    class Caller(pydantic.BaseModel):
        name: str

        @pydantic.field_validator("name")
        @classmethod
        def refuse(cls, name: str) -> str:
            raise ValueError(f"refused by {key}")

    found = reading(flow, server, Caller, {"name": "Ana"}).run("I am Ana")
    assert found.status["name"] == "invalid"
    assert key[8:24] not in f"{found.problems} {json.dumps(server.requests)}"


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|aa)+$"])
def test_no_pattern_takes_longer_than_its_limit(flow: Flow, server: ScriptedServer, pattern: str) -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "pattern": pattern},
            "more": {"type": "object", "patternProperties": {pattern: {}}, "additionalProperties": False},
        },
    }
    long = "a" * 40 + "!"
    found = reading(flow, server, schema, {"name": long, "more": {long: 1}}).run("I am Ana")
    assert (found.status["name"], found.status["more"]) == ("invalid", "invalid")


@pytest.mark.parametrize("line", range(1, 8))
def test_a_reset_that_is_interrupted_leaves_the_session_free(flow: Flow, line: int) -> None:
    s = gate(flow).start()
    s.say("go")
    with (
        contextlib.suppress(KeyboardInterrupt),
        interrupted_at_line(line, TurnLock.hold.__wrapped__, Session.reset),
    ):
        s.reset()
    assert not s.busy
    s.reset()
    assert s.say("go").path == ("b",)
