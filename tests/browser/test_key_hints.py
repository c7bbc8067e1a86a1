"""What the page tells of a key before anything is sent: in the kernel's words, once, and only there."""

from __future__ import annotations

import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from byok_widgets.errors import KeyFormatError
from byok_widgets.keys import check_provider, clean_key
from byok_widgets.keys.formats import validation_rules
from byok_widgets.widgets import assets
from tests.browser.leaks import Listener, hits
from tests.browser.notebook_page import type_into, waits_for
from tests.fake_keys import fake_key
from tests.keys.test_formats import REFUSED, WRAPPINGS

PROVIDERS = ("openai", "anthropic", "openrouter", "compatible")
STATE = ".byok-status[data-state={}]"

# Each time that the status line is written is one that a screen reader reads out.
HEAR = """() => {
  const text = document.querySelector(".byok-key [role=status] > :not(.byok-icon) > span");
  window.heard = [];
  new MutationObserver(() => window.heard.push(text.innerText)).observe(text, { childList: true });
  window.plainSend = WebSocket.prototype.send;
  window.sent = [];
  WebSocket.prototype.send = function (data) {
    window.sent.push(typeof data === "string" ? data : new TextDecoder("latin1").decode(data));
    return window.plainSend.call(this, data);
  };
}"""


@pytest.fixture
def page(open_notebook, tmp_path):
    name = f"hints {secrets.token_hex(4)}"
    cell = f"from byok_widgets import Flow\nflow = Flow('{name}')\nflow.provider = 'openai'\nflow.settings()"
    opened = open_notebook([cell, waits_for(tmp_path / "go")])
    opened.run_cell(0)
    opened.page.wait_for_selector(STATE.format("none"))
    opened.page.wait_for_selector(".byok-key option[value=session]", state="attached")
    return opened


@pytest.fixture
def listener(page):
    """A second client of the kernel; meanwhile the page keeps what it says and sends in `heard` and `sent`."""
    page.page.evaluate(HEAR)
    yield (heard := Listener(page.lab.connection_file(page.kernel_id)))
    heard.stop()
    page.page.evaluate("() => { WebSocket.prototype.send = window.plainSend; }")


def button(page, name):
    return page.panel.get_by_role("button", name=name, exact=True)


def status(page):
    return page.panel.locator(".byok-key [role=status]")


def said_by_the_kernel(text, provider):
    """Return what of the kernel's refusal can be told while something may still be typed."""
    try:
        check_provider(clean_key(text), provider)
    except KeyFormatError as fault:
        if fault.kind == "wrong_provider":
            return fault.problem.split(",")[0] + "."
        if fault.kind == "no_key" or "too short" in fault.problem:
            return ""
        return fault.problem if "variable" in fault.problem else f"{fault.problem} {fault.fix}"
    return ""


def test_page_and_kernel_say_the_same_of_the_same_texts(blank_page):
    module = assets.built("widgets.js")
    keys = [fake_key(name) for name in PROVIDERS] + ["sk-" + fake_key("compatible")]
    texts = [wrapping.format(key) for key in keys for wrapping in WRAPPINGS]
    texts += [make() for make, word in REFUSED.values() if word != "prefix_only"]
    texts += ["", " ", "Bearer ", "$MY_KEY", "${X}", "env:"]
    texts = [text for text in texts if "\ud800" not in text]  # half a letter does not get to the page
    said = blank_page.evaluate(
        """async ([module, texts, shapes]) => {
          const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
          const { keyHint } = await import(url);
          return shapes.map((rules) => texts.map((text) => keyHint(text, rules)?.text ?? ""));
        }""",
        [module, texts, [validation_rules(provider) for provider in PROVIDERS]],
    )
    for provider, hints in zip(PROVIDERS, said, strict=True):
        expected = {text: said_by_the_kernel(text, provider) for text in texts}
        assert dict(zip(texts, hints, strict=True)) == expected


def test_a_key_of_another_provider_is_recognised_as_it_is_typed_and_told_once(page, listener):
    typed = fake_key("anthropic")
    key = page.panel.get_by_label("API key for OpenAI")
    type_into(key, typed)
    said = page.page.evaluate("() => window.heard")
    hint = "This looks like a key from Anthropic."
    assert said[-1] == hint
    assert len(said) == 2, "what to do with a key that is pasted, then whose it is, and neither again"
    assert page.page.evaluate("() => window.sent.length") == 0
    page.panel.get_by_role("button", name="Show").click()
    assert hits([("status", status(page).inner_text().encode())], typed) == []
    page.panel.get_by_role("button", name="Hide").click()

    for theme in ("Light", "Dark"):
        page.theme(f"JupyterLab {theme}")
        found = Axe().run(page.page, context=".byok-key")
        assert [violation["id"] for violation in found.response["violations"]] == []
        page.shot(f"key-hint-{theme.lower()}")
    key.fill("")
    expect(status(page)).to_contain_text("No API key is saved", use_inner_text=True)
    key.fill(typed)
    expect(status(page)).to_contain_text(hint, use_inner_text=True)
    key.fill(fake_key("openai"))
    expect(status(page)).to_contain_text("Press Save to keep the key you pasted.", use_inner_text=True)
    key.fill(typed)
    key.press("Tab")
    button(page, "Switch to Anthropic").press("Enter")
    moved = page.panel.get_by_label("API key for Anthropic")
    moved.wait_for()
    page.panel.get_by_text("Press Save to keep the key you pasted.").wait_for()
    expect(moved).to_have_value(typed)
    expect(button(page, "Save")).to_be_focused()
    moved.fill("")
    page.page.evaluate("() => { window.heard.length = 0; }")
    moved.press_sequentially(typed[:20])
    said = page.page.evaluate("() => window.heard")
    assert said == ["Press Save to keep the key you pasted."], "sk- may still become anybody's"
    sent = page.page.evaluate("() => window.sent.join(' ')").encode()
    heard = listener.stop()
    assert b'"kind":"switch"' in sent
    assert b"anthropic@api.anthropic.com" in heard
    assert hits([("sent", sent), ("iopub", heard), ("control", typed.encode())], typed) == ["control"]


def test_what_is_no_key_is_told_and_a_name_and_a_key_find_their_fields(page):
    key = page.panel.get_by_label("API key for OpenAI")
    key.fill("sk-proj-…T3Bl")
    expect(status(page)).to_contain_text("The middle of the key is hidden", use_inner_text=True)
    key.fill("sk-proj-ab cd")
    expect(status(page)).to_contain_text("The key has a space inside; an API key has none.", use_inner_text=True)
    key.fill("env:MY_OPENAI_KEY")
    expect(status(page)).to_contain_text(
        "This is the name of an environment variable, not an API key.", use_inner_text=True
    )
    page.shot("key-hint-variable")
    button(page, "Show the key").click()
    page.panel.locator("[data-part=move]").click()
    name = page.panel.locator("[data-part=name]")
    expect(name).to_have_value("MY_OPENAI_KEY")
    expect(name).to_be_focused()
    expect(status(page)).to_contain_text("Press Save to read the key from this variable.", use_inner_text=True)
    button(page, "Save").click()
    page.panel.get_by_text("This kernel has no environment variable of that name.").wait_for()

    typed = fake_key("openai")
    name.fill(typed)
    expect(status(page)).to_contain_text(
        "This looks like an API key, not the name of an environment variable.", use_inner_text=True
    )
    page.panel.locator("[data-part=move]").click()
    expect(key).to_have_value(typed)
    expect(key).to_have_attribute("type", "password")
    expect(name).to_be_hidden()
    expect(name).to_have_value("")
    expect(page.panel.locator("[data-part=storage]")).to_have_value("session")


def test_a_switch_waits_for_a_running_cell_and_says_so(page, tmp_path):
    typed = fake_key("anthropic")
    page.start_waiting(1, tmp_path / "go")
    page.panel.get_by_label("API key for OpenAI").fill(typed)
    button(page, "Switch to Anthropic").click()
    page.panel.get_by_text("Waiting for the kernel: a cell is still running.").wait_for()
    (tmp_path / "go").touch()
    page.panel.get_by_text("Press Save to keep the key you pasted.").wait_for()
    expect(page.panel.get_by_label("API key for Anthropic")).to_have_value(typed)
