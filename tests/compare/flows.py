"""Flows that are compared, whose calls go to the scripted server."""

from __future__ import annotations

import itertools

import pytest

from byok_widgets import Flow
from byok_widgets.providers import PROVIDERS
from tests.fake_keys import fake_key
from tests.scripted_server import ScriptedServer

GOOD, BAD = "compatible:good", "compatible:bad"

_numbers = itertools.count()


def compatible_flow(server: ScriptedServer, model: str = GOOD) -> Flow:
    """Return a flow without nodes, whose calls have no price."""
    flow = Flow(f"compared {next(_numbers)}")
    flow.set_base_url("compatible", server.base_url)
    flow.model = model
    return flow


def booking_flow(server: ScriptedServer) -> Flow:
    """Return one that asks for a weekday and reads it, until it is known."""
    flow = compatible_flow(server)
    ask = flow.conversation("ask", "Ask for the weekday.")
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    bye = flow.conversation("bye", "See you on {{weekday}}.", static=True, end=True)
    flow.connect(ask, read)
    flow.connect(read, bye, if_="weekday is not None")
    flow.connect(read, ask)
    return flow


def priced_flow(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, model: str) -> Flow:
    """Return a flow without nodes at a provider that has a price list."""
    provider = PROVIDERS["openai"]
    monkeypatch.setattr(type(provider), "default_url", server.base_url)
    flow = Flow(f"compared {next(_numbers)}")
    flow.key_store.save("openai", provider.address(None).host, fake_key("openai"), backend="session")
    flow.model = model
    return flow


def openrouter_flow(server: ScriptedServer, model: str) -> Flow:
    """Return a flow without nodes at a provider that reports what a call cost."""
    flow = Flow(f"compared {next(_numbers)}")
    provider = PROVIDERS["openrouter"]
    destination = provider.key_destination(provider.address(server.base_url))
    flow.set_base_url("openrouter", server.base_url)
    flow.key_store.save("openrouter", destination, fake_key("openrouter"), backend="session")
    flow.model = model
    return flow
