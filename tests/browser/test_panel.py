"""The settings panel in a real browser: what is typed, seen, heard, and kept."""

from __future__ import annotations

import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.notebook_page import waits_for
from tests.fake_keys import fake_key

SESSION = "window.jupyterapp.shell.currentWidget.sessionContext"
FIELDS = "input, select, textarea, button"


def cells(go, provider="openai"):
    name = f"panel {secrets.token_hex(4)}"
    return [
        f"""from byok_widgets import Flow
flow = Flow('{name}')
flow.provider = '{provider}'
ask = flow.conversation('ask', 'Be brief.')
flow.settings()""",
        "flow.key_store.remove('openai', 'api.openai.com')",
        waits_for(go),
    ]


@pytest.fixture
def page(open_notebook, tmp_path):
    opened = open_notebook(cells(tmp_path / "go"))
    opened.run_cell(0)
    opened.page.wait_for_selector(".byok-status[data-state=none]")
    return opened


@pytest.fixture
def key(page):
    return page.panel.get_by_label("API key for OpenAI")


def save(page):
    page.panel.get_by_role("button", name="Save", exact=True).click()


def test_the_advanced_settings_are_reached_by_keyboard(page):
    advanced = page.panel.get_by_role("button", name="Advanced", exact=True)
    calls = page.panel.get_by_label("Max calls per turn")
    expect(advanced).to_have_attribute("aria-expanded", "false")
    expect(calls).to_be_hidden()
    advanced.focus()
    page.page.keyboard.press("Enter")
    expect(advanced).to_have_attribute("aria-expanded", "true")
    calls.fill("12")
    calls.press("Enter")
    page.page.wait_for_function("() => document.querySelector('.byok-copy textarea').value.includes('= 12')")
    advanced.press("Space")
    expect(calls).to_be_hidden()


def test_a_refused_key_stays_and_can_be_taken_to_its_own_provider(page, key):
    typed = fake_key("anthropic")
    key.fill(typed)
    save(page)
    page.page.wait_for_selector(".byok-status[data-state=refused]")
    page.shot("panel-refused")
    expect(key).to_have_value(typed)
    expect(key).to_have_attribute("type", "password")
    page.panel.get_by_role("button", name="Switch to Anthropic").click()
    moved = page.panel.get_by_label("API key for Anthropic")
    moved.wait_for()
    page.panel.get_by_text("Press Save to keep the key you pasted.").wait_for()
    expect(moved).to_have_value(typed)
    expect(page.panel.get_by_label("Provider")).to_have_value("Anthropic")
    moved.fill("")
    page.panel.get_by_text("No API key is saved for Anthropic").wait_for()


def test_a_key_can_be_shown_and_is_hidden_again(page, key):
    def show():
        page.panel.get_by_role("button", name="Show").click()
        expect(key).to_have_attribute("type", "text")

    def assert_hidden():
        expect(key).to_have_attribute("type", "password")
        expect(page.panel.get_by_role("button", name="Hide")).to_have_count(0)

    key.fill("not a key")
    show()
    save(page)
    page.page.wait_for_selector(".byok-status[data-state=refused]")
    assert_hidden()
    show()
    key.fill("")
    assert_hidden()
    page.panel.locator("[data-part=storage]").select_option("This session's memory")
    key.fill(fake_key("openai"))
    save(page)
    page.panel.get_by_placeholder("saved; paste to replace").wait_for()
    expect(key).to_have_value("")
    page.shot("panel-saved")
    key.fill("another")
    show()
    page.panel.get_by_role("button", name="Remove").click()
    page.panel.get_by_role("button", name="Remove it").click()
    page.panel.get_by_placeholder("sk-…").wait_for()
    assert_hidden()


def test_a_key_in_the_wrong_place_is_cleared(page, key):
    for label in ("Default model", "Model for ask"):
        field = page.panel.get_by_label(label)
        field.fill(fake_key("openai"))
        field.press("Enter")
        expect(field).to_have_value("")
    page.panel.locator("[data-part=storage]").select_option("Environment variable")
    name = page.panel.locator("[data-part=name]")
    for typed, said, left in (
        ("NOT_SET_API_KEY", "no environment variable of that name", "NOT_SET_API_KEY"),
        (fake_key("anthropic"), "not a variable name", ""),
    ):
        name.fill(typed)
        save(page)
        page.panel.get_by_role("status").filter(has_text=said).wait_for()
        expect(name).to_have_value(left)
    page.shot("panel-misplaced")
    expect(page.panel.get_by_role("alert").filter(has_text="belongs in the key field")).to_have_count(2)


def assert_lost(page):
    notice = page.panel.get_by_role("status").filter(has_text="The kernel was restarted or stopped. Run the cells")
    notice.wait_for()
    expect(page.panel.get_by_text("No API key is saved").filter(visible=True)).to_have_count(0)
    for field in page.panel.locator(FIELDS).filter(visible=True).all():
        assert field.evaluate("e => Boolean(e.closest('[inert]')) !== Boolean(e.closest('.byok-copy'))")


def test_after_a_restart_of_the_kernel_the_panel_says_so_and_cannot_be_used(page, key):
    key.fill(fake_key("openai"))
    page.page.evaluate(f"() => {SESSION}.session.kernel.restart()")
    assert_lost(page)
    marked = page.page.locator(".jupyter-widgets-disconnected").all()
    assert marked
    assert {mark.evaluate("e => getComputedStyle(e, '::before').content") for mark in marked} == {"none"}
    found = Axe().run(page.page, context=".byok-panel")
    assert [violation["id"] for violation in found.response["violations"]] == []
    page.shot("panel-lost-light")
    page.theme("JupyterLab Dark")
    page.shot("panel-lost-dark")
    page.wait_idle()
    page.run_cell(0)
    page.page.wait_for_selector(".byok-panel:not(.byok-gone) .byok-status[data-state=none]")
    page.panel.get_by_role("button", name="balanced").click()
    page.panel.get_by_role("button", name="✓ balanced").wait_for()


def test_when_another_kernel_is_chosen_the_panel_says_so_and_what_was_typed_stays(page, key):
    typed = fake_key("openai")
    key.fill(typed)
    page.page.evaluate(f"() => {SESSION}.changeKernel({{name: 'python3'}})")
    assert_lost(page)  # JupyterLab tells nothing of it: the panel looks now and then
    expect(key).to_have_value(typed)
    expect(key).to_have_attribute("type", "password")


def test_keys_pressed_in_the_panel_do_nothing_to_the_notebook(page, key):
    count = "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    before = page.page.evaluate(count)
    key.press_sequentially("ddxbaa0")
    expect(key).to_have_value("ddxbaa0")
    for place in (
        page.panel.get_by_role("button", name="Show"),
        page.panel.locator("[data-part=storage]"),
        page.panel.get_by_role("button", name="balanced"),
        page.panel.get_by_label("Provider"),
    ):
        place.focus()
        for press in ("d", "d", "x", "b", "Shift+Enter"):
            page.page.keyboard.press(press)
    assert page.page.evaluate(count) == before
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)


def test_while_a_cell_runs_the_key_waits_and_then_is_saved(page, key, tmp_path):
    page.start_waiting(2, tmp_path / "go")
    key.fill(fake_key("openai"))
    save(page)
    page.page.get_by_text("Waiting for the kernel").wait_for()
    expect(key).not_to_have_value("")
    (tmp_path / "go").touch()
    page.panel.get_by_role("button", name="Remove").and_(page.page.locator(":enabled")).wait_for()
    expect(key).to_have_value("")


def test_over_plain_http_from_elsewhere_nothing_is_sent(open_notebook, elsewhere, tmp_path):
    page = open_notebook(cells(tmp_path / "go"), url=elsewhere)
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
    page.page.get_by_text("the key would travel unencrypted").wait_for()
    page.shot("panel-insecure")
    assert page.page.evaluate("() => window.sent") == 0
    expect(key).to_have_value(typed)


@pytest.mark.parametrize("theme", [pytest.param("JupyterLab Light", marks=pytest.mark.slow), "JupyterLab Dark"])
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


OUTSIDE = f"""panel => {{
  const edge = panel.getBoundingClientRect();
  return [...panel.querySelectorAll("{FIELDS}, label, p, div")]
    .filter((node) => node.offsetParent && node.getBoundingClientRect().right > edge.right + 0.5)
    .map((node) => node.outerHTML.slice(0, 100));
}}"""


def test_nothing_is_cut_off_in_a_narrow_place(page):
    page.panel.get_by_text("Copy as code").click()
    for width in (320, 480):
        page.narrow(width)
        page.shot(f"panel-{width}")
        assert page.panel.evaluate("panel => panel.offsetWidth") <= width
        assert page.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 0
        assert page.panel.evaluate(OUTSIDE) == []


def test_running_the_cell_again_shows_one_panel_that_works(page, key):
    page.run_cell(0)
    page.page.wait_for_selector(".byok-status[data-state=none]")
    expect(page.page.locator(".byok-panel")).to_have_count(1)
    page.panel.get_by_role("button", name="balanced").click()
    page.panel.get_by_role("button", name="✓ balanced").wait_for()
