"""The troubleshooting section in a real JupyterLab: what is to be fixed, and the click that fixes it."""

from __future__ import annotations

import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import VIEWPORT
from tests.browser.notebook_page import waits_for

CLIPPED = """part => {
  const edge = part.closest(".byok-panel").getBoundingClientRect();
  return [...part.querySelectorAll("button, p, dt, dd, code, a, li")]
    .filter((node) => node.offsetParent && node.getBoundingClientRect().right > edge.right + 0.5)
    .map((node) => node.outerHTML.slice(0, 100));
}"""


def flow_cells(go, *lines):
    made = "\n".join(lines)
    return [
        f"from byok_widgets import Flow\nflow = Flow('trouble {secrets.token_hex(4)}')\n{made}\nflow.settings()",
        "flow.connect('ask', 'lost', when='they are lost')",
        waits_for(go),
    ]


NODES = ("flow.conversation('ask', 'Be brief.')", "flow.conversation('lost', 'Be brief, {{nmae}}.')")
TROUBLE = (
    "flow.provider = 'openai'",
    *NODES,
    "flow.node('ask').model = 'openai:gpt-4'",
    "flow.node('lost').model = 'anthropic:claude-haiku-5-5'",
    "flow.set_base_url('openai', 'https://proxy.example.org/a/rather/long/path/of/a/gateway/v1')",
)
MANY = tuple(f"flow.conversation('n{number}', 'Go on.', enter='they say {number}')" for number in range(5))
UNFIT = ("flow.extraction('data', word=str, model='openai:gpt-3.5-turbo', enter='they said it', end=True)",)


@pytest.fixture
def opened(open_notebook, tmp_path):
    """Return a function that opens a panel of a flow that some lines have made."""

    def open_it(*lines):
        page = open_notebook(flow_cells(tmp_path / "go", *lines))
        page.run_cell(0)
        page.panel.locator(".byok-trouble summary").wait_for()
        return page

    return open_it


def part(page):
    return page.panel.locator(".byok-trouble")


def said(page, text):
    part(page).get_by_role("status").filter(has_text=text).wait_for()


def check(page):
    part(page).locator("summary").click()
    part(page).get_by_role("button", name="Check the flow").click()
    part(page).locator("summary .byok-count").filter(has_text="problem").wait_for()


def press(page, button):
    part(page).get_by_role("button", name=button, exact=True).click()


def focused(field):
    expect(field).to_be_focused()


def finding(page, text):
    return part(page).get_by_role("listitem").filter(has_text=text)


def test_what_is_to_be_fixed_is_fixed_by_a_click_and_never_by_itself(opened):
    page = opened(*TROUBLE)
    summary = part(page).locator("summary")
    expect(summary).to_have_text("Troubleshooting", use_inner_text=True)
    expect(part(page).get_by_role("button", name="Check the flow"), "it is closed").to_be_hidden()
    check(page)
    said(page, "6 problems.")
    expect(summary).to_have_text("Troubleshooting · 6 problems", use_inner_text=True)
    words = finding(page, "gpt-4 ended").locator("p").first.inner_text()
    assert words.startswith("✕ Error: The model openai:gpt-4 is used by node 'ask'.")
    own = page.panel.get_by_label("Model for ask")
    expect(own).to_have_value("openai:gpt-4")
    button = finding(page, "gpt-4 ended").get_by_role("button")
    newer = button.inner_text().removeprefix("Replace everywhere with ")
    button.press("Enter")
    said(page, f"{newer} is now used everywhere instead of gpt-4")
    finding(page, "gpt-4 ended").wait_for(state="detached")
    expect(own).to_have_value(f"openai:{newer}")
    focused(part(page).get_by_role("button", name="Check the flow"))
    finding(page, "not connected yet").wait_for()
    press(page, "Use the default address")
    finding(page, "its own address").wait_for(state="detached")
    page.run_cell(1)
    finding(page, "not connected yet").wait_for(state="detached")
    summary.filter(has_text="3 problems").wait_for()
    press(page, "Switch to Anthropic and paste its key")
    focused(page.panel.get_by_label("API key for Anthropic"))
    said(page, "Switched to Anthropic.")


def test_a_line_is_copied_and_fields_are_found(opened):
    page = opened("flow.provider = 'openai'", *NODES, *MANY, *UNFIT)
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    check(page)
    line = "flow.connect('n4', 'lost')"
    press(page, f"Copy {line}")
    said(page, "Copied. Paste it into a cell.")
    assert page.page.evaluate("() => navigator.clipboard.readText()") == line
    expect(page.panel.get_by_label("Model for data"), "its row is closed").to_be_hidden()
    press(page, "Choose a model for data")
    focused(page.panel.get_by_label("Model for data"))
    press(page, "Open the model list")
    model = page.panel.get_by_label("Default model")
    focused(model)
    expect(model).to_have_attribute("aria-expanded", "true")
    page.page.keyboard.press("Escape")
    part(page).get_by_text("No API key configured", exact=True).wait_for()
    part(page).locator("dl").get_by_role("button", name="Go to the key field").click()
    focused(page.panel.get_by_label("API key for OpenAI"))
    page.panel.get_by_label("Provider").select_option("OpenAI-compatible endpoint")
    part(page).get_by_role("button", name="Enter the address").or_(
        part(page).get_by_role("button", name="Go to the Base URL")
    ).first.click()
    focused(page.panel.get_by_label("Base URL"))


def test_the_four_rows_link_to_the_chosen_provider(opened):
    page = opened("flow.provider = 'anthropic'")
    part(page).locator("summary").click()
    terms = part(page).locator("dt")
    assert terms.all_inner_texts() == [
        "No API key configured",
        "401 Unauthorized",
        "Model not available",
        "Rate limit errors",
    ]
    links = part(page).locator("dl").get_by_role("link")
    hosts = {link.evaluate("a => a.host") for link in links.all()}
    assert hosts == {"console.anthropic.com", "docs.claude.com", "status.claude.com"}
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer"}
    page.panel.get_by_label("Provider").select_option("Local model (no key)")
    terms.filter(has_text="Not enough memory").wait_for()
    expect(links).to_have_count(0)


def test_while_a_cell_runs_it_says_what_it_waits_for(opened, tmp_path):
    page = opened(*NODES)
    part(page).locator("summary").click()
    page.start_waiting(2, tmp_path / "go")
    press(page, "Check the flow")
    said(page, "Waiting for the kernel: a cell is still running.")
    (tmp_path / "go").touch()
    said(page, "2 problems.")


def test_at_the_side_it_tells_when_no_flow_is_defined_yet(open_notebook):
    page = open_notebook(["1 + 1"])
    page.gear.click()
    page.page.locator(".byok-side .byok-panel").filter(visible=True).wait_for()
    check(page)
    said(page, "No problems found.")
    part(page).get_by_text("No cell has defined this flow yet").wait_for()


@pytest.mark.parametrize("theme", [pytest.param("JupyterLab Light", marks=pytest.mark.slow), "JupyterLab Dark"])
def test_it_can_be_used_by_everybody(opened, theme):
    page = opened(*TROUBLE)
    page.theme(theme)
    check(page)
    found = Axe().run(page.page, context=".byok-panel")
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]] == []
    page.narrow(320)
    page.page.set_viewport_size({"width": 1280, "height": 2600})
    page.shot(f"trouble-320-{theme.split()[-1].lower()}")
    assert part(page).evaluate(CLIPPED) == []
    assert page.panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 0
    page.widen()
    page.shot(f"trouble-{theme.split()[-1].lower()}")
    page.page.set_viewport_size(VIEWPORT)
    before = page.page.locator(".jp-Notebook .jp-Cell").count()
    part(page).get_by_role("button", name="Check the flow").focus()
    for key in ("d", "d", "x", "b"):
        page.page.keyboard.press(key)
    assert page.page.locator(".jp-Notebook .jp-Cell").count() == before
