"""A page that sees no kernel asks once, and hears for a while that this one lives."""

from __future__ import annotations

import contextlib
import threading

import pytest

from byok_widgets.widgets import pulse
from byok_widgets.widgets.chat.chat import Chat
from tests.widgets.wire import eventually


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    monkeypatch.setattr(pulse, "BEAT_S", 0.02)


@pytest.fixture
def chat(flow):
    flow.conversation("ask", "Hi.")
    widget = Chat(flow.start(), mode="owner")
    yield widget
    widget.close()
    eventually(lambda: not _is_beating())


def _is_beating() -> bool:
    return any(thread.name == "byok-pulse" for thread in threading.enumerate())


def pongs(wire, widget) -> int:
    return sum(message == {"kind": "pong"} for message in wire.custom(widget))


def test_one_question_is_answered_again_and_again_while_this_thread_is_busy(wire, browser, chat):
    assert pongs(wire, chat) == 0
    browser.custom(chat, {"kind": "ping"})
    eventually(lambda: pongs(wire, chat) > 3)  # this thread waits, as a cell does


def test_who_has_not_asked_hears_nothing_and_who_is_closed_no_more(wire, browser, chat, flow):
    other = Chat(flow.start(), mode="owner")
    browser.custom(chat, {"kind": "ping"})
    eventually(lambda: pongs(wire, chat))
    assert pongs(wire, other) == 0
    other.close()
    chat.close()
    eventually(lambda: not _is_beating())


def test_it_ends_when_nobody_has_asked_for_long_and_begins_again(wire, browser, chat, monkeypatch):
    monkeypatch.setattr(pulse, "KEPT_S", 0.1)
    browser.custom(chat, {"kind": "ping"})
    eventually(lambda: not _is_beating())
    heard = pongs(wire, chat)
    assert heard
    browser.custom(chat, {"kind": "ping"})
    eventually(lambda: pongs(wire, chat) > heard)


@pytest.mark.parametrize("broken", ["a message cannot be sent", "no thread can be started"])
def test_what_fails_once_is_tried_again_by_the_next_question(wire, browser, chat, monkeypatch, broken):
    failed = threading.Event()

    def fail(*_: object, **__: object) -> None:
        failed.set()
        raise RuntimeError(broken)

    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with monkeypatch.context() as patched:
        where = (type(chat), "send") if "message" in broken else (threading.Thread, "start")
        patched.setattr(*where, fail)
        with contextlib.suppress(RuntimeError):
            browser.custom(chat, {"kind": "ping"})
        eventually(failed.is_set)
        eventually(lambda: not _is_beating())
    browser.custom(chat, {"kind": "ping"})
    eventually(lambda: pongs(wire, chat) > 1)
