"""A served flow in a cell: its calls come by themselves, open in the chat, and become cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow, FlowError
from byok_widgets.serve.flow_server import FlowServer
from byok_widgets.widgets import NotebookFrontend, audience
from byok_widgets.widgets.calls import server_view
from byok_widgets.widgets.calls.server_view import ServerView
from byok_widgets.widgets.chat.chat import Chat
from tests.scripted_server import Say, ScriptedServer
from tests.serve.talking import Caller, flow_said, user
from tests.widgets.page_schema import check_request
from tests.widgets.wire import Wire, eventually

pytest.importorskip("uvicorn")

ASKED = {"kind": "connection", "id": "1"}


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    flow = Flow("in a cell", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("ask", "Ask.")
    return flow


@pytest.fixture
def served(flow: Flow) -> Iterator[FlowServer]:
    served = flow.serve()
    yield served
    served.stop()


def test_a_call_is_listed_opened_saved_and_deleted(
    flow: Flow, served: FlowServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    view = ServerView(served, flow)
    view.open_call.click()
    eventually(lambda: "chosen" in view.said.value)
    Caller(served.port, served.token).ask([user("<b>Hi</b>")], user="call 1")
    eventually(lambda: "call 1" in view.calls.options[0][0])
    view.calls.index = 0
    view.open_call.click()
    eventually(lambda: len(view.opened.children) == 1)
    chat = view.opened.children[0]
    assert isinstance(chat, Chat)
    assert [turn.text for turn in chat.session.turns] == ["<b>Hi</b>"]
    view.save_case.click()
    eventually(lambda: list(tmp_path.glob("*.cases")) != [])
    assert flow.cases(next(tmp_path.glob("*.cases")))[0].caller == ("<b>Hi</b>",)
    view.delete_call.click()
    eventually(lambda: [key for _, key in view.calls.options] == [""])


def test_an_open_call_is_followed_until_somebody_goes_on_with_it_in_the_chat(
    flow: Flow, served: FlowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_view, "REFRESH_S", 0.0)
    view, caller = ServerView(served, flow), Caller(served.port, served.token)

    def say(*texts: str) -> None:
        caller.ask([message for text in texts for message in (user(text), flow_said("Hm."))][:-1], user="call 1")

    say("One")
    eventually(lambda: "call 1" in view.calls.options[0][0])
    view.calls.index = 0
    view.open_call.click()
    eventually(lambda: len(view.opened.children) == 1)
    chat = view.opened.children[0]
    chat._handle_custom_msg({"kind": "say", "text": " "}, [])  # which is refused
    sent: list[Any] = []
    chat.send = lambda content, buffers=None: sent.append(content)
    say("One", "Two")
    eventually(lambda: [turn.text for turn in chat.session.turns] == ["One", "Two"])
    eventually(lambda: sent and [turn["text"] for turn in sent[-1]["turns"]] == ["One", "Two"])
    assert {message["kind"] for message in sent} == {"all"}  # twice if the list is read as the reply begins
    before = view.said.value
    chat._handle_custom_msg({"kind": "say", "text": "Mine"}, [])
    eventually(lambda: len(chat.session.turns) == 3)
    say("One", "Two", "Three")
    eventually(lambda: view.said.value != before)
    assert [turn.text for turn in chat.session.turns] == ["One", "Two", "Mine"]


def test_a_call_is_followed_again_after_the_store_was_away(
    flow: Flow, served: FlowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, caller = ServerView(served, flow), Caller(served.port, served.token)
    caller.ask([user("One")], user="call 1")
    view._refresh()
    view.calls.index = 0
    view.open_call.click()
    eventually(lambda: len(view.opened.children) == 1)
    chat = view.opened.children[0]
    session, asked = served.session, list[Any]()

    def away(call: Any) -> Any:
        asked.append(call)
        raise FlowError("It is away.", kind="serve_store")

    monkeypatch.setattr(served, "session", away)
    caller.ask([user("One"), flow_said("Hm."), user("Two")], user="call 1")
    eventually(lambda: asked != [])
    monkeypatch.setattr(served, "session", session)
    view._refresh()
    assert [turn.text for turn in chat.session.turns] == ["One", "Two"]


def test_deleting_another_call_closes_nothing(flow: Flow, served: FlowServer) -> None:
    view = ServerView(served, flow)
    for number in (1, 2):
        Caller(served.port, served.token).ask([user("Hi")], user=f"call {number}")
    view._refresh()
    for index, button in enumerate([view.open_call, view.delete_call]):
        view.calls.index = index
        button.click()
        eventually(lambda: len(view.opened.children) == 1)
    eventually(lambda: len(view.calls.options) == 1)
    assert len(view.opened.children) == 1
    view.delete_call.click()
    eventually(lambda: view.opened.children == ())


def test_a_call_is_listed_while_its_reply_is_spoken(
    flow: Flow, served: FlowServer, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_view, "REFRESH_S", 0.0)
    server.script(Say("One moment.", pause_s=1.0))
    view = ServerView(served, flow)
    listed: list[str] = []
    view.calls.observe(lambda change: listed.extend(label for label, _ in change.new), "options")
    Caller(served.port, served.token).ask([user("Hi")], user="call 1")
    eventually(lambda: any("One moment." in label for label in listed))
    assert "One moment." not in listed[0]
    assert "call 1" in listed[0]


def test_the_page_is_told_the_token_and_a_snippet_for_each_client(flow: Flow, served: FlowServer) -> None:
    assert set(served.clients) == {"cartesia", "curl", "elevenlabs", "livekit", "openai", "pipecat", "vapi"}
    view = ServerView(served, flow)
    for client in served.clients:
        text = served.snippet(client)
        assert served.base_url in text
        assert "{{" not in text
        assert served.token not in text, "a cell's output is saved with the notebook"
        assert served.snippet(client, with_token=True) == text.replace("YOUR_ACCESS_TOKEN", served.token)
        assert served.token in served.snippet(client, with_token=True)
    sent: list[dict[str, Any]] = []
    view.connection.send = lambda content, buffers=None: sent.append(content)
    view.connection._handle_custom_msg(ASKED, [])
    check_request("connection", ASKED)
    assert {each["client"]: each["text"] for each in sent[0]["snippets"]} == {
        client: served.snippet(client, with_token=True) for client in served.clients
    }
    assert (sent[0]["id"], sent[0]["token"]) == (ASKED["id"], served.token)


def test_no_state_that_a_notebook_is_saved_with_holds_the_access_token(flow: Flow, served: FlowServer) -> None:
    view = ServerView(served, flow)
    widgets = [view, *view.children]
    assert view.connection in widgets
    assert served.token not in repr([widget.get_state() for widget in widgets])


def test_the_stop_button_stops(flow: Flow, served: FlowServer) -> None:
    view = ServerView(served, flow)
    view.stop.click()
    eventually(lambda: view.stop.disabled)
    assert not served.running
    assert not view.connection.running
    assert served.token not in repr(served) + served._repr_html_()


def test_the_saved_form_says_where_it_is_served_each_fact_on_a_line(served: FlowServer) -> None:
    assert served.base_url in served._repr_mimebundle_()["text/plain"]
    head, address, *notes = re.findall(r"<div[^>]*>(.*?)</div>", served._repr_html_())
    assert served.flow.name in head
    assert served.base_url in address
    assert len(notes) == len(served.notes) > 0
    served.stop()
    assert served.notes[0] not in served._repr_mimebundle_()["text/plain"]
    assert served.base_url not in served._repr_html_()


@pytest.mark.parametrize("is_author", [True, False])
def test_a_visitor_is_shown_no_served_flow(
    flow: Flow, served: FlowServer, is_author: bool, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NotebookFrontend, "is_live", lambda _self: True)
    monkeypatch.setattr(audience, "_is_author", lambda: is_author)
    NotebookFrontend().show_server(served, flow)
    views = {(data or {}).get("state", {}).get("view") for _, data, _ in wire.sent}
    assert ("connection" in views) is is_author
    assert served.token not in repr(wire.sent)
