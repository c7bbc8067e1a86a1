"""What the notebook file holds of a chat, and what a person reads who opens it again without a kernel."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import VIEWPORT
from tests.browser.leaks import Frames
from tests.browser.notebook_page import NotebookPage
from tests.widgets.wire import eventually

CHAT = """\
from byok_widgets import Flow
flow = Flow('saved {name}')
ask = flow.conversation('ask', 'What is your name?', static=True)
more = flow.conversation('more', 'And the day?', static=True)
bye = flow.conversation('bye', 'Bye then.', static=True)
flow.connect(ask, more)
flow.connect(more, bye)
chat = flow.chat()
chat"""
SAID = ["I am Ana", "Tuesday please"]


def cells() -> list[str]:
    return [CHAT.format(name=secrets.token_hex(4)), "1 + 1"]


def talk(page: NotebookPage) -> Any:
    chat = page.page.locator(".byok-chat")
    chat.locator("[data-turn]").wait_for()  # the flow speaks first
    for number, text in enumerate(SAID, start=1):
        chat.get_by_label("Your message").press_sequentially(text)
        chat.get_by_label("Your message").press("Enter")
        chat.locator("[data-turn]").nth(number).wait_for()
    return chat


def saved_text(page: NotebookPage) -> str:
    outputs = page.save()["cells"][0]["outputs"]
    return json.dumps([output["data"] for output in outputs])


def saved_text_with(page: NotebookPage, words: str) -> str:
    """Return what is saved once it holds `words`: the output follows a moment after the chat."""
    return str(eventually(lambda: words in (text := saved_text(page)) and text))


def reopened(page: NotebookPage) -> Any:
    """Open the saved file in a page that starts no kernel."""
    name = page.name
    page.close()
    page.lab.shut_down_kernels()
    file = page.lab.root / name
    notebook = json.loads(file.read_text())
    notebook["metadata"]["kernelspec"]["name"] = "no-such-kernel"
    other = f"without-{name}"
    (page.lab.root / other).write_text(json.dumps(notebook))
    return other


def check_that_the_file_holds_the_conversation(page: NotebookPage) -> None:
    page.run_all()
    chat = talk(page)
    message = chat.get_by_label("Your message")
    message.press_sequentially("Half a sent")
    saved = saved_text_with(page, "Bye then.")
    assert [text for text in SAID if text not in saved] == []
    assert "Bye then." in saved
    assert "Half a sent" not in saved
    expect(message, "the update has not redrawn the chat").to_have_value("Half a sent")
    expect(message).to_be_focused()
    shown = page.output(0).get_by_text("Tuesday please", exact=True).and_(page.page.locator(":visible"))
    expect(shown, "while the chat is alive it is there once").to_have_count(1)
    page.shot(f"saved-live-{page.app}")


def test_in_jupyterlab(open_notebook: Any) -> None:
    page = open_notebook(cells())
    check_that_the_file_holds_the_conversation(page)
    page.open(reopened(page))
    page.output(0).get_by_text("Tuesday please", exact=True).wait_for()
    page.shot("saved-reopened-lab")


@pytest.mark.slow
def test_in_notebook_7(browser: Any, lab: Any) -> None:
    context = browser.new_context(viewport=VIEWPORT)
    page = NotebookPage(lab, context.new_page(), lab.url, app="notebook")
    page.open(lab.notebook(cells()))
    check_that_the_file_holds_the_conversation(page)
    context.close()
    lab.shut_down_kernels()


def test_each_turn_updates_the_file_once_and_a_fork_is_saved_beside_the_first_session(open_notebook: Any) -> None:
    frames = Frames()
    page = open_notebook(cells(), frames=frames)
    page.run_all()
    chat = talk(page)
    saved_text_with(page, "Bye then.")
    page.page.wait_for_timeout(500)
    updates = [frame for frame in frames.received if b"update_display_data" in frame]
    assert len(updates) == len(SAID)
    chat.get_by_role("button", name="after turn 1").click()
    chat.get_by_label("Session", exact=True).wait_for()
    chat.get_by_label("Your message").fill("Another day")
    chat.get_by_label("Your message").press("Enter")
    chat.locator("[data-turn]").nth(2).wait_for()
    saved = saved_text_with(page, "Another day")
    assert "Tuesday please" in saved
    assert "Another day" in saved


@pytest.mark.parametrize("app", ["lab", pytest.param("notebook", marks=pytest.mark.slow)])
def test_a_page_that_is_loaded_again_shows_what_was_said_and_saves_what_follows(
    browser: Any, lab: Any, app: str
) -> None:
    context = browser.new_context(viewport=VIEWPORT)
    page = NotebookPage(lab, context.new_page(), lab.url, app=app)
    page.open(lab.notebook(cells()))
    page.run_cell(0)
    chat = page.page.locator(".byok-chat")
    chat.locator("[data-turn]").wait_for()
    chat.get_by_label("Your message").fill(SAID[0])
    chat.get_by_label("Your message").press("Enter")
    chat.locator("[data-turn]").nth(1).wait_for()
    page.save()
    page.page.reload()
    chat.locator("[data-turn]").nth(1).get_by_text(SAID[0]).wait_for()
    chat.get_by_label("Your message").fill(SAID[1])
    chat.get_by_label("Your message").press("Enter")
    chat.locator("[data-turn]").nth(2).wait_for()
    saved = saved_text_with(page, SAID[1])
    assert [text for text in SAID if text not in saved] == []
    expect(chat.get_by_text("Tuesday please", exact=True)).to_have_count(1)
    state = json.dumps(page.save()["metadata"].get("widgets", {}))
    assert [text for text in SAID if text in state] == [], "what was said is in no widget state"
    context.close()
    lab.shut_down_kernels()


@pytest.mark.slow
def test_a_copy_that_is_open_beside_the_notebook_shows_the_conversation(open_notebook: Any) -> None:
    page = open_notebook(cells())
    page.run_all()
    talk(page)
    page.save()
    copy = f"copy-of-{page.name}"
    notebook = json.loads((page.lab.root / page.name).read_text())
    notebook["metadata"].pop("widgets", None)
    (page.lab.root / copy).write_text(json.dumps(notebook))
    page.open(copy)
    shown = page.page.locator(".jp-NotebookPanel").filter(visible=True).locator(".jp-OutputArea")
    shown.get_by_text("Tuesday please", exact=True).and_(page.page.locator(":visible")).wait_for()
