"""Outside of JupyterLab: a bare page, a dark one, and one with VS Code's variables, in a sandboxed frame."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import missing
from tests.browser.html_page import HtmlPage, Pages, build
from tests.browser.lab import Lab
from tests.browser.leaks import Frames
from tests.fake_keys import fake_key

pytestmark = pytest.mark.slow

VSCODE_DARK = {
    "foreground": "#cccccc",
    "editor-background": "#1e1e1e",
    "editor-foreground": "#d4d4d4",
    "widget-border": "#303031",
    "input-background": "#3c3c3c",
    "input-foreground": "#cccccc",
    "input-border": "#6b6b6b",
    "button-background": "#0e639c",
    "textLink-foreground": "#3794ff",
    "focusBorder": "#007fd4",
}
_VARIABLES = "".join(f"--vscode-{name}: {value};" for name, value in VSCODE_DARK.items())
STYLES = {
    "bare": "body { background: #fff; color: #000; }",
    "dark": ":root { color-scheme: dark; } body { background: #1e1e1e; color: #d4d4d4; }",
    "vscode": f":root {{ color-scheme: dark; {_VARIABLES} }} body {{ background: #1e1e1e; color: #d4d4d4; }}",
}
CODE = """\
from byok_widgets import Flow
flow = Flow('elsewhere {name}')
ask = flow.conversation('ask', 'What is your name?', static=True)
data = flow.extraction('data', name=str)
bye = flow.conversation('bye', 'Bye then.', static=True)
flow.connect(ask, bye)
s = flow.start(variables={{'name': 'Ana'}})
flow.provider = 'openai'
flow.settings()"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    if not (shutil.which("node") and shutil.which("npm")):
        missing("node is not installed")
    folder = tmp_path_factory.mktemp("html-manager")
    build(folder)
    served = Pages(folder)
    yield served
    served.close()


@pytest.fixture(scope="module")
def open_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("open-lab"), origin="*")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def show(browser: Any, pages: Pages, open_lab: Lab) -> Iterator[Any]:
    """Return a function that opens a page of a style, with panel and chat."""
    contexts = []

    def show_it(style: str, *, lab_variables: bool = False, watch: Any = None) -> HtmlPage:
        context = browser.new_context(viewport={"width": 900, "height": 1500})
        contexts.append(context)
        page = context.new_page()
        if watch:
            watch(page)
        opened = pages.open(page, open_lab, style=STYLES[style], lab_variables=lab_variables)
        opened.run(CODE.format(name=secrets.token_hex(4)))
        opened.run("chat = flow.chat(s)\nchat")
        opened.frame.wait_for_selector(".byok-chat [data-turn], .byok-chat-empty")
        return opened

    yield show_it
    for context in contexts:
        context.close()
    for kernel in open_lab.api("kernels"):
        open_lab.api(f"kernels/{kernel['id']}", "DELETE")


def shot(opened: HtmlPage, name: str) -> None:
    folder = os.environ.get("BYOK_WIDGETS_SHOTS")
    if folder:
        opened.page.screenshot(path=f"{folder}/html-{name}.png")


def say(opened: HtmlPage, text: str) -> None:
    chat = opened.frame.locator(".byok-chat")
    chat.get_by_label("Your message").fill(text)
    chat.get_by_label("Your message").press("Enter")
    chat.locator("[data-turn]").get_by_text(text, exact=True).wait_for()


@pytest.mark.parametrize("lab_variables", [False, True], ids=["without", "with-lab"])
@pytest.mark.parametrize("style", STYLES)
def test_everything_can_be_read_on_any_ground(show: Any, style: str, lab_variables: bool) -> None:
    opened = show(style, lab_variables=lab_variables)
    say(opened, "I am Ana")
    expect(opened.frame.get_by_placeholder("such as en-US"), "what is folded is hidden").to_be_hidden()
    shot(opened, f"{style}{'-lab' if lab_variables else ''}")
    for context in (".byok-panel", ".byok-chat"):
        found = Axe().run(opened.frame, context=context, options={"runOnly": ["color-contrast"]})
        assert [node["html"][:150] for fault in found.response["violations"] for node in fault["nodes"]] == []


def test_a_key_is_sealed_and_saved_without_buffers(show: Any) -> None:
    frames, typed = Frames(), fake_key("openai")
    opened = show("vscode", watch=frames.watch)
    panel = opened.frame.locator(".byok-panel").first
    panel.get_by_label("API key for OpenAI").fill(typed)
    panel.get_by_role("button", name="Save", exact=True).click()
    panel.get_by_role("button", name="Remove").and_(opened.frame.locator(":enabled")).wait_for()
    expect(panel.get_by_label("API key for OpenAI")).to_have_value("")
    assert any(b'"kind":"save"' in frame for frame in frames.sent)
    assert not [frame for frame in frames.sent if typed.encode() in frame]


def test_a_busy_kernel_is_not_taken_for_one_that_is_gone(show: Any, open_lab: Lab) -> None:
    opened = show("bare")
    chat = opened.frame.locator(".byok-chat")
    opened.start("import time; time.sleep(12)")
    opened.page.wait_for_timeout(8000)
    expect(chat.locator(".byok-gone-notice")).to_have_count(0)
    expect(chat.locator(".byok-chat-status"), "it is heard while the cell runs").to_have_text(
        "", use_inner_text=True
    )


def test_a_kernel_that_is_gone_has_not_answered_and_nothing_typed_is_lost(show: Any, open_lab: Lab) -> None:
    opened = show("bare")
    chat = opened.frame.locator(".byok-chat")
    message = chat.get_by_label("Your message")
    message.fill("A long thought")
    for kernel in open_lab.api("kernels"):
        _kill(open_lab.connection_file(kernel["id"]))
    chat.locator(".byok-chat-status, .byok-gone-notice").and_(
        opened.frame.locator(":not(:empty)")
    ).first.wait_for()
    message.press("Enter")
    expect(message).to_have_value("A long thought")


def _kill(connection_file: Path) -> None:
    for process in psutil.process_iter(["cmdline"]):
        if str(connection_file) in (process.info["cmdline"] or ()):
            process.send_signal(signal.SIGKILL)
