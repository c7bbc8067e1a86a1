"""A flow whose models follow a script at the wire, so that the SDK's writing and reading is included."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from byok_widgets import Flow
from tests.scripted_server import Say, ScriptedServer

_numbers = itertools.count()


class Script:
    """Answers each kind of call from its own list; the last entry is repeated.

    Attributes:
        choices: What the judge chooses: `"stay"`, or the number of a condition.
        values: What extraction nodes read, by node name.
        words: What conversation nodes say.
    """

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.choices: list[str] = ["stay"]
        self.values: dict[str, list[dict[str, Any]]] = {}
        self.words: list[str | Say] = ["Hm."]
        server.script(self._answer)

    @property
    def judged(self) -> list[dict[str, Any]]:
        """The requests to the judge."""
        return [request for request in self.server.requests if _asked_for(request) == "edges"]

    @property
    def spoken(self) -> list[dict[str, Any]]:
        """The requests of conversation nodes."""
        return [request for request in self.server.requests if not _asked_for(request)]

    def read_by(self, node: str) -> list[dict[str, Any]]:
        """The requests of an extraction node."""
        return [request for request in self.server.requests if _asked_for(request) == node]

    def _answer(self, request: dict[str, Any]) -> Say:
        asked = _asked_for(request)
        if asked == "edges":
            offered = request["response_format"]["json_schema"]["schema"]["properties"]["choice"]["enum"]
            choice = _next(self.choices)
            chosen = choice if choice == "stay" else offered[int(choice) - 1]
            return Say(json.dumps({"choice": chosen, "reason": "so it seems"}))
        if asked:
            return Say(json.dumps(_next(self.values[asked])))
        said = _next(self.words)
        return said if isinstance(said, Say) else Say(said)


def system_of(request: dict[str, Any]) -> str:
    """Return the instructions of a request."""
    return str(request["messages"][0]["content"])


def _asked_for(request: dict[str, Any]) -> str:
    return str(request.get("response_format", {}).get("json_schema", {}).get("name", ""))


def _next(entries: list[Any]) -> Any:
    return entries.pop(0) if len(entries) > 1 else entries[0]


@pytest.fixture
def script(server: ScriptedServer) -> Script:
    return Script(server)


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    flow = Flow(f"session {next(_numbers)}")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    return flow


@pytest.fixture
def booking(flow: Flow) -> Flow:
    """Ask, read, say goodbye: two conversations, one extraction, a prompt edge, a logic edge and an else edge."""
    flow.conversation("ask", "Ask for name and weekday.")
    flow.extraction("data", name=str, weekday=["Mon", "Tue"])
    flow.conversation("bye", "Thanks {{name}}, see you on {{weekday}}.", static=True)
    flow.connect("ask", "data", when="the caller gave a name and a weekday")
    flow.connect("data", "bye", if_="weekday is not None")
    flow.connect("data", "ask")
    return flow
