"""A flow whose every call goes to a scripted server."""

from __future__ import annotations

import itertools

import pytest

from byok_widgets import Flow
from tests.scripted_server import ScriptedServer

_numbers = itertools.count()


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    """A new flow that talks to the server."""
    flow = Flow(f"test {next(_numbers)}")
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    return flow
