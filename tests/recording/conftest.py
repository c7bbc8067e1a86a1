"""A flow on a scripted server, so that the SDK's writing and reading is included, and a place for a cassette."""

from __future__ import annotations

from pathlib import Path

import pytest

from byok_widgets import Flow
from tests.scripted_server import ScriptedServer


@pytest.fixture(autouse=True)
def _instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay without waiting, as in continuous integration."""
    monkeypatch.setenv("CI", "true")


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    return tmp_path / "lesson.cassette"


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    return made(server)


def made(server: ScriptedServer) -> Flow:
    """Return the flow of these tests; made twice, it is the same flow with fresh nodes."""
    flow = Flow("lesson", fresh=True)
    flow.set_base_url("compatible", server.base_url)
    flow.model = "compatible:scripted"
    return flow
