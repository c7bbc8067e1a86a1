"""A served flow whose models follow a script at the wire, and a client that asks it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import Flow
from byok_widgets.serve.monitoring.report import TurnReport
from tests.scripted_server import ScriptedServer
from tests.serve.talking import Caller
from tests.session.conftest import Script

pytest.importorskip("uvicorn")

_NOTHING = {"type": "object", "properties": {}}
END_CALL = {"type": "function", "function": {"name": "end_call", "parameters": _NOTHING}}
_numbers = itertools.count()


@pytest.fixture
def script(server: ScriptedServer) -> Script:
    return Script(server)


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    """Ask, read, say goodbye."""
    flow = Flow(f"served {next(_numbers)}", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    flow.conversation("ask", "Ask for name and weekday.")
    flow.extraction("data", name=str, weekday=["Mon", "Tue"])
    flow.conversation("bye", "Thanks {{name}}, see you on {{weekday}}.", static=True, end=True)
    flow.connect("ask", "data", when="the caller gave a name and a weekday")
    flow.connect("data", "bye", if_="weekday is not None")
    flow.connect("data", "ask")
    return flow


class Served:
    """A server under test, and what is needed to ask it."""

    def __init__(self, flow: Flow, path: Path | str | None, **options: Any) -> None:
        self.path = path
        self.server = flow.serve(store=path, **options)
        self.reports: list[TurnReport] = []
        self.server.observe(self.reports.append)
        self.token = self.server.token
        self.base_url = self.server.base_url
        self.caller = Caller(self.server.port, self.token)


@pytest.fixture
def served(flow: Flow, tmp_path: Path) -> Iterator[Served]:
    served = Served(flow, tmp_path / "calls.sqlite")
    yield served
    served.server.stop()
