"""A model id that no list knows is told once, when code sets it; nothing is ever refused."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from byok_widgets import Caller, Flow
from byok_widgets.providers import catalog, model_list_cache
from tests.scripted_server import ScriptedServer

_numbers = itertools.count()


@pytest.fixture
def flow() -> Flow:
    return Flow(f"unknown {next(_numbers)}")


def test_it_is_told_once_with_what_may_be_meant(flow: Flow) -> None:
    with pytest.warns(UserWarning, match="gpt-6-lunar") as told:
        flow.model = "openai:gpt-6-lunar"
    assert "gpt-6-luna" in str(told[0].message)
    assert told[0].filename == __file__
    assert flow.model == "gpt-6-lunar"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow.model = "gpt-6-lunar"


def test_in_a_notebook_it_is_told_in_the_cell_without_a_line_of_python(
    flow: Flow, said_in_cell: list[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow.model = "openai:gpt-6-lunar"
        flow.extraction("read", weekday=str)
        flow.start().variables["weekdya"] = "Monday"
    assert len(said_in_cell) == 2
    assert "gpt-6-luna" in said_in_cell[0]
    assert "'weekday'" in said_in_cell[1]


def test_it_is_told_wherever_code_sets_one(flow: Flow) -> None:
    flow.conversation("ask", "x")
    with pytest.warns(UserWarning, match="zzz-1"):
        flow.node("ask").model = "openai:zzz-1"
    with pytest.warns(UserWarning, match="zzz-2"):
        flow.judge_model = "anthropic:zzz-2"
    with pytest.warns(UserWarning, match="zzz-3"):
        flow.conversation("tell", "x", model="openai:zzz-3")


@pytest.mark.parametrize(("model", "meant"), [("opnai:gpt-6-luna", "openai"), ("qwen", "smollm2-135m")])
def test_a_local_model_that_does_not_exist_is_told_with_what_may_be_meant(
    flow: Flow, model: str, meant: str
) -> None:
    assert flow.provider == "local"
    with pytest.warns(UserWarning, match=meant):
        flow.model = model


@pytest.mark.parametrize(
    "model",
    [
        *("openai:gpt-6-luna", "openai:gpt-4o-2024-08-06", "openai:o1-preview", "openai:ft:gpt-4o:me::abc"),
        *("anthropic:claude-2.1", "anthropic:claude-sonnet-5-5", "anthropic:claude-haiku"),
        *("openrouter:openai/gpt-6-luna:free", "local:smollm2-135m", "compatible:anything-at-all"),
    ],
)
def test_nothing_is_said_of_a_known_one_nor_where_there_is_no_list(flow: Flow, model: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow.model = model


@pytest.mark.parametrize("provider", ["compatible", "openai"])
def test_a_mistyped_provider_is_told_where_there_is_no_list_too(flow: Flow, provider: str) -> None:
    flow.provider = provider
    with pytest.warns(UserWarning, match='did you mean "openai:gpt-6-luna"'):
        flow.model = "openia:gpt-6-luna"


def test_lists_are_read_once_for_a_model_that_is_on_one(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr(model_list_cache, "read", lambda *which: read.append(which))
    node = flow.conversation("ask", "x")
    for _ in range(3):
        node.resolve("anthropic:claude-sonnet-5-5")
    assert len(read) == 1


def test_nothing_is_said_where_calls_go_to_another_address(flow: Flow) -> None:
    flow.set_base_url("openai", "https://proxy.example.org/v1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        flow.model = "openai:our-own-model"
    assert catalog.unknown_note("openai", "listed-by-it", ["listed-by-it"]) == ""


TYPED = "openia:gpt-6-luna"
CALLER = Caller("a parent", goal="a slot", model=TYPED)


@pytest.mark.parametrize(
    "name_it",
    [
        lambda flow, cases: flow.node("ask").run("Hi", model=TYPED),
        lambda flow, cases: setattr(flow.start(), "model", TYPED),
        lambda flow, cases: flow.compare({"now": {}, "new": {"ask": TYPED}}, cases=cases),
        lambda flow, cases: flow.node("ask").compare(["compatible:one", TYPED], cases),
        lambda flow, cases: flow.test([{"caller": CALLER}], wait=True),
    ],
    ids=["call", "session", "variants", "models", "caller"],
)
def test_a_mistyped_provider_is_told_wherever_a_model_is_named(
    flow: Flow, server: ScriptedServer, name_it: Callable[[Flow, Any], object]
) -> None:
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:one"
    flow.conversation("ask", "Ask.")
    with pytest.warns(UserWarning, match='did you mean "openai:gpt-6-luna"'):
        name_it(flow, [{"caller": ["Hi"], "end_node": "ask", "contains": "Hello"}])
