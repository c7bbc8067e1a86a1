"""A served flow whose models follow a script at the wire, and a client that asks it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.serve.access import Access, digest_of_token, new_token
from byok_widgets.serve.execution import Surroundings
from byok_widgets.serve.options import ServeOptions
from byok_widgets.serve.report import Observers, TurnReport
from byok_widgets.serve.served_flow import ServedFlow, Versions
from byok_widgets.serve.server import Server, bind
from byok_widgets.serve.spending import Spending
from byok_widgets.serve.sqlite_store import SqliteStore
from byok_widgets.serve.turn_service import TurnService
from tests.scripted_server import ScriptedServer
from tests.session.conftest import Script

pytest.importorskip("uvicorn")

END_CALL = {"type": "function", "function": {"name": "end_call", "parameters": {"type": "object", "properties": {}}}}
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

    def __init__(self, flow: Flow, path: Path, options: ServeOptions | None = None) -> None:
        self.reports: list[TurnReport] = []
        self.token = new_token()
        self.store = SqliteStore(path)
        served = ServedFlow("1", flow.graph.snapshot(), flow.context)
        access = Access({digest_of_token(self.token)})
        options = options or ServeOptions()
        around = Surroundings(self.store, options, Spending(options.caps, self.store), Observers([self.reports.append]))
        turns = TurnService(Versions(served, self.store), around)
        self.server = Server(turns, self.store, access, model="served", bound=bind("127.0.0.1", 0))
        self.server.start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}/v1"


@pytest.fixture
def served(flow: Flow, tmp_path: Path) -> Iterator[Served]:
    served = Served(flow, tmp_path / "calls.sqlite")
    yield served
    served.server.stop()
