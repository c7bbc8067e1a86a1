"""Voila and marimo: what each of them shows, and what becomes of a key there."""

from __future__ import annotations

import importlib.util
import os

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import VIEWPORT
from tests.browser.lab import notebook_of
from tests.browser.leaks import Frames, files_below, hits
from tests.browser.notebook_page import TIMEOUT_MS, type_into
from tests.browser.served import Served
from tests.fake_keys import fake_key
from tests.local_model import require_model

pytestmark = pytest.mark.slow

FLOW = """\
from byok_widgets import Flow
flow = Flow('elsewhere')
ask = flow.conversation('ask', 'Be brief.', max_tokens=8)
flow.settings()"""


def needs(module):
    return pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"{module} is not installed")


class Voila(Served):
    def command(self):
        cells = [FLOW, "flow", "flow.chat()"]
        (self.root / "page.ipynb").write_text(notebook_of(cells), encoding="utf-8")
        return ["voila", "page.ipynb", "--no-browser", f"--port={self.port}", "--Voila.ip=127.0.0.1"]


class Marimo(Served):
    def command(self):
        code = ["import marimo", "app = marimo.App()"]
        for given, cell in (("", f"{FLOW}\nreturn (flow,)"), ("flow", "flow"), ("flow", "flow.chat()")):
            code += ["@app.cell", f"def _({given}):", *(f"    {line}" for line in cell.split("\n"))]
        (self.root / "page.py").write_text("\n".join(code), encoding="utf-8")
        port = ["--port", str(self.port), "--host", "127.0.0.1"]
        return ["marimo", "run", "page.py", "--headless", "--no-token", *port]


@pytest.fixture
def serve(browser, tmp_path):
    """Return a function that opens a program's page; gives the page, the program and the page's frames."""
    require_model()
    ends = []

    def serve_it(program):
        served, frames = program(tmp_path / "served"), Frames()
        context = browser.new_context(viewport=VIEWPORT)
        ends.extend([served.stop, context.close])
        served.start()
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        frames.watch(page)
        page.goto(served.url)
        return page, served, frames

    yield serve_it
    for end in reversed(ends):
        end()


def shot(page, name):
    folder = os.environ.get("BYOK_WIDGETS_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def talk(page):
    chat = page.locator(".byok-chat")
    chat.get_by_label("Your message").fill("Hello")
    chat.get_by_label("Your message").press("Enter")
    chat.locator("[data-turn]").wait_for()
    expect(chat).to_contain_text("8 out", use_inner_text=True)


@needs("voila")
def test_voila_shows_panel_graph_and_chat_and_a_key_stays_where_it_rests(serve):
    page, served, frames = serve(Voila)
    console = []
    page.on("console", lambda message: console.append(message.text))
    panel = page.locator(".byok-panel").first
    panel.get_by_label("Provider").select_option("OpenAI")
    key, typed = panel.get_by_label("API key for OpenAI"), fake_key("openai")
    type_into(key, typed)
    panel.get_by_role("button", name="Save", exact=True).click()
    panel.get_by_role("button", name="Remove").and_(page.locator(":enabled")).wait_for()
    expect(key).to_have_value("")
    assert any(b'"kind":"save"' in frame for frame in frames.sent)
    places = [
        *files_below(served.base),
        ("frames received by the page", b"\n".join(frames.received)),
        ("frames sent by the page", b"\n".join(frames.sent)),
        ("console of the page", "\n".join(console).encode()),
    ]
    assert hits([*places, ("control", typed.encode())], typed) == ["control"]
    panel.get_by_label("Provider").select_option("Local model (no key)")
    talk(page)
    shot(page, "voila")
    expect(page.locator('img[src^="data:image/svg"]').first).to_be_visible()
    assert not [text for text in console if "byok" in text]


@needs("marimo")
def test_marimo_shows_the_settings_as_a_card_the_graph_and_the_chat(serve):
    page, *_ = serve(Marimo)
    talk(page)
    shot(page, "marimo")
    expect(page.get_by_role("row", name="Default model smollm2-135m")).to_be_visible()
    expect(page.locator('img[src^="data:image/svg"]').first).to_be_visible()
