"""A flow whose calls have a price list and go to the scripted server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from byok_widgets import Flow
from tests.compare.flows import priced_flow
from tests.scripted_server import Say, ScriptedServer

MOST = 200
SMALL, LARGE = "openai:gpt-4o-mini", "openai:gpt-4o"


def answer(request: dict) -> Say:
    """Say the weekday in the asked shape, or ask for it; each answer is as long as it may be."""
    usage = {"prompt_tokens": 100, "completion_tokens": MOST}
    return Say(json.dumps({"weekday": "Tue"}) if "response_format" in request else "Which day?", usage=usage)


@pytest.fixture
def priced(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow that asks for a weekday and reads it."""
    flow = priced_flow(server, monkeypatch, SMALL)
    ask = flow.conversation("ask", "Ask for the weekday.", max_tokens=MOST)
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=MOST)
    flow.connect(ask, read)
    flow.connect(read, ask)
    server.script(answer)
    return flow


def without_times(output: Any) -> Any:
    """Return the outcome of a cell, or of one of its turns, without how long it took."""
    return {
        name: [without_times(turn) for turn in value] if name == "turns" else value
        for name, value in output.items()
        if name != "seconds"
    }
