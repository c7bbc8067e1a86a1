"""A real JupyterLab in a home of its own, and a real Chromium.

They end with this folder's tests: while Playwright is open, its event loop counts as running in the main thread.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import ELSEWHERE, Lab
from tests.browser.leaks import Frames
from tests.browser.notebook_page import TIMEOUT_MS, NotebookPage

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"),
]
VIEWPORT = {"width": 1280, "height": 1300}
LEFT = "open => { const { shell } = window.jupyterapp; open ? shell.expandLeft() : shell.collapseLeft(); }"
"""Opens or closes the side bar with the list of files."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def missing(what: str) -> Any:
    if os.environ.get("BYOK_WIDGETS_REQUIRE_ALL") == "1":
        pytest.fail(f"{what}, and BYOK_WIDGETS_REQUIRE_ALL=1 asks for it")
    pytest.skip(what)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        missing("playwright is not installed")
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        missing("there is no Chromium")
    expect.set_options(timeout=TIMEOUT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("lab"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="package")
def shared_page(browser: Any, lab: Lab) -> NotebookPage:
    """One page for all tests that need none of their own: loading JupyterLab takes most of a test's time."""
    return NotebookPage(lab, browser.new_page(viewport=VIEWPORT), lab.url)


@pytest.fixture
def open_notebook(browser: Any, lab: Lab, shared_page: NotebookPage) -> Iterator[Any]:
    """Return a function that opens a notebook of the given cells."""
    contexts = []
    watching: list[tuple[Frames, Any]] = []

    def open_it(cells: list[str] | Path, *, url: str = "", frames: Frames | None = None) -> NotebookPage:
        """Open it in the shared page, or at another `url` in one of its own.

        `frames` keeps what its kernel and the page say to each other: each notebook has a socket of its own.
        """
        page = shared_page
        if url:
            context = browser.new_context(viewport=VIEWPORT)
            contexts.append(context)
            page = NotebookPage(lab, context.new_page(), url)
        if frames:
            frames.watch(page.page)
            watching.append((frames, page.page))
        page.open(lab.notebook(cells))
        return page

    yield open_it
    for frames, watched in watching:
        frames.leave(watched)
    shared_page.close()
    for context in contexts:
        context.close()
    lab.shut_down_kernels()


@pytest.fixture
def blank_page(browser: Any) -> Iterator[Any]:
    """Return a page that shows nothing, to run modules of the widgets in."""
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def elsewhere(lab: Lab) -> str:
    """Return the server's address as another machine would write it."""
    return lab.url.replace("127.0.0.1", ELSEWHERE)
