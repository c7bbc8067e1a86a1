"""Where a variable may be without a value on some path to a prompt that reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from byok_widgets import Flow
from byok_widgets.nodes.action.node import ActionNode

Build = Callable[[Flow], object]


@pytest.fixture
def flow(judged_flow: Flow) -> Flow:
    """A node that asks, one that reads two fields, and a fixed sentence that needs one of them."""
    judged_flow.conversation("ask", "Ask.")
    judged_flow.extraction("read", size=str, people=int)
    judged_flow.conversation("bye", "Your size: {{size}}.", static=True, end=True)
    judged_flow.connect("ask", "read")
    judged_flow.connect("read", "ask")
    return judged_flow


def unstated(flow: Flow, **more: object) -> list[tuple[str, str]]:
    found = flow.check(**more)  # type: ignore[arg-type]
    return [(finding.level, finding.where) for finding in found if finding.kind == "unstated_variable"]


def only(condition: str) -> Build:
    return lambda flow: flow.connect("read", "bye", if_=condition)


def else_after(condition: str) -> Build:
    def build(flow: Flow) -> None:
        flow.connect("read", "ask", if_=condition)
        flow.connect("read", "bye")

    return build


def by_action(flow: Flow) -> None:
    flow.action("look", lambda: "large", writes=["size"])
    flow.connect("read", "look", if_="people > 2")
    flow.connect("look", "bye")


def by_function(flow: Flow) -> None:
    flow.connect("read", "bye", if_=lambda variables: variables["size"] is not None)


def misspelt(flow: Flow) -> None:
    """The condition is told by itself: nobody comes through it."""
    flow.connect("read", "bye", if_="szie is not None")


def with_default(flow: Flow) -> None:
    flow.conversation("bye", "Your size: {{ size | default('any') }}.", static=True, end=True)
    flow.connect("read", "bye", if_="people > 2")


def later(flow: Flow) -> None:
    """What was stated stays stated, whatever is read again."""
    flow.conversation("confirm", "Confirm.")
    flow.connect("read", "confirm", if_="size is not None")
    flow.extraction("again", people=int)
    flow.connect("confirm", "again")
    flow.connect("again", "bye", when="they agree")
    flow.connect("again", "confirm")


@pytest.mark.parametrize(
    "build",
    [
        *map(only, ("size is not None", "size == 'x' and people", "size", "not (size is None or people is None)")),
        *map(else_after, ("size is None", "people is None or size is None")),
        *(by_action, by_function, misspelt, with_default, later),
    ],
)
def test_it_is_stated_on_every_path(flow: Flow, build: Build) -> None:
    build(flow)
    assert unstated(flow) == []


def one_other_path(flow: Flow) -> None:
    flow.connect("read", "bye", if_="size is not None")
    flow.connect("ask", "bye", when="they hang up")


def by_a_model(flow: Flow) -> None:
    flow.connect("read", "bye", when="they gave a size")


def from_everywhere(flow: Flow) -> None:
    flow.conversation("bye", "Your size: {{size}}.", static=True, end=True, enter="they hang up")


@pytest.mark.parametrize(
    "build",
    [
        *map(only, ("people > 2", "size is not None or people > 2", "size is None")),
        *map(else_after, ("people is None", "size is None and people is None")),
        *(one_other_path, by_a_model, from_everywhere),
    ],
)
def test_it_may_be_missing_on_some_path(flow: Flow, build: Build) -> None:
    build(flow)
    assert unstated(flow) == [("error", "bye")]
    assert unstated(flow, variables=["size"]) == [], "code sets it"
    flow.conversation("bye", "Your size: {{size}}.", end=True)
    assert unstated(flow) == [("warning", "bye")] or "enter" in build.__name__ or build is from_everywhere


def test_what_an_action_writes_counts_as_stated_and_what_an_extraction_reads_does_not(flow: Flow) -> None:
    assert isinstance(flow.action("look", len, writes=["found"]), ActionNode)
    assert flow.node("look").surely_writes == ("found",)
    assert flow.node("read").surely_writes == ()
