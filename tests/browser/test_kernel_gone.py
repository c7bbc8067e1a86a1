"""A kernel that is killed, restarted or shut down: each widget says so, and what was typed is still there."""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import VIEWPORT
from tests.browser.notebook_page import NotebookPage
from tests.fake_keys import fake_key

SESSION = "window.jupyterapp.shell.currentWidget.sessionContext.session"


def cells() -> list[str]:
    flow = f"from byok_widgets import Flow\nflow = Flow('gone {secrets.token_hex(4)}')\nflow.provider = 'openai'"
    return [f"{flow}\nask = flow.conversation('ask', 'Be brief.')\nflow.settings()", "flow.chat()"]


def kill(page: NotebookPage) -> None:
    file = str(page.lab.connection_file(page.kernel_id))
    kernel = next(
        process for process in psutil.process_iter(["cmdline"]) if file in (process.info["cmdline"] or ())
    )
    os.kill(kernel.pid, signal.SIGKILL)


def restart(page: NotebookPage) -> None:
    page.page.evaluate(f"async () => {{ await {SESSION}.kernel.restart(); }}")


def shut_down(page: NotebookPage) -> None:
    page.page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }")


def check_that_nothing_typed_is_lost(page: NotebookPage, end: Callable[[NotebookPage], None]) -> None:
    page.run_all()
    chat, panel = page.page.locator(".byok-chat"), page.page.locator(".byok-panel:not(.byok-chat)").first
    message, key = chat.get_by_label("Your message"), panel.get_by_label("API key for OpenAI")
    typed = fake_key("openai")
    chat.locator(".byok-chat-empty").wait_for()
    message.fill("A long thought")
    key.fill(typed)
    end(page)
    chat.locator(".byok-gone-notice").wait_for()
    panel.locator(".byok-head .byok-notice").and_(page.page.locator(":not([hidden])")).wait_for()
    expect(message).to_have_value("A long thought")
    assert message.evaluate("field => field.readOnly")
    expect(key).to_have_value(typed)
    assert key.evaluate("field => field.closest('[inert]') !== null")
    expect(panel.locator(".byok-gone-notice:visible"), "one notice is enough for the panel").to_have_count(0)
    message.press("Enter")
    expect(message).to_have_value("A long thought")
    assert message.evaluate("field => field.readOnly"), "and nothing can be typed after it"
    page.shot(f"gone-{end.__name__}-{page.app}")


@pytest.mark.parametrize("end", [kill, pytest.param(restart, marks=pytest.mark.slow), shut_down])
def test_in_jupyterlab(open_notebook: Any, end: Callable[[NotebookPage], None]) -> None:
    check_that_nothing_typed_is_lost(open_notebook(cells()), end)


@pytest.mark.slow
def test_in_notebook_7(browser: Any, lab: Any) -> None:
    context = browser.new_context(viewport=VIEWPORT)
    page = NotebookPage(lab, context.new_page(), lab.url, app="notebook")
    page.open(lab.notebook(cells()))
    check_that_nothing_typed_is_lost(page, restart)
    context.close()
    lab.shut_down_kernels()


def test_a_cell_that_is_run_again_brings_living_widgets(open_notebook: Any) -> None:
    page = open_notebook(cells())
    page.run_all()
    page.page.locator(".byok-chat-empty").wait_for()
    restart(page)
    page.page.locator(".byok-chat .byok-gone-notice").wait_for()
    page.wait_idle()
    page.run_all()
    page.page.locator(".byok-chat-empty").wait_for()
    page.page.wait_for_timeout(2500)
    expect(page.page.locator(".byok-gone-notice, .byok-gone")).to_have_count(0)
