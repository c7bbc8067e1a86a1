"""Flows, panels and a browser's side of the wire; nothing reaches the real home or a real keyring."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import comm
import pytest

from byok_widgets import Flow
from byok_widgets.engine import ENGINE
from byok_widgets.widgets.panel import key_controller, model_lists
from byok_widgets.widgets.panel.settings import SettingsPanel
from tests.fake_keys import fake_key
from tests.keys.fake_keyrings import MemoryKeyring, installed
from tests.widgets.endpoint_server import EndpointServer
from tests.widgets.page_schema import check_sent
from tests.widgets.wire import Browser, Wire, eventually

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BYOK_WIDGETS_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.setenv("BYOK_WIDGETS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("BYOK_WIDGETS_LOCAL_MODEL", "smollm2-135m")


@pytest.fixture(autouse=True)
def _own_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test holds the keys of another one's panels, which would be redacted in its texts too."""
    monkeypatch.setattr(key_controller, "_controllers", {})
    monkeypatch.setattr(model_lists, "_lists", {})


@pytest.fixture(autouse=True)
def keyring() -> Iterator[MemoryKeyring]:
    with installed(MemoryKeyring()) as backend:
        yield backend
        # What still asks this keyring must not meet the next test's.
        with contextlib.suppress(AssertionError):
            eventually(lambda: not still_running())
        assert still_running() == []


def still_running() -> list[str]:
    """Return what still runs of the test: threads by name, and tasks of the engine."""
    threads = [thread.name for thread in threading.enumerate() if thread.name in ("byok-keys", "byok-changes")]
    return threads + [str(task) for task in asyncio.all_tasks(ENGINE.loop)]


@pytest.fixture(autouse=True)
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Record what goes to browsers; all of it has to be what the page's types say."""
    recorder = Wire()
    monkeypatch.setattr(comm, "create_comm", recorder.create_comm)
    yield recorder
    check_sent(recorder.sent)


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def flow() -> Flow:
    return Flow(f"widgets {next(_numbers)}")


@pytest.fixture
def endpoint() -> Iterator[EndpointServer]:
    server = EndpointServer(fake_key("compatible"))
    yield server
    server.close()


@pytest.fixture
def show() -> Iterator[Any]:
    """Return a function that opens a panel; all panels are closed at the end."""
    panels: list[SettingsPanel] = []

    def open_panel(flow: Flow) -> SettingsPanel:
        panels.append(SettingsPanel(flow, mode="owner"))
        return panels[-1]

    yield open_panel
    for panel in panels:
        panel.close()
