"""Action nodes on their own: what the function gets, what it may return, and the errors when it fails."""

from __future__ import annotations

import asyncio
import datetime
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ActionNode, ConfigError, Flow, FlowError
from byok_widgets.engine.workers import overdue_functions
from tests.fake_keys import fake_key

KNOWN = {"name": "Ana", "day": "Tue", "people": None}


def by_name(day: str, name: str) -> str:
    return f"{name} {day}"


def with_default(people: int = 2) -> int:
    return people


def unstated(people: int | None) -> str:
    return repr(people)


def everything(variables: Mapping[str, Any]) -> list[str]:
    return sorted(variables)


def everything_by_position(given: Mapping[str, Any], /) -> list[str]:
    return sorted(given)


def everything_by_name(**given: Any) -> list[str]:
    return sorted(given)


def some_and_all(name: str, variables: Mapping[str, Any]) -> str:
    return f"{name} {len(variables)}"


async def later(day: str) -> str:
    await asyncio.sleep(0)
    return day


@pytest.mark.parametrize(
    ("function", "value"),
    [
        (by_name, "Ana Tue"),
        (with_default, 2),
        (unstated, "None"),
        (everything, ["day", "name", "people"]),
        (everything_by_position, ["day", "name", "people"]),
        (everything_by_name, ["day", "name", "people"]),
        (some_and_all, "Ana 3"),
        (later, "Tue"),
        (lambda: 3, 3),
    ],
)
def test_each_parameter_gets_the_variable_of_the_same_name(
    flow: Flow, function: Callable[..., Any], value: Any
) -> None:
    node = flow.action("act", function, writes=["x"])
    assert node.run(variables=KNOWN)["x"] == value
    assert asyncio.run(node.arun(variables=KNOWN)).values == {"x": value}


def test_a_variable_that_nothing_sets_is_named(flow: Flow) -> None:
    with pytest.raises(FlowError) as caught:
        flow.action("act", by_name, writes=["x"]).run(variables={"day": "Tue"})
    assert caught.value.kind == "action_argument"
    assert "'name'" in caught.value.problem
    assert all(name in caught.value.where for name in (repr(flow.name), "'act'"))


@pytest.mark.parametrize(
    ("writes", "returned", "values"),
    [
        (["x"], 5, {"x": 5}),
        (["x"], {"x": 5}, {"x": 5}),
        (["x"], {"price": 5, "currency": "EUR"}, {"x": {"price": 5, "currency": "EUR"}}),
        (["x"], None, {"x": None}),
        (["x"], datetime.date(2026, 11, 24), {"x": datetime.date(2026, 11, 24)}),
        (["x", "y"], {"y": [1], "x": None}, {"x": None, "y": [1]}),
        ("x", 5, {"x": 5}),
        ([], None, {}),
    ],
)
def test_the_result_becomes_variables(flow: Flow, writes: Any, returned: Any, values: dict[str, Any]) -> None:
    assert flow.action("act", lambda: returned, writes=writes).run().values == values


@pytest.mark.parametrize(
    ("writes", "returned", "named"),
    [
        (["x", "y"], {"x": 1}, "'y'"),
        (["x", "y"], {"x": 1, "y": 2, "z": 3}, "'z'"),
        (["time"], {"tmie": "10:00"}, "'tmie'"),
        (["x", "y"], [1, 2], "list"),
        (["x", "y"], None, "NoneType"),
        (["x"], object(), "object"),
        (["x"], float("nan"), "float"),
        (["x"], threading.Lock(), "lock"),
    ],
)
def test_a_result_that_does_not_fit_is_rejected(flow: Flow, writes: list[str], returned: Any, named: str) -> None:
    with pytest.raises(FlowError) as caught:
        flow.action("act", lambda: returned, writes=writes).run()
    assert caught.value.kind == "action_result"
    assert named in caught.value.problem
    assert caught.value.fix


@pytest.mark.parametrize(
    "arguments",
    [
        {"function": 5},
        {"function": lambda a, /, b: None},
        {"function": by_name, "writes": ["not a name"]},
        {"function": by_name, "writes": [3]},
        {"function": by_name, "deadline_s": 0},
        {"function": by_name, "deadline_s": True},
        {"function": None},
    ],
)
def test_an_invalid_action_is_rejected(flow: Flow, arguments: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        flow.action("act", **arguments)
    assert dict(flow.nodes) == {}


def test_an_exception_says_what_and_where_without_values_and_keys(flow: Flow) -> None:
    key = fake_key("openai")

    def broken(name: str) -> str:
        local = f"secret of {name}"
        raise ValueError(f"rejected {key}" if local else "")

    with pytest.raises(FlowError) as caught:
        flow.action("act", broken, writes=["x"]).run(variables={"name": "Ana"})
    error = caught.value
    assert error.kind == "action_failed"
    named = ("broken", "ValueError", "'act'", repr(flow.name), Path(__file__).name)
    assert all(part in str(error) for part in named)
    assert key not in str(error)
    assert "Ana" not in str(error)
    assert error.__context__ is error.__cause__ is None


def stop() -> None:
    raise SystemExit(1)


def end() -> None:
    raise StopIteration


@pytest.mark.parametrize("function", [stop, end])
def test_an_exit_of_the_function_ends_only_the_call(flow: Flow, function: Callable[[], None]) -> None:
    with pytest.raises(FlowError) as caught:
        flow.action("act", function).run()
    assert caught.value.kind == "action_failed"


def test_a_deadline_releases_the_caller_and_lists_the_function_until_it_ends(flow: Flow) -> None:
    release = threading.Event()
    node = flow.action("act", lambda: release.wait(20), writes=["x"], deadline_s=0.1)
    began = time.monotonic()
    with pytest.raises(FlowError) as caught:
        node.run()
    assert time.monotonic() - began < 5
    assert caught.value.kind == "action_timeout"
    assert len(overdue_functions(flow.name)) == 1
    assert overdue_functions("another flow") == ()
    assert [finding.kind for finding in flow.check() if finding.kind == "overdue_function"] == ["overdue_function"]
    release.set()
    end_s = time.monotonic() + 10
    while overdue_functions(flow.name):
        assert time.monotonic() < end_s
        time.sleep(0.01)


def test_an_async_function_past_its_deadline_is_cancelled(flow: Flow) -> None:
    cancelled = threading.Event()

    async def hang() -> None:
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(FlowError):
        flow.action("act", hang, deadline_s=0.1).run()
    assert cancelled.wait(30)


def test_a_slow_call_does_not_block_another_flow(flow: Flow) -> None:
    begun, release = threading.Event(), threading.Event()

    async def both() -> None:
        slow = flow.action("slow", lambda: begun.set() or release.wait(60), writes=["x"])
        quick = flow.action("quick", lambda: 1, writes=["x"])
        waiting = asyncio.create_task(slow.arun())
        while not begun.is_set():
            await asyncio.sleep(0.01)
        try:
            await asyncio.wait_for(quick.arun(), 30)
        finally:
            release.set()
        await waiting

    asyncio.run(both())


def test_its_representations_name_what_it_is(flow: Flow) -> None:
    node = flow.action("act", by_name, writes=["x"])
    assert isinstance(node, ActionNode)
    assert (node.reads, node.writes) == (("day", "name"), ("x",))
    result = node.run(variables=KNOWN)
    assert "x" in repr(result)
    assert "Ana Tue" in result._repr_html_()
    for form in (flow._repr_mimebundle_()["text/plain"], flow._repr_mimebundle_()["text/html"]):
        assert "by_name" in form
