"""A flow that books a weekday, whose calls go to the scripted server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from byok_widgets import Flow
from tests.compare.flows import booking_flow, priced_flow
from tests.scripted_server import Say, ScriptedServer


def booking_answer(request: dict[str, Any]) -> Say:
    """Read the weekday that was said; ask for it otherwise."""
    if "json" not in json.dumps(request).lower():
        return Say("Which day?")
    said = " ".join(message["content"] for message in request["messages"] if message["role"] == "user")
    return Say(json.dumps({"weekday": next((day for day in ("Tue", "Mon") if day in said), None)}))


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    """A flow that asks for the weekday and reads it."""
    server.script(booking_answer)
    return booking_flow(server)


@pytest.fixture
def priced_booking(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """One whose calls have a price."""
    server.script(booking_answer)
    flow = priced_flow(server, monkeypatch, "openai:gpt-4o-mini")
    ask = flow.conversation("ask", "Ask for the weekday.", max_tokens=50)
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=50)
    flow.connect(ask, read)
    flow.connect(read, ask)
    return flow
