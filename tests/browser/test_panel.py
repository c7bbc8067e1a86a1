"""The settings panel in a real browser: what is typed, seen, heard, and kept."""

from __future__ import annotations

import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.fake_keys import fake_key

FIELDS = "input, select, textarea, button"


def cells(provider="openai"):
    name = f"panel {secrets.token_hex(4)}"
    return [
        f"""from byok_widgets import Flow
flow = Flow('{name}')
flow.provider = '{provider}'
ask = flow.conversation('ask', 'Be brief.')
flow.settings()""",
        "flow.key_store.remove('openai', 'api.openai.com')",
        "import time; time.sleep(4)",
    ]


@pytest.fixture
def page(open_notebook):
    opened = open_notebook(cells())
    opened.run_cell(0)
    opened.page.wait_for_selector(".byok-status[data-state=none]")
    return opened


@pytest.fixture
def key(page):
    return page.panel.get_by_label("API key for OpenAI")


def save(page):
    page.panel.get_by_role("button", name="Save", exact=True).click()


def test_a_refused_key_stays_and_can_be_taken_to_its_own_provider(page, key):
    typed = fake_key("anthropic")
    key.fill(typed)
    save(page)
    page.page.wait_for_selector(".byok-status[data-state=refused]")
    page.shot("panel-refused")
    assert key.input_value() == typed
    assert key.get_attribute("type") == "password"
    page.panel.get_by_role("button", name="Switch to Anthropic").click()
    moved = page.panel.get_by_label("API key for Anthropic")
    moved.wait_for()
    assert moved.input_value() == typed
    assert page.panel.get_by_label("Provider").input_value() == "Anthropic"


def test_a_key_can_be_shown_and_is_hidden_again_on_save(page, key):
    key.fill("not a key")
    page.panel.get_by_role("button", name="Show").click()
    assert key.get_attribute("type") == "text"
    save(page)
    page.page.wait_for_selector(".byok-status[data-state=refused]")
    assert key.get_attribute("type") == "password"


def test_keys_pressed_in_the_panel_do_nothing_to_the_notebook(page, key):
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.page.evaluate(count)
    key.press_sequentially("ddxbaa0")
    assert key.input_value() == "ddxbaa0"
    for place in (
        page.panel.get_by_role("button", name="Show"),
        page.panel.get_by_label("Where the key rests"),
        page.panel.get_by_role("button", name="balanced"),
        page.panel.get_by_label("Provider"),
    ):
        place.focus()
        for press in ("d", "d", "x", "b", "Shift+Enter"):
            page.page.keyboard.press(press)
    assert page.page.evaluate(count) == before
    assert page.page.locator(".jp-Dialog").count() == 0


def test_while_a_cell_runs_the_key_waits_and_then_is_saved(page, key):
    page.page.evaluate("n => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = n; }", 2)
    page.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell'); }")
    key.fill(fake_key("openai"))
    save(page)
    page.page.get_by_text("Waiting for the kernel").wait_for()
    assert key.input_value() != ""
    page.panel.get_by_role("button", name="Remove").and_(page.page.locator(":enabled")).wait_for()
    assert key.input_value() == ""


def test_over_plain_http_from_elsewhere_nothing_is_sent(open_notebook, elsewhere):
    page = open_notebook(cells(), url=elsewhere)
    page.run_cell(0)
    page.page.wait_for_selector(".byok-status[data-state=none]")
    page.page.evaluate(
        "() => { const send = WebSocket.prototype.send; window.sent = 0;"
        "WebSocket.prototype.send = function (data) { window.sent += 1; return send.call(this, data); }; }"
    )
    typed = fake_key("openai")
    key = page.panel.get_by_label("API key for OpenAI")
    key.fill(typed)
    save(page)
    page.page.get_by_text("the key would travel in the clear").wait_for()
    page.shot("panel-insecure")
    assert page.page.evaluate("() => window.sent") == 0
    assert key.input_value() == typed


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_the_panel_can_be_used_by_everybody(page, theme):
    page.theme(theme)
    page.panel.get_by_text("Copy as code").click()
    found = Axe().run(page.page, context=".byok-panel")
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]] == []
    for field in page.panel.locator(FIELDS).filter(visible=True).all():
        name = field.evaluate(
            "e => (e.labels?.[0]?.textContent || e.getAttribute('aria-label') || e.textContent || '')"
            ".replace(/\\u200b/g, '').trim()"
        )
        assert name, field.evaluate("e => e.outerHTML")
    page.shot(f"panel-{theme.split()[-1].lower()}")


@pytest.mark.parametrize("width", [320, 480])
def test_nothing_is_cut_off_in_a_narrow_place(page, width):
    narrow = f"flex: none !important; width: {width}px !important; max-width: {width}px !important"
    page.page.add_style_tag(content=f".jp-OutputArea-output {{ {narrow} }}")
    page.panel.get_by_text("Copy as code").click()
    page.shot(f"panel-{width}")
    assert page.panel.evaluate("panel => panel.offsetWidth") <= width
    assert page.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 0
    outside = page.panel.evaluate(
        f"""panel => {{
          const edge = panel.getBoundingClientRect();
          return [...panel.querySelectorAll("{FIELDS}, label, p, div")]
            .filter((node) => node.offsetParent && node.getBoundingClientRect().right > edge.right + 0.5)
            .map((node) => node.outerHTML.slice(0, 100));
        }}"""
    )
    assert outside == []


def test_running_the_cell_again_shows_one_panel_that_works(page, key):
    page.run_cell(0)
    page.page.wait_for_selector(".byok-status[data-state=none]")
    assert page.page.locator(".byok-panel").count() == 1
    page.panel.get_by_role("button", name="balanced").click()
    page.panel.get_by_role("button", name="✓ balanced").wait_for()
