"""Effects: what counts as having run, whatever became of it, and what a repeat settles."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow, FlowError
from byok_widgets.session import Session
from tests.fake_keys import fake_key
from tests.nodes.action.test_action import booking


class Wall:
    """Lets a turn fail after its action, as long as it stands."""

    def __init__(self) -> None:
        self.stands = True

    def __call__(self, variables: Any) -> bool:
        if self.stands:
            raise ValueError("in the way")
        return True


def walled(flow: Flow, function: Callable[..., Any], **more: Any) -> tuple[Session, Wall]:
    """A session whose turns act and then fail at a wall."""
    wall = Wall()
    booking(flow, function, writes=["time"], effects=True)
    flow.connect("book", "bye", if_=wall)
    flow.connect("book", "hello")
    return flow.start(variables=more), wall


def test_a_repeat_settles_the_runs_that_were_lost(flow: Flow, tmp_path: Path) -> None:
    calls: list[int] = []

    def book() -> int:
        calls.append(1)
        return len(calls)

    s, wall = walled(flow, book)
    with pytest.raises(ConfigError):
        s.say("go")
    wall.stands = False
    assert s.say("go", repeat_effects=True).variables == {"time": 2}
    assert s.say("another one").variables == {"time": 3}
    s.save(tmp_path / "s.json")
    assert flow.load_session(tmp_path / "s.json").say("another one").variables == {"time": 4}
    assert len(calls) == 4


def test_one_unknown_outcome_blocks_the_action_only_until_it_is_asked_for_again(flow: Flow) -> None:
    release, calls = threading.Event(), []

    def book() -> int:
        calls.append(1)
        if len(calls) == 1:
            release.wait(20)
        return len(calls)

    s = booking(flow, book, writes=["time"], effects=True, deadline_s=0.2).start()
    with pytest.raises(FlowError) as caught:
        s.say("go")
    assert caught.value.kind == "action_unknown"
    release.set()
    s.say("go", repeat_effects=True)
    s.say("another one")
    s.say("another one")
    assert len(calls) == 4


@pytest.mark.parametrize("is_async", [False, True])
def test_a_function_that_raises_may_have_had_its_effect(flow: Flow, is_async: bool) -> None:
    calls = []

    def book() -> None:
        calls.append(1)
        raise TimeoutError("no answer after it was sent")

    async def abook() -> None:
        book()

    s = booking(flow, abook if is_async else book, writes=["time"], effects=True).start()
    kinds = []
    for _ in range(2):
        with pytest.raises(FlowError) as caught:
            s.say("go")
        kinds.append(caught.value.kind)
        assert "repeat_effects=True" in caught.value.fix
    assert (kinds, len(calls)) == (["action_failed", "action_unknown"], 1)
    assert [record.outcome for record in s.effects] == ["raised"]


def test_a_function_that_returned_what_cannot_be_used_has_run(flow: Flow, tmp_path: Path) -> None:
    calls = []
    s = booking(flow, lambda: calls.append(1) or {"date": 1, "time": 1}, writes=["time"], effects=True).start()
    kinds = []
    for _ in range(2):
        with pytest.raises(FlowError) as caught:
            s.say("go")
        kinds.append(caught.value.kind)
    assert (kinds, len(calls)) == (["action_result", "action_repeated"], 1)
    s.save(tmp_path / "s.json")
    assert [record.outcome for record in flow.load_session(tmp_path / "s.json").effects] == ["unusable"]


def test_of_two_forks_at_once_the_second_is_told_that_the_first_runs(flow: Flow) -> None:
    begun, release = threading.Event(), threading.Event()

    def book() -> str:
        begun.set()
        release.wait(20)
        return "ten"

    s = booking(flow, book, writes=["time"], effects=True).start()
    fork = s.fork()

    async def both() -> tuple[Any, Any]:
        first = asyncio.ensure_future(s.asay("go"))
        await asyncio.to_thread(begun.wait, 20)
        (second,) = await asyncio.gather(fork.asay("go"), return_exceptions=True)
        outcome = s.effects[0].outcome
        release.set()
        assert str(await first) == "See you at ten."
        return second, outcome

    second, outcome = asyncio.run(both())
    assert (second.kind, outcome) == ("action_unknown", "running")
    assert str(fork.say("go")) == "See you at ten.", "it has ended meanwhile, and is not called again"


class SameText:
    """Objects that cannot be told apart by their text."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "SameText()"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (SameText(1), SameText(1), True),
        (SameText(1), SameText(2), False),
        (threading.Lock(), threading.Lock(), False),
        ([1, {"a": (2, 3)}], [1, {"a": (2, 3)}], True),
        ({1: "a"}, {"1": "a"}, False),
        (list(range(5000)), list(range(5000)), True),
        (list(range(5000)), list(range(1, 5001)), False),
        ({"b", "a"}, {"a", "b"}, True),
        (b"\xff", b"\xff", True),
    ],
)
def test_arguments_are_the_same_when_they_are_equal(flow: Flow, first: Any, second: Any, same: bool) -> None:
    calls = []
    s, wall = walled(flow, lambda guests: calls.append(1) or "ten", guests=first)
    with pytest.raises(ConfigError):
        s.say("go")
    wall.stands = False
    s.variables["guests"] = second
    if same:
        s.say("go")
    else:
        with pytest.raises(FlowError) as caught:
            s.say("go")
        assert caught.value.kind == "action_repeated"
    assert len(calls) == 1
    assert all(len(record.arguments) < 5000 for record in s.effects)


def error_of(s: Session) -> FlowError | None:
    try:
        s.say("go")
    except FlowError as error:
        return error
    return None


def circular() -> list[Any]:
    own: list[Any] = []
    own.append(own)
    return own


class Raising:
    """Neither its text nor its state can be had."""

    def __repr__(self) -> str:
        raise RuntimeError(f"no text {fake_key()}")

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise RuntimeError(f"no state {fake_key()}")


@pytest.mark.parametrize(
    "value",
    [
        circular(),
        b"\xff\xfe",
        {frozenset({1}): "a"},
        {1: "a", "b": 2},
        Raising(),
        "a\ud800",
        10**5000,
        {Raising(): 1},
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_value_can_be_an_argument_or_is_one_clear_error(flow: Flow, value: Any) -> None:
    s = booking(flow, lambda guests: "ten", writes=["time"], effects=True).start(variables={"guests": value})
    error = error_of(s)
    if error is None:
        assert str(s.turns[-1]) == "See you at ten."
    else:
        assert "'book'" in error.where
        assert "sk-" not in f"{error} {s.unfinished[0].summary}"


def test_arguments_that_take_too_long_to_compare_are_an_error_and_no_unknown_outcome(flow: Flow) -> None:
    release, calls = threading.Event(), []

    class Slow:
        def __reduce_ex__(self, protocol: Any) -> Any:
            release.wait(20)
            return super().__reduce_ex__(protocol)

    s = booking(flow, lambda guests: calls.append(1), writes=["time"], effects=True, deadline_s=0.2).start(
        variables={"guests": Slow()}
    )
    with pytest.raises(FlowError) as caught:
        s.say("go")
    release.set()
    assert (caught.value.kind, calls, s.effects) == ("action_argument", [], ())


def test_a_function_changes_variables_by_what_it_returns_alone(flow: Flow) -> None:
    kept = ["a"]

    def book(guests: Any, variables: Any) -> list[str]:
        guests.append("x")
        variables["guests"].append("y")
        return kept

    s, wall = walled(flow, book, guests=["Ana"])
    with pytest.raises(ConfigError):
        s.say("go")
    assert s.variables["guests"] == ["Ana"]
    wall.stands = False
    s.say("go")
    kept.append("b")
    assert s.variables["time"] == ["a"]
    s.fork().variables["time"].append("c")
    assert (s.variables["time"], s.turns[-1].variables["time"]) == (["a"], ["a"])


def test_what_cannot_be_copied_is_given_as_it_is(flow: Flow) -> None:
    lock = threading.Lock()
    action = flow.action("book", lambda guests: guests[0] is lock, writes=["same"])
    assert action.run(variables={"guests": [lock]})["same"] is True
