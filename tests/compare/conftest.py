"""A flow whose calls have a price list and go to the scripted server."""

from __future__ import annotations

import itertools
import json

import pytest

from byok_widgets import Flow
from byok_widgets.providers import PROVIDERS
from tests.fake_keys import fake_key
from tests.scripted_server import Say, ScriptedServer

_numbers = itertools.count()
MOST = 200
SMALL, LARGE = "openai:gpt-4o-mini", "openai:gpt-4o"


def answer(request: dict) -> Say:
    """Say the weekday in the asked shape, or ask for it; each answer is as long as it may be."""
    usage = {"prompt_tokens": 100, "completion_tokens": MOST}
    return Say(json.dumps({"weekday": "Tue"}) if "response_format" in request else "Which day?", usage=usage)


@pytest.fixture
def priced(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Flow:
    """A flow that asks for a weekday and reads it."""
    provider = PROVIDERS["openai"]
    monkeypatch.setattr(type(provider), "default_url", server.base_url)
    flow = Flow(f"priced {next(_numbers)}")
    flow.key_store.save("openai", provider.address(None).host, fake_key("openai"), backend="session")
    flow.model = SMALL
    ask = flow.conversation("ask", "Ask for the weekday.", max_tokens=MOST)
    read = flow.extraction("read", weekday=["Mon", "Tue"], max_tokens=MOST)
    flow.connect(ask, read)
    flow.connect(read, ask)
    server.script(answer)
    return flow
