"""Sessions go on with the version of the flow with which they began, also after a restart with another one."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.flow.serving import loader, serve, served
from byok_widgets.serve.flow_server import Address, FlowServer
from byok_widgets.serve.turns.options import ServeOptions
from tests.scripted_server import ScriptedServer
from tests.serve import fruit
from tests.serve.talking import Caller, flow_said, user

_ASK = [user("Hello"), flow_said("Here is plain, turn 1."), user("An apple")]


def find_slot() -> dict[str, str]:
    return {"time": "9:00"}


def find_another() -> dict[str, str]:
    return {"time": "never"}


def _flow(base_url: str, action: str, *functions: Callable[..., Any]) -> Flow:
    flow = Flow("versions", fresh=True)
    flow.set_base_url("compatible", base_url)
    flow.model = "compatible:scripted"
    flow.conversation("plain", "You are at plain.")
    for at, function in enumerate(functions):
        name = f"{action}{at or ''}"
        flow.action(name, function, writes=["time"])
        flow.conversation(f"apple{at or ''}", "At {{time}} you are at apple.")
        flow.connect("plain", name, when="the caller says apple")
        flow.connect(name, f"apple{at or ''}")
    return flow


class Restarts:
    """Serves one flow after the other with one store, each in place of the one before."""

    def __init__(self, path: Path) -> None:
        self._path, self._running, self._token = path, list[FlowServer](), ""

    def __call__(self, flow: Flow, **more: Any) -> Caller:
        self.stop()
        self.server = server = serve(flow, Address(), ServeOptions(), self._path, token_name="", **more)
        self._running.append(server)
        self._token = server.token or self._token
        return Caller(server.port, self._token)

    def stop(self) -> None:
        for server in self._running:
            server.stop()
        self._running.clear()


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Restarts]:
    pytest.importorskip("uvicorn")
    restarts = Restarts(tmp_path / "calls.sqlite")
    yield restarts
    restarts.stop()


@pytest.fixture
def moved() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    server.script(fruit.answer)
    yield server
    server.close()


def test_an_action_that_was_renamed_is_called_and_models_are_asked_where_they_are_now(
    server: ScriptedServer, moved: ScriptedServer, serving: Restarts
) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "book", find_slot)).ask([user("Hello")], user="call")
    asked = len(server.requests)
    caller = serving(_flow(moved.base_url, "reserve", find_another, find_slot))
    assert caller.ask(_ASK, user="call").text.startswith("Here is apple")
    assert len(server.requests) == asked
    assert "At 9:00" in moved.requests[-1]["messages"][0]["content"]


def test_an_action_that_is_gone_is_found_where_it_was_named(server: ScriptedServer, serving: Restarts) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "book", find_slot)).ask([user("Hello")], user="call")
    caller = serving(_flow(server.base_url, "none"), functions=lambda nodes: {"book": find_slot})
    caller.ask(_ASK, user="call")
    assert "At 9:00" in server.requests[-1]["messages"][0]["content"]


def same_name() -> Callable[..., Any]:
    def find_slot() -> dict[str, str]:
        return {"time": "never"}

    return find_slot


def test_of_two_functions_of_one_name_the_one_that_was_called_is_called_again(
    server: ScriptedServer, serving: Restarts
) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "book", find_slot)).ask([user("Hello")], user="call")
    caller = serving(_flow(server.base_url, "book", same_name(), find_slot))
    caller.ask(_ASK, user="call")
    assert "At 9:00" in server.requests[-1]["messages"][0]["content"]


def test_a_node_that_calls_another_function_now_does_not_call_it_for_earlier_sessions(
    server: ScriptedServer, serving: Restarts, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "book", find_slot)).ask([user("Hello")], user="call")
    serving(_flow(server.base_url, "book", find_another)).ask(_ASK, user="call")
    assert any("book" in record.getMessage() for record in caplog.records)


def test_an_earlier_version_has_the_addresses_of_now_and_its_own_where_there_is_no_usual_one(
    server: ScriptedServer,
) -> None:
    earlier = _flow(server.base_url, "none")
    earlier.set_base_url("openai", server.base_url)
    data = served(earlier).data
    now = _flow(server.base_url, "none")
    now.set_base_url("openai", None)
    now.set_base_url("compatible", None)
    config = loader(now)("earlier", data).context.config
    assert (config.base_url("openai"), config.base_url("compatible")) == (None, server.base_url)


@pytest.mark.parametrize("damaged", ["{", "[]", '{"nodes": 5, "edges": []}'])
def test_a_damaged_version_is_told_and_the_current_one_takes_its_place(
    server: ScriptedServer, serving: Restarts, tmp_path: Path, caplog: pytest.LogCaptureFixture, damaged: str
) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "none")).ask([user("Hello")], user="call")
    serving.stop()
    with contextlib.closing(sqlite3.connect(tmp_path / "calls.sqlite")) as base, base:
        base.execute("UPDATE versions SET data = ?", (damaged,))
    caller = serving(_flow(server.base_url, "book", find_slot))
    assert caller.ask(_ASK, user="call").text.startswith("Here is apple")
    assert any("version of the flow is damaged" in record.getMessage() for record in caplog.records)


def test_other_first_words_in_a_session_do_not_begin_another_version(
    server: ScriptedServer, serving: Restarts
) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "none")).ask([user("Hello")], user="call")
    caller = serving(_flow(server.base_url, "book", find_slot))
    assert caller.ask([user("An apple")], user="call").text.startswith("Here is plain")
    assert caller.ask([user("An apple")], user="other").text.startswith("Here is apple")


def test_without_its_action_a_session_goes_on_with_the_current_version(
    server: ScriptedServer, serving: Restarts, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "book", find_slot)).ask([user("Hello")], user="call")
    caller = serving(_flow(server.base_url, "none"))
    assert caller.ask(_ASK, user="call").text.startswith("Here is plain, turn 2")
    assert any("book" in record.getMessage() for record in caplog.records)


def test_a_turn_that_ended_where_the_current_version_has_no_node_is_gone_through_again(
    server: ScriptedServer, serving: Restarts, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(fruit.answer)
    serving(_flow(server.base_url, "book", find_slot)).ask([user("An apple")], user="call")
    caller = serving(_flow(server.base_url, "none"))
    assert [turn.text for turn in serving.server.session("call").turns] == ["An apple"]
    said = [user("An apple"), flow_said("Here is apple, turn 1."), user("Hello")]
    assert caller.ask(said, user="call").text.startswith("Here is plain, turn 2")
    assert not any("damaged" in record.getMessage() for record in caplog.records)
