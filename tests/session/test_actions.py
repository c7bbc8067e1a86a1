"""Action nodes in sessions: what they write, how they are shown, and that no effect is repeated by itself."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ActionResult, ConfigError, Flow, FlowError, ProviderError
from tests.scripted_server import Say
from tests.session.conftest import Script, system_of

DENIED = Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}})


class Bookings:
    """A function with side effects: it remembers each call.

    Attributes:
        made: The days that were booked.
        outcome: What the next call does instead of returning.
    """

    def __init__(self) -> None:
        self.made: list[str] = []
        self.wait = threading.Event()
        self.wait.set()
        self.broken = False

    def book(self, day: str) -> str:
        if self.broken:
            raise OSError("the calendar is away")
        self.made.append(day)
        self.wait.wait(20)
        return f"{day}-{len(self.made)}"


@pytest.fixture
def bookings() -> Bookings:
    return Bookings()


@pytest.fixture
def booked(flow: Flow, script: Script, bookings: Bookings) -> Flow:
    """Read a day, book it, confirm it, and begin again with the next thing that is said."""
    flow.extraction("read", day=str, start=True, grounding="off")
    flow.action("book", bookings.book, writes=["ticket"], effects=True, deadline_s=5)
    flow.conversation("confirm", "Your ticket is {{ticket}}.")
    flow.connect("read", "book")
    flow.connect("book", "confirm")
    flow.connect("confirm", "read")
    script.values["read"] = [{"day": "Mon"}]
    return flow


@pytest.mark.rule(37, 38)
def test_an_action_runs_within_the_turn_and_its_values_are_variables(flow: Flow, script: Script) -> None:
    flow.conversation("hi", "Hi.", start=True)
    flow.action("look", lambda city: {"time": "10:00", "room": None}, writes=["time", "room"])
    flow.conversation("tell", "It is at {{time}}.")
    flow.connect("hi", "look")
    flow.connect("look", "tell", if_="time is not None")
    s = flow.start(variables={"city": "Oslo", "room": 7})
    turn = s.say("When?")
    assert turn.path == ("look", "tell")
    assert system_of(script.spoken[-1]) == "It is at 10:00."
    assert (s.variables["time"], s.variables["room"]) == ("10:00", None), (
        "what is known to be none replaces a value"
    )
    assert s.variables.status["time"] == "found"
    assert [(e.source, e.turn, e.value) for e in s.variables.history("time")] == [("look", 1, "10:00")]
    assert turn.variables == {"time": "10:00"}
    assert next(row[2] for row in s.trace.rows() if row[1] == "look") == "calls"
    assert 'time: "10:00"' in s.explain()
    assert turn.cost.calls == 1, "an action costs nothing"


@pytest.mark.rule(39)
def test_an_action_that_fails_ends_the_turn_and_leaves_the_session_as_it_was(
    booked: Flow, bookings: Bookings
) -> None:
    bookings.broken = True
    s = booked.start()
    with pytest.raises(FlowError) as caught:
        s.say("Monday")
    assert caught.value.kind == "action_failed"
    assert "'book'" in caught.value.where
    assert s.turns == ()
    bookings.broken = False
    with pytest.raises(FlowError) as caught:
        s.say("Monday")
    assert caught.value.kind == "action_unknown", "nobody knows whether it took effect before it raised"
    assert s.say("Monday", repeat_effects=True).variables["ticket"] == "Mon-1"
    assert s.say("Monday").variables["ticket"] == "Mon-2", "the failure is settled"


@pytest.mark.rule(40)
def test_a_turn_that_fails_after_an_effect_does_not_repeat_it(
    booked: Flow, bookings: Bookings, script: Script
) -> None:
    script.words = [DENIED, "Fine."]
    s = booked.start()
    with pytest.raises(ProviderError):
        s.say("Monday")
    turn = s.say("Monday")
    assert (bookings.made, turn.variables["ticket"]) == (["Mon"], "Mon-1")
    result = next(step.result for step in turn.steps if isinstance(getattr(step, "result", None), ActionResult))
    assert result.reused
    assert any("not called again" in notice for notice in result.notices)
    s.say("Another one")
    assert bookings.made == ["Mon", "Mon"], "a later turn is a new request"


@pytest.mark.rule(40)
def test_an_effect_with_other_arguments_is_rejected_until_requested(
    booked: Flow, bookings: Bookings, script: Script
) -> None:
    script.words = [DENIED, "Fine."]
    script.values["read"] = [{"day": "Mon"}, {"day": "Tue"}]
    s = booked.start()
    with pytest.raises(ProviderError):
        s.say("Monday")
    with pytest.raises(FlowError) as caught:
        s.say("Tuesday")
    assert caught.value.kind == "action_repeated"
    assert bookings.made == ["Mon"]
    s.say("Tuesday", repeat_effects=True)
    assert bookings.made == ["Mon", "Tue"]
    s.say("Tuesday again")
    assert bookings.made == ["Mon", "Tue", "Tue"], "a request is settled once"


@pytest.mark.rule(41)
@pytest.mark.parametrize("way", ["fork", "reset", "file"])
def test_turns_left_behind_keep_their_effects(
    booked: Flow, bookings: Bookings, script: Script, way: str, tmp_path: Path
) -> None:
    s = booked.start()
    s.say("Monday")
    if way == "reset":
        s.reset()
        again = s
    elif way == "fork":
        again = s.fork(0)
    else:
        script.words = [DENIED, "Fine."]
        with pytest.raises(ProviderError):
            s.say("Monday, too")
        s.save(tmp_path / "s.json")
        again = booked.load_session(tmp_path / "s.json")
    made = list(bookings.made)
    again.say("Monday")
    assert bookings.made == made
    script.values["read"] = [{"day": "Tue"}]
    again.say("And Tuesday")
    assert bookings.made == [*made, "Tue"], "in a later turn the flow may book again"


def test_forks_are_independent(booked: Flow, bookings: Bookings, script: Script) -> None:
    s = booked.start()
    s.say("Monday")
    other = s.fork()
    script.values["read"] = [{"day": "Tue"}, {"day": "Wed"}, {"day": "Thu"}]
    other.say("Tuesday")
    s.say("Wednesday")
    other.say("Thursday")
    assert bookings.made == ["Mon", "Tue", "Wed", "Thu"]


@pytest.mark.rule(42)
def test_past_its_deadline_an_effect_is_unknown_and_a_late_result_counts(booked: Flow, bookings: Bookings) -> None:
    booked.node("book").deadline_s = 0.2
    bookings.wait.clear()
    s = booked.start()
    for _ in range(2):
        with pytest.raises(FlowError) as caught:
            s.say("Monday")
        assert caught.value.kind == "action_unknown"
    assert bookings.made == ["Mon"]
    bookings.wait.set()
    end_s = time.monotonic() + 10
    while s.effects[0].result is None:
        assert time.monotonic() < end_s
        time.sleep(0.01)
    assert s.say("Monday").variables["ticket"] == "Mon-1"
    assert bookings.made == ["Mon"]


@pytest.mark.rule(40)
def test_a_flow_that_waits_at_an_effect_does_not_repeat_it(flow: Flow, script: Script, bookings: Bookings) -> None:
    flow.conversation("hi", "Hi.", start=True)
    flow.action("book", bookings.book, writes=["ticket"], effects=True)
    flow.connect("hi", "book")
    flow.connect("book", "hi", when="they are done")
    s = flow.start(variables={"day": "Mon"})
    s.say("Book")
    s.say("Hm")
    assert bookings.made == ["Mon"]
    flow.node("book").effects = False
    s.say("Hm")
    assert bookings.made == ["Mon", "Mon"], "one without effects runs again, as other silent nodes do"


@pytest.mark.rule(40)
def test_a_flow_that_starts_at_an_effect_calls_it_once(flow: Flow, script: Script, bookings: Bookings) -> None:
    flow.action("book", bookings.book, writes=["ticket"], effects=True, start=True)
    flow.conversation("tell", "It is {{ticket}}.", static=True)
    flow.connect("book", "tell", when="they are done")
    s = flow.start(variables={"day": "Mon"})
    script.choices = ["stay", "stay", "1"]
    assert (s.say("Book").path, s.say("Hm").path) == (("book",), ())
    turn = s.say("That is all")
    assert (turn.path, str(turn), bookings.made) == (("tell",), "It is Mon-1.", ["Mon"])
    s.reset()
    assert s.say("Book").variables["ticket"] == "Mon-1", "the earlier result"
    assert bookings.made == ["Mon"]


def test_a_session_with_actions_can_be_saved_and_loaded(booked: Flow, tmp_path: Path) -> None:
    s = booked.start()
    s.say("Monday")
    s.save(tmp_path / "s.json")
    again = booked.load_session(tmp_path / "s.json")
    assert (again.explain(), repr(again.trace)) == (s.explain(), repr(s.trace))
    assert dict(again.variables) == dict(s.variables)


@pytest.mark.rule(43)
def test_a_flow_file_holds_no_code_and_loading_imports_nothing(
    booked: Flow, bookings: Bookings, tmp_path: Path
) -> None:
    file = tmp_path / "f.flow.json"
    booked.save(file)
    data = json.loads(file.read_text(encoding="utf-8"))
    node = next(node for node in data["nodes"] if node["kind"] == "action")
    node["function"] = "antigravity:fly"
    file.write_text(json.dumps(data), encoding="utf-8")
    loaded = Flow.load(file)
    assert "antigravity" not in sys.modules
    assert [f.where for f in loaded.check() if f.kind == "unbound_action"] == ["book"]
    with pytest.raises(FlowError) as caught:
        loaded.start().say("Monday")
    assert caught.value.kind == "unbound_action"
    loaded.save(file)
    assert json.loads(file.read_text(encoding="utf-8"))["nodes"] == data["nodes"]
    bound = Flow.load(file, functions={"book": bookings.book})
    assert not [f for f in bound.check() if f.kind == "unbound_action"]
    assert bound.start().say("Monday").variables["ticket"] == "Mon-1"


@pytest.mark.parametrize("functions", [{"bok": print}, {"read": print}, {"book": 5}])
def test_a_function_for_a_node_that_is_no_action_is_rejected(
    booked: Flow, tmp_path: Path, functions: dict[str, Any]
) -> None:
    file = tmp_path / "f.flow.json"
    booked.save(file)
    with pytest.raises(ConfigError):
        Flow.load(file, functions=functions)


def test_check_knows_what_functions_read_and_write(flow: Flow) -> None:
    flow.conversation("hi", "Hi {{time}}.", start=True)
    flow.action("look", lambda citty, day=None: 1, writes=["time", "unused"])
    flow.extraction("read", city=str, day=str)
    flow.connect("hi", "read")
    flow.connect("read", "look")
    flow.connect("look", "hi")
    found = {(f.kind, f.where) for f in flow.check() if f.kind != "no_model"}
    assert ("unknown_variable", "look") in found
    assert ("unread_variable", "look") in found
    assert len([f for f in flow.check() if f.kind == "unread_variable"]) == 1


def test_the_chat_shows_what_an_action_did(booked: Flow) -> None:
    from byok_widgets.widgets.chat import chat_messages

    s = booked.start()
    s.say("Monday")
    shown = chat_messages.of_turn(s.turns[0])
    assert any("ticket: Mon-1" in step["line"] for step in shown["steps"])
    assert {v["name"]: v["value"] for v in chat_messages.session_facts(s)["variables"]}["ticket"] == "Mon-1"
