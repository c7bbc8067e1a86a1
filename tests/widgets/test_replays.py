"""What a page shows of a replay: each answer says where it came from, and nothing is asked of a provider."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.engine import ENGINE
from byok_widgets.widgets.board import board_messages
from byok_widgets.widgets.chat.chat import Chat
from byok_widgets.widgets.panel.endpoint_target import EndpointTarget
from byok_widgets.widgets.panel.key_check import check_key
from byok_widgets.widgets.panel.key_controller import KeyController
from byok_widgets.widgets.panel.model_lists import ModelLists
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer
from tests.widgets.wire import eventually


@pytest.fixture(autouse=True)
def _instant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")


@pytest.fixture
def talk(flow: Flow, server: ScriptedServer) -> Flow:
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("chat", "Chat.")
    return flow


def _chatted(talk: Flow, browser: Any, wire: Any) -> list[dict[str, Any]]:
    """Say something in a chat, have it answered twice more, and return the turns that the page is told."""
    chat = Chat(talk.start(), mode="owner")

    def heard(kind: str) -> list[Any]:
        return [message for message in wire.custom(chat) if message["kind"] == kind]

    browser.custom(chat, {"kind": "say", "text": "Hi"})
    (first,) = eventually(lambda: heard("turn"))
    for count in (1, 2):
        browser.custom(chat, {"kind": "regenerate", "turn": 1, "model": ""})
        eventually(lambda count=count: len(heard("alternative")) == count)
    turns = [first["turn"], *(message["alternative"]["turn"] for message in heard("alternative"))]
    chat.close()
    return turns


def test_a_chat_says_it_and_answers_that_were_given_again_are_told_apart(
    talk: Flow, browser: Any, wire: Any, server: ScriptedServer, tmp_path: Path
) -> None:
    server.script("One.", "Two.", "Three.")
    with talk.record(tmp_path / "a.cassette"):
        recorded = _chatted(talk, browser, wire)
    server.close()
    with talk.replay(tmp_path / "a.cassette"):
        replayed = _chatted(talk, browser, wire)
    said = [[turn["reply"] for turn in turns] for turns in (recorded, replayed)]
    assert said == [["One.", "Two.", "Three."]] * 2
    assert all(turn["summary"].startswith("LIVE · ") for turn in recorded)
    assert all(turn["summary"].startswith("REPLAY · ") for turn in replayed)


def test_a_board_says_it(talk: Flow, tmp_path: Path) -> None:
    models = ["compatible:one", "compatible:two"]
    cases = [{"name": "a", "text": "Hi", "contains": "Hello"}]
    for begin, word in ((talk.record, "LIVE"), (talk.replay, "REPLAY")):
        with begin(tmp_path / "a.cassette"):
            compared = talk.node("chat").compare(models, cases, max_calls=9)
            compared.wait()
        assert f'"standing": "{word} \\u00b7 ' in json.dumps(board_messages.everything(compared, ""))


def test_no_key_is_checked_and_no_list_is_loaded(talk: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    with talk.record(tmp_path / "a.cassette"):
        talk.node("chat").run("Hi")
    target = EndpointTarget.of(talk)
    talk.key_store.save("compatible", target.destination, fake_key("compatible"), backend="session")
    controller = KeyController.of(talk)
    server.requests.clear()
    server.headers.clear()
    with talk.replay(tmp_path / "a.cassette"):
        found = ENGINE.run(check_key(target, controller.endpoint))
        assert (found.state, found.fault.kind) == ("unverified", "replaying")
        models, fault = ENGINE.run(ModelLists.of(talk)._own_models(target))
        assert (models, fault.kind) == ((), "replaying")
    assert server.headers == []
