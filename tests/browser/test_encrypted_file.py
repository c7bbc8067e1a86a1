"""The encrypted file as a person meets it: a passphrase, a key, a restart, and the passphrase again."""

from __future__ import annotations

import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.leaks import Frames, Listener, files_below, hits
from tests.fake_keys import fake_key

SHOWN = ".byok-status[data-state={}]"


@pytest.fixture
def cells():
    name = f"file {secrets.token_hex(4)}"
    # The cost of scrypt is for people who guess; here it would only be waited for.
    return [
        f"""from byok_widgets import Flow
from byok_widgets.keys import derived_key
derived_key.COST = 2**10
flow = Flow('{name}')
flow.provider = 'openai'
flow.set_base_url('openai', 'http://127.0.0.1:9/v1')
flow.settings()""",
        "flow.key_store.get('openai', '127.0.0.1:9') is not None",
    ]


def button(page, name):
    return page.panel.get_by_role("button", name=name, exact=True)


def assert_usable(page):
    found = Axe().run(page.page, context=".byok-panel")
    assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]] == []


@pytest.mark.slow
def test_a_key_rests_in_the_file_over_a_restart_and_the_passphrase_nowhere(open_notebook, cells):
    frames = Frames()
    page = open_notebook(cells, frames=frames)
    listener = Listener(page.lab.connection_file(page.kernel_id))
    page.run_cell(0)
    page.page.wait_for_selector(SHOWN.format("none"))
    phrase, typed = f"Zwiebel {fake_key('compatible')}", fake_key("openai")

    key = page.panel.get_by_label("API key for OpenAI")
    key.fill(typed)
    page.panel.locator("[data-part=storage]").select_option("Encrypted file")
    first = page.panel.locator("[data-part=passphrase]")
    again = page.panel.locator("[data-part=repeated]")
    expect(key).to_be_hidden()
    first.fill(phrase)
    again.fill(phrase[:-1])
    button(page, "Set passphrase").click()
    page.panel.get_by_text("The passphrases do not match.").wait_for()
    page.shot("file-new")
    assert_usable(page)
    again.fill(phrase)
    again.press("Enter")
    button(page, "Save").wait_for()
    hidden = page.panel.locator("input[type=password]").evaluate_all(
        "fields => fields.map((field) => field.value)"
    )
    assert hidden == [typed, "", ""], "the passphrase is gone, and what was pasted before is still there"
    expect(key).to_be_visible()
    button(page, "Save").click()
    page.panel.get_by_text("The key is stored in the encrypted file").wait_for()
    page.run_cell(1)
    assert page.output(1).inner_text().endswith("True")

    page.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    page.page.wait_for_selector(".byok-gone")
    page.wait_idle()
    page.run_cell(0)
    page.panel.get_by_text("The key is stored in: Encrypted file. It is locked").wait_for()
    asked = page.panel.locator("[data-part=passphrase]")
    expect(again).to_be_hidden()
    page.shot("file-locked")
    assert_usable(page)
    page.run_cell(1)
    expect(page.output(1)).to_contain_text("Unlock it in Settings", use_inner_text=True)
    asked.fill("another passphrase")
    button(page, "Unlock").click()
    page.panel.get_by_text("This is not the passphrase of the encrypted file.").wait_for()
    asked.fill(phrase)
    button(page, "Unlock").click()
    asked.wait_for(state="hidden")
    page.panel.get_by_text("The key is stored in the encrypted file").wait_for()
    page.run_cell(1)
    assert page.output(1).inner_text().endswith("True")
    page.shot("file-unlocked")

    page.save()
    places = [
        *files_below(page.lab.base),
        ("iopub of a second client", listener.stop()),
        ("frames received by the page", b"\n".join(frames.received)),
        ("frames sent by the page", b"\n".join(frames.sent)),
        ("console of the page", "\n".join(page.console).encode()),
    ]
    assert sum(b'"kind":"unlock"' in frame for frame in frames.sent) == 3
    for secret in (phrase, typed):
        assert hits([*places, ("control", secret.encode())], secret) == ["control"]
