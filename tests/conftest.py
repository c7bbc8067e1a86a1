"""Every test has settings of its own, a keyring in memory, a known day, and no API key in its environment."""

from __future__ import annotations

import gc
import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import byok_widgets.schema.json_schemas.library  # noqa: F401 - before others: they import `jsonschema` with its grammar
from byok_widgets import frontend
from byok_widgets.flow import flow_contexts
from byok_widgets.frontend import NullFrontend
from byok_widgets.providers import PROVIDERS, catalog, unregister_provider
from byok_widgets.providers.adaptation import QUIRKS
from tests.keys.fake_keyrings import MemoryKeyring, installed
from tests.known_day import KNOWN_DAY
from tests.scripted_server import ScriptedServer

BROWSER = "tests/browser/"
LONGEST = "test_notebooks.py"
"""The longest file beside those of the browser comes first: as the last, one process would wait for it."""
FIGURES = "figures"
"""The property under which a test records what it measured."""
_NUMBERS = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that take minutes, too")


def pytest_configure() -> None:
    """Measure no time in examples, and take Ctrl+C as usual: a shell ignores it in what it starts behind."""
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name != LONGEST)
    if config.getoption("--slow"):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="takes minutes; run it with --slow"))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while tests are collected: there is hardly any, and it takes seconds in each process."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Leave out of garbage collection what the tests consist of: a collection took half a second."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)  # without pytest-xdist all tests run in one process
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread files over the processes; the browser's stay in one, since two JupyterLabs at once are slow."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)

    return Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what tests measured: what they print themselves is lost in processes of their own."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.getreports(name)]
    reports.sort(key=lambda report: report.start)
    found = [text for report in reports for name, text in report.user_properties if name == FIGURES]
    if found:
        terminalreporter.section(FIGURES)
    for text in found:
        terminalreporter.write_line(text)


@pytest.fixture(autouse=True)
def config_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where this test's settings go. It is not made beforehand: most tests save none."""
    folder = tmp_path_factory.getbasetemp() / f"config-{next(_NUMBERS)}"
    monkeypatch.setenv("BYOK_WIDGETS_CONFIG_DIR", str(folder))
    for name in list(os.environ):
        if name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    return folder


@pytest.fixture(autouse=True)
def keyring_in_memory() -> Iterator[MemoryKeyring]:
    with installed(MemoryKeyring()) as backend:
        yield backend


@pytest.fixture(autouse=True)
def _own_flows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test holds the keys of another one's flows, which would be redacted in its texts too."""
    monkeypatch.setattr(flow_contexts, "_made", {})


@pytest.fixture(autouse=True)
def _nothing_learned() -> None:
    """No test knows what an endpoint refused in another one: tests share servers."""
    QUIRKS.forget()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """Return a provider that says what a test scripts; "Hello" where it scripts nothing."""
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


@pytest.fixture(autouse=True)
def _known_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fix the day on which models are said to have ended: no test passes today and fails next year."""
    monkeypatch.setattr(catalog, "_today", lambda: KNOWN_DAY)


@pytest.fixture
def said_in_cell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the sentences that a person is told in the running cell: there is one in this test."""
    said: list[str] = []

    class Cell(NullFrontend):
        def tell(self, sentence: str) -> bool:
            said.append(sentence)
            return True

    monkeypatch.setattr(frontend, "_find", Cell)
    return said


@pytest.fixture
def known_providers() -> Iterator[None]:
    """The providers that are registered in this test are gone after it."""
    known = dict(PROVIDERS)
    yield
    for name in PROVIDERS.keys() - known.keys():
        unregister_provider(name)
