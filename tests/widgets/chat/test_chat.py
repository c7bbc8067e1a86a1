"""The chat's side of the wire: what a view hears, when, and in how many messages."""

from __future__ import annotations

import json
import time

import pytest

from byok_widgets.widgets.chat.chat import UPDATE_S, Chat
from tests.scripted_server import Say
from tests.widgets.wire import eventually


@pytest.fixture
def talk(flow, server):
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("chat", "Chat.")
    return flow


@pytest.fixture
def chat(talk):
    widget = Chat(talk.start())
    yield widget
    widget.close()


@pytest.fixture
def heard(wire, chat):
    """Return what the view has heard of a kind."""
    return lambda kind: [message for message in wire.custom(chat) if message["kind"] == kind]


def test_a_turn_is_told_once_and_in_order(server, chat, browser, heard, wire):
    server.script("Good morning, Ana.")
    browser.custom(chat, {"kind": "say", "text": "Hi, I'm Ana"})
    (told,) = eventually(lambda: heard("turn"))
    assert told["turn"]["text"] == "Hi, I'm Ana"
    assert told["turn"]["reply"] == "Good morning, Ana."
    assert told["node"] == "chat"
    kinds = [message["kind"] for message in wire.custom(chat)]
    assert kinds[:2] == ["begin", "node"]
    assert kinds[-1] == "turn"
    assert str(chat.session.turns[0]) == "Good morning, Ana."


def test_a_view_that_appears_hears_all_that_was_said(server, chat, browser, heard):
    browser.custom(chat, {"kind": "hello"})
    assert heard("all")[0]["turns"] == []
    browser.custom(chat, {"kind": "say", "text": "Hi"})
    eventually(lambda: heard("turn"))
    browser.custom(chat, {"kind": "hello"})
    assert [turn["text"] for turn in heard("all")[-1]["turns"]] == ["Hi"]
    assert heard("all")[-1]["under_way"] is None


def test_pieces_of_a_reply_go_together(server, chat, browser, heard):
    server.script(Say("word " * 300, pause_s=0.002))
    start = time.monotonic()
    browser.custom(chat, {"kind": "say", "text": "Speak"})
    eventually(lambda: heard("turn"))
    pieces = heard("text")
    assert 1 < len(pieces) <= (time.monotonic() - start) / UPDATE_S + 1
    assert "".join(piece["text"] for piece in pieces) == "word " * (sum(len(p["text"]) for p in pieces) // 5)


def test_a_view_that_comes_in_the_middle_misses_nothing(server, chat, browser, heard):
    server.script(Say("word " * 60, pause_s=0.02))
    browser.custom(chat, {"kind": "say", "text": "Speak"})
    eventually(lambda: len(heard("text")) > 2)
    browser.custom(chat, {"kind": "hello"})
    late = heard("all")[-1]["under_way"]
    assert late["text"] == "Speak"
    assert late["reply"].startswith("word word")
    before = "".join(piece["text"] for piece in heard("text"))
    assert len(late["reply"]) >= len(before) - 10
    eventually(lambda: heard("turn"))


def test_while_a_turn_is_under_way_nothing_else_happens(server, chat, browser, heard):
    server.script(Say("slow " * 20, pause_s=0.05))
    browser.custom(chat, {"kind": "say", "text": "One"})
    eventually(lambda: heard("text"))
    for message in ({"kind": "say", "text": "Two"}, {"kind": "fork", "turn": 0}, {"kind": "show", "session": 0}):
        browser.custom(chat, message)
        assert heard("failed")[-1]["words"]["kind"] == "busy"
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("turn"))
    assert told["turn"]["text"] == "One"
    assert told["turn"]["notices"] == ["incomplete: it was stopped"]
    assert "stopped" not in told["turn"]["summary"]


def test_stopped_before_the_reply_the_text_comes_back(server, chat, browser, heard):
    server.script(Say("", pause_s=5))
    browser.custom(chat, {"kind": "say", "text": "Hello?"})
    eventually(lambda: server.requests)
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("failed"))
    assert told["text"] == "Hello?"
    assert told["words"]["kind"] == "interrupted"
    assert chat.session.turns == ()


def test_an_earlier_reply_that_was_stopped_is_not_taken_for_one_to_the_same_text(server, chat, browser, heard):
    server.script(Say("slow " * 20, pause_s=0.05), Say("", pause_s=5))
    browser.custom(chat, {"kind": "say", "text": "Again"})
    eventually(lambda: heard("text"))
    browser.custom(chat, {"kind": "stop"})
    eventually(lambda: heard("turn"))
    eventually(lambda: not chat.session.busy)
    browser.custom(chat, {"kind": "say", "text": "Again"})
    eventually(lambda: len(server.requests) == 2)
    browser.custom(chat, {"kind": "stop"})
    (told,) = eventually(lambda: heard("failed"))
    assert told["text"] == "Again"
    assert len(heard("turn")) == len(chat.session.turns) == 1
    assert [turn.fault_kind for turn in chat.session.unfinished] == ["interrupted"]


def test_an_error_says_what_to_do_and_gives_the_text_back(server, chat, browser, heard):
    server.script(Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}}))
    browser.custom(chat, {"kind": "say", "text": "Hello?"})
    (told,) = eventually(lambda: heard("failed"))
    assert told["text"] == "Hello?"
    assert told["words"]["kind"] == "auth"
    assert told["words"]["more"]


@pytest.mark.parametrize(
    "junk", [None, {}, {"kind": "fork", "turn": 99}, {"kind": "fork", "turn": "x"}, {"kind": "say"}, {"kind": 3}]
)
def test_a_message_that_means_nothing_breaks_nothing(server, chat, browser, heard, junk):
    browser.custom(chat, junk or {})
    browser.custom(chat, {"kind": "say", "text": "Hi"})
    eventually(lambda: heard("turn"))


def test_forks_are_sessions_of_their_own(server, chat, browser, heard):
    for text in ("One", "Two"):
        browser.custom(chat, {"kind": "say", "text": text})
        eventually(lambda text=text: [told for told in heard("turn") if told["turn"]["text"] == text])
    browser.custom(chat, {"kind": "fork", "turn": 1})
    told = heard("all")[-1]
    assert (told["sessions"], told["shown"]) == (["First session", "Session 2 (from turn 1)"], 1)
    assert [turn["text"] for turn in told["turns"]] == ["One"]
    assert [len(session.turns) for session in chat.sessions] == [2, 1]
    browser.custom(chat, {"kind": "show", "session": 0})
    assert len(heard("all")[-1]["turns"]) == 2
    browser.custom(chat, {"kind": "reset"})
    assert heard("all")[-1]["turns"] == []
    assert heard("all")[-1]["sessions"][-1] == "Session 3"
    assert [len(session.turns) for session in chat.sessions] == [2, 1, 0], "nothing that was said is lost"
    browser.custom(chat, {"kind": "reset"})
    assert len(chat.sessions) == 3


def test_nothing_that_is_said_is_in_the_widgets_state(server, chat, browser, heard):
    server.script("A secret reply")
    browser.custom(chat, {"kind": "say", "text": "A secret question"})
    eventually(lambda: heard("turn"))
    state = json.dumps({name: str(value) for name, value in chat.get_state().items() if not name.startswith("_")})
    assert "secret" not in state
    assert "secret" not in repr(chat)
    assert "A secret reply" in chat._repr_mimebundle_()[0]["text/plain"]


def test_what_is_told_is_inert_and_not_endless(server, chat, browser, heard):
    server.script(Say("\x1b[31m" + "x" * 300_000, piece_chars=50_000))
    browser.custom(chat, {"kind": "say", "text": "\u202eevil"})
    (told,) = eventually(lambda: heard("turn"))
    assert told["turn"]["reply"].startswith("␛[31m")
    assert len(told["turn"]["reply"]) < 101_000
    assert sum(len(piece["text"]) for piece in heard("text")) < 101_000
    assert "\u202e" not in told["turn"]["text"]
    assert len(chat.session.turns[0].reply.text) == 300_005


def test_a_wait_for_a_rate_limit_is_told_with_its_seconds(server, chat, browser, heard):
    limited = Say(status=429, body={"error": {"message": "slow down"}})
    server.script(limited, "Hello.")
    browser.custom(chat, {"kind": "say", "text": "Hi"})
    eventually(lambda: heard("turn"))
    (wait,) = heard("wait")
    assert 0 < wait["seconds"] < 1
    assert wait["text"]


def test_its_static_form_holds_every_session_that_has_spoken(server, chat, browser, heard):
    assert "No messages" in chat._repr_mimebundle_()[0]["text/html"]
    browser.custom(chat, {"kind": "say", "text": "First words"})
    eventually(lambda: heard("turn"))
    eventually(lambda: browser.custom(chat, {"kind": "fork", "turn": 0}) or len(chat.sessions) == 2)
    browser.custom(chat, {"kind": "say", "text": "Other <words>"})
    eventually(lambda: len(heard("turn")) == 2)
    data, _ = chat._repr_mimebundle_()
    for form in ("text/plain", "text/html"):
        assert "First words" in data[form]
    assert "Other &lt;words&gt;" in data["text/html"]
    assert chat._repr_mimebundle_()[0] == data, "it is the same each time"
