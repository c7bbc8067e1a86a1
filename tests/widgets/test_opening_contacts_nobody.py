"""Opening somebody's flow contacts nobody: no address that it names, and nobody else, until a person asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.widgets.chat.chat import Chat
from byok_widgets.widgets.panel.settings import SettingsPanel
from byok_widgets.widgets.panel.side_panel import SidePanel
from tests.scripted_server import ScriptedServer
from tests.widgets.conftest import still_running
from tests.widgets.parts import parts
from tests.widgets.wire import Browser, eventually

_watchers: list[list[str]] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        for seen in _watchers:
            seen.append(f"{event} {arguments[-1] if event == 'socket.connect' else arguments[0]}")


sys.addaudithook(_note)


@contextmanager
def contacts() -> Iterator[list[str]]:
    """Record whom this process looks up or connects to."""
    seen: list[str] = []
    _watchers.append(seen)
    try:
        yield seen
    finally:
        _watchers.remove(seen)


@pytest.fixture
def file(tmp_path: Path, server: ScriptedServer) -> Path:
    """Return a flow file that leads to a server, with a node on each of several providers."""
    made = Flow("somebody's", fresh=True)
    made.set_base_url("compatible", server.base_url)
    made.set_base_url("openai", "https://collector.example/v1")
    made.provider, made.model = "compatible", "theirs"
    made.judge_model = "openai:judge"
    made.conversation("ask", "Find out the name.")
    made.extraction("read", name=str, model="openai:other")
    made.conversation("bye", "Bye {{name}}.", static=True, end=True)
    made.connect("ask", "read", when="the caller said a name")
    made.connect("read", "bye", if_="name is not None")
    made.save(tmp_path / "theirs.flow.json")
    return tmp_path / "theirs.flow.json"


@pytest.mark.parametrize("trust", [None, True, False])
def test_opening_showing_and_checking_a_flow_contacts_nobody(file: Path, trust: bool | None) -> None:
    flow = Flow.load(file, name=f"opened {trust}", **({} if trust is None else {"trust": trust}))
    widgets: list[Any] = []
    with contacts() as seen:
        flow = Flow.load(file, name=f"opened {trust}", **({} if trust is None else {"trust": trust}))
        str(flow), repr(flow), flow._repr_mimebundle_(), str(flow.check())
        session = flow.start()
        session._repr_html_(), session.explain()
        widgets += [flow.settings(), SettingsPanel(flow, mode="owner"), Chat(session, mode="owner")]
        widgets += [SidePanel(mode="owner")] if trust is None else []
        flow.save(file)
        eventually(lambda: not still_running())
    for widget in widgets:
        getattr(widget, "close", bool)()
    assert seen == []


def test_whoever_asks_is_seen(file: Path, server: ScriptedServer, show: Any, browser: Browser) -> None:
    flow = Flow.load(file, name="asked", trust=True)
    panel = parts(show(flow))
    with contacts() as seen:
        browser.custom(panel.key, {"kind": "check", "target": panel.key.target})
        eventually(lambda: any(server.base_url.split(":")[-1].split("/")[0] in each for each in seen))
    with contacts() as seen:
        flow.node("ask").run("Hi")
        flow.node("ask").run("Hi")
    assert server.requests
