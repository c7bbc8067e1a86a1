"""A real JupyterLab in a home of its own, and a real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Lab
from tests.browser.notebook_page import NotebookPage

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def _missing(what: str) -> Any:
    if os.environ.get("BYOK_WIDGETS_REQUIRE_ALL") == "1":
        pytest.fail(f"{what}, and BYOK_WIDGETS_REQUIRE_ALL=1 asks for it")
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _missing("playwright is not installed")
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        _missing("there is no Chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("lab"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def open_notebook(browser: Any, lab: Lab) -> Iterator[Any]:
    """Return a function that opens a notebook of the given cells in a page of its own."""
    contexts = []

    def open_it(cells: list[str] | Path, **options: Any) -> NotebookPage:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 1100}, **options})
        contexts.append(context)
        page = NotebookPage(lab, context.new_page())
        page.open(lab.notebook(cells))
        return page

    yield open_it
    for context in contexts:
        context.close()
    lab.shut_down_kernels()


@pytest.fixture
def local_model() -> Any:
    """Return the path of the small local model's file, fetching it once."""
    from byok_widgets.errors import LocalModelError
    from byok_widgets.providers import local_models

    try:
        return local_models.fetch("smollm2-135m")
    except LocalModelError as fault:
        reason = fault.problem
    return _missing(f"there is no local model: {reason}")
