"""A key in the panel while others listen: typed, saved, checked, replaced, removed, and found nowhere."""

from __future__ import annotations

import importlib.util
from contextlib import contextmanager

import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from byok_widgets.providers.local import model_server
from tests.browser.conftest import VIEWPORT
from tests.browser.lab import Lab
from tests.browser.leaks import Frames, Listener, files_below, hits
from tests.browser.notebook_page import NotebookPage, type_into
from tests.fake_keys import fake_key
from tests.local_model import require_model

LABEL = "API key for OpenAI-compatible endpoint"
NO_KEY = "[data-state=none], [data-state=unverified]"
"""Without a key the list of models is refused soon, and then the panel says that one is needed."""

SAVED = "application/vnd.jupyter.widget-state+json"


@pytest.fixture
def server():
    """A real llama.cpp server that asks for a key."""
    running = model_server.serve(require_model(), alias="test-model", threads=1)
    with running.hold():
        yield running
    model_server.stop(running, timeout_s=20)


def cells(server):
    address = f"flow.set_base_url('compatible', '{server.base_url}')\nflow.provider = 'compatible'"
    return [f"from byok_widgets import Flow\nflow = Flow('a key in its time')\n{address}\nflow.settings()"]


def live(page, good, wrong):
    """Type, save, check, replace and remove a key; the notebook is saved at each step."""
    status = page.page.locator(".byok-panel .byok-status")
    key = page.panel.get_by_label(LABEL)
    save = page.panel.get_by_role("button", name="Save", exact=True)
    type_into(key, wrong)
    page.save()
    save.click()
    status.and_(page.page.locator("[data-state=rejected]")).wait_for()
    page.save()
    type_into(key, good)
    save.click()
    status.and_(page.page.locator("[data-state=verified]")).wait_for()
    page.panel.get_by_role("button", name="Check", exact=True).click()
    status.and_(page.page.locator("[data-state=verified]")).wait_for()
    saved = page.save()
    page.panel.get_by_role("button", name="Remove").click()
    page.panel.get_by_role("button", name="Remove it").click()
    status.and_(page.page.locator(NO_KEY)).wait_for()
    page.save()
    expect(key).to_have_value("")
    return saved


@contextmanager
def listening(page, frames):
    """Yield the places where a key could have got to: they are read when the `with` block asks for them."""
    listener = Listener(page.lab.connection_file(page.kernel_id))
    yield lambda: [
        *files_below(page.lab.base),
        ("iopub of a second client", listener.stop()),
        ("frames received by the page", b"\n".join(frames.received)),
        ("frames sent by the page", b"\n".join(frames.sent)),
        ("console of the page", "\n".join(page.console).encode()),
    ]


def as_html(page):
    """Return the saved notebook as nbconvert writes it, with the state of its widgets."""
    body, _ = HTMLExporter().from_filename(str(page.lab.root / page.name))
    assert SAVED in body
    return body


def test_nothing_of_it_is_heard_or_kept_anywhere(open_notebook, server):
    frames = Frames()
    page = open_notebook(cells(server), frames=frames)
    page.run_all()
    good, wrong = server.key.reveal(), fake_key("compatible")
    with listening(page, frames) as places:
        saved = live(page, good, wrong)
        found = [*places(), ("the notebook as HTML", as_html(page).encode())]
    assert SAVED in saved["metadata"]["widgets"]
    assert any(name == "iopub of a second client" and b"verified" in content for name, content in found)
    for secret in (good, wrong):
        assert hits([*found, ("control", secret.encode())], secret) == ["control"]


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("jupyter_collaboration") is None, reason="jupyter-collaboration is not installed"
)
def test_nor_when_others_work_in_the_same_document(browser, tmp_path, server):
    lab = Lab(tmp_path, together=True)
    lab.start()
    contexts = [browser.new_context(viewport=VIEWPORT) for _ in range(2)]
    try:
        heard = [Frames(), Frames()]
        pages = [NotebookPage(lab, context.new_page(), lab.url) for context in contexts]
        name = lab.notebook(cells(server))
        for page, frames in zip(pages, heard, strict=True):
            frames.watch(page.page)
            page.open(name)
        mine, theirs = pages
        mine.run_all()
        theirs.page.reload()  # until then the other sees the static card
        theirs.wait_idle()
        theirs.panel.wait_for()
        good, wrong = server.key.reveal(), fake_key("compatible")
        with listening(mine, heard[0]) as places:
            live(mine, good, wrong)
            found = [*places(), ("the notebook as HTML", as_html(mine).encode())]
        found += [
            ("frames received by the other", b"\n".join(heard[1].received)),
            ("the page of the other", theirs.page.content().encode()),
            ("fields of the other", repr(_values(theirs.page)).encode()),
            ("console of the other", "\n".join(theirs.console).encode()),
        ]
        assert any("ystore" in name for name, _ in found), "others work in the same document"
        for secret in (good, wrong):
            assert hits([*found, ("control", secret.encode())], secret) == ["control"]
    finally:
        for context in contexts:
            context.close()
        lab.stop()


def _values(page):
    return page.evaluate("() => [...document.querySelectorAll('input, textarea')].map((field) => field.value)")
