"""The chat widget in a real browser: ten turns, Stop, forks, a page that is loaded again, and hostile text."""

from __future__ import annotations

import json
import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import LEFT, VIEWPORT
from tests.browser.notebook_page import waits_for
from tests.scripted_server import Say, ScriptedServer

HOSTILE = (
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    " <b>bold</b> \x1b[31mred\x1b[0m $\\frac{1}{2}$ [link](javascript:alert(1)) \u202eevil\u202c"
)


class Play:
    """What the models say: the judge stays unless told, the extraction finds a name, conversations say `words`."""

    def __init__(self, server: ScriptedServer) -> None:
        self.words: list[Say] = [Say("Which day would suit you? We are open all week.")]
        self.moves = False
        server.script(self._answer)

    def _answer(self, request: dict) -> Say:
        shape = request.get("response_format", {}).get("json_schema", {})
        if shape.get("name") == "edges":
            offered = shape["schema"]["properties"]["choice"]["enum"]
            return Say(json.dumps({"choice": offered[0] if self.moves else "stay", "reason": "they said so"}))
        if shape:
            return Say(json.dumps({"name": "Ana", "weekday": "Tue"}))
        return self.words.pop(0) if len(self.words) > 1 else self.words[0]


@pytest.fixture
def play(server):
    return Play(server)


def cells(server, go):
    return [
        f"""from byok_widgets import Flow
flow = Flow('chat {secrets.token_hex(4)}')
flow.set_base_url('compatible', '{server.base_url}')
flow.model = 'compatible:scripted'
ask = flow.conversation('ask', 'Ask for name and weekday.')
data = flow.extraction('data', name=str, weekday=['Mon', 'Tue'])
bye = flow.conversation('bye', 'Thanks {{{{name}}}}, see you on {{{{weekday}}}}.', static=True)
flow.connect(ask, data, when='the caller gave a name and a weekday')
flow.connect(data, bye, if_='weekday is not None')
flow.connect(data, ask)
chat = flow.chat()
chat""",
        "print(chat.session)",
        waits_for(go),
    ]


@pytest.fixture
def page(open_notebook, server, play, tmp_path):
    opened = open_notebook(cells(server, tmp_path / "go"))
    opened.run_cell(0)
    opened.page.wait_for_selector(".byok-chat-empty")
    return opened


@pytest.fixture
def chat(page):
    return page.page.locator(".byok-chat").last


def say(chat, text, turns):
    chat.get_by_label("Your message").fill(text)
    chat.get_by_label("Your message").press("Enter")
    chat.locator("[data-turn]").nth(turns - 1).wait_for()


def test_ten_turns_with_the_node_the_variables_and_the_reasons(page, chat, play):
    for number in range(1, 10):
        say(chat, f"Hello for the {number}. time", number)
    play.moves = True
    say(chat, "I am Ana, Tuesday please", 10)
    last = chat.locator(".byok-turn").last
    expect(last).to_contain_text("Thanks Ana, see you on Tue.", use_inner_text=True)
    expect(last.locator("summary")).to_contain_text("data → bye", use_inner_text=True)
    last.locator("summary").click()
    expect(last.locator("tr[data-verdict=holds]").first).to_contain_text("they said so", use_inner_text=True)
    expect(last.locator(".byok-why-path")).to_contain_text("✓", use_inner_text=True)
    expect(chat.locator(".byok-chat-node")).to_have_text("at bye", use_inner_text=True)
    expect(chat.get_by_role("region", name="Variables")).to_contain_text("Ana", use_inner_text=True)
    page.shot("chat-light")
    page.theme("JupyterLab Dark")
    page.shot("chat-dark")
    page.run_cell(1)
    assert "I am Ana, Tuesday please" in json.dumps(page.save()["cells"][1]["outputs"])


def test_nothing_that_is_typed_while_a_cell_runs_is_lost(page, chat, play, tmp_path):
    page.start_waiting(2, tmp_path / "go")
    message = chat.get_by_label("Your message")
    message.fill("First")
    message.press("Enter")
    (tmp_path / "go").touch()  # the kernel may have answered beside the cell, too
    expect(message).to_have_value("")
    message.fill("Second")
    chat.locator("[data-turn]").first.wait_for()
    page.wait_idle()
    expect(message).to_have_value("Second")
    message.press("Enter")
    chat.locator("[data-turn]").nth(1).wait_for()
    for at, text in enumerate(("First", "Second")):
        expect(chat.locator("[data-turn]").nth(at)).to_contain_text(text, use_inner_text=True)


def test_stop_keeps_what_had_come_and_marks_it(chat, play):
    play.words = [Say("It was a dark and stormy night. " * 40, pause_s=0.05), Say("Yes?")]
    chat.get_by_label("Your message").fill("A story")
    chat.get_by_label("Your message").press("Enter")
    chat.locator(".byok-under-way .byok-flow").get_by_text("stormy").wait_for()
    chat.get_by_role("button", name="Stop").click()
    chat.locator("[data-turn]").wait_for()
    told = chat.locator(".byok-turn").inner_text()
    assert "stormy night" in told
    assert "incomplete: it was stopped" in told
    say(chat, "Go on", 2)
    expect(chat.locator(".byok-turn").last).to_contain_text("Yes?", use_inner_text=True)


def test_a_fork_goes_on_from_a_turn_and_the_first_session_stays(page, chat, play):
    play.words = [Say("One."), Say("Two."), Say("Another two.")]
    say(chat, "First", 1)
    say(chat, "Second", 2)
    chat.get_by_role("button", name="Fork from here: a new session that begins after turn 1").click()
    chat.get_by_label("Session", exact=True).wait_for()
    expect(chat.locator(".byok-turn")).to_have_count(1)
    say(chat, "Second, but different", 2)
    expect(chat).to_contain_text("Another two.", use_inner_text=True)
    page.shot("chat-fork")
    chat.get_by_label("Session", exact=True).select_option("First session")
    chat.get_by_text("Two.", exact=True).wait_for()
    expect(chat).not_to_contain_text("Another two.", use_inner_text=True)
    chat.get_by_role("button", name="Reset").click()
    chat.locator(".byok-chat-empty").wait_for()


def test_what_a_model_writes_is_text_and_nothing_else(page, chat, play):
    play.words = [Say(HOSTILE), Say("x" * 5_000_000, piece_chars=100_000)]
    say(chat, "<i>Me too</i>", 1)
    turn = chat.locator(".byok-turn").last
    expect(turn.locator("img, script, b, .byok-words i, [onerror], .MathJax")).to_have_count(0)
    expect(turn.locator("a[href]:not([href^=https])")).to_have_count(0)
    words = turn.locator(".byok-flow .byok-words").inner_text()
    assert "<img src=x onerror=" in words
    assert "␛[31mred" in words
    assert "\u202e" not in words
    assert page.page.title() != "owned"
    say(chat, "A long line", 2)
    words = chat.locator(".byok-turn").last.locator(".byok-words").last.inner_text()
    assert len(words) < 101_000
    assert "characters are not shown here" in words
    assert chat.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    page.shot("chat-hostile")


def test_an_error_is_a_card_and_the_text_comes_back(page, chat, play):
    play.words = [
        Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}}),
        Say("Hello again."),
    ]
    chat.get_by_label("Your message").fill("Are you there?")
    chat.get_by_label("Your message").press("Enter")
    alert = chat.get_by_role("alert")
    alert.wait_for()
    page.shot("chat-error")
    expect(alert).to_contain_text("401 Unauthorized", use_inner_text=True)
    expect(chat.get_by_label("Your message")).to_have_value("Are you there?")
    chat.get_by_role("button", name="Send").click()
    chat.get_by_text("Hello again.").first.wait_for()
    expect(alert).to_be_hidden()


NAMELESS = """chat => [...chat.querySelectorAll("input, select, textarea, button, summary, [role=region]")]
  .filter((field) => field.checkVisibility())
  .filter((field) => ![field.labels?.[0]?.textContent, field.getAttribute("aria-label"), field.textContent]
    .some((name) => name?.trim()))
  .map((field) => field.outerHTML.slice(0, 120))"""
OUTSIDE = """chat => {
  const edge = chat.getBoundingClientRect();
  return [...chat.querySelectorAll("input, select, textarea, button, summary, table, .byok-menu-content")]
    .filter((node) => node.checkVisibility())
    .filter((node) => !node.closest(".byok-graph-canvas, .byok-sent, .byok-timeline-place, .byok-visually-hidden"))
    .filter((node) => node.getBoundingClientRect().right > edge.right + 0.5
      || node.getBoundingClientRect().left < edge.left - 0.5)
    .map((node) => node.outerHTML.slice(0, 120));
}"""


BROKEN = """chat => [...chat.querySelectorAll("th, td, button, summary")]
  .filter((part) => part.checkVisibility() && !part.closest(".byok-visually-hidden"))
  .flatMap((part) => {
    const texts = [...part.childNodes].filter(({ nodeType, data }) => nodeType === Node.TEXT_NODE && data.trim());
    const range = document.createRange();
    return texts.flatMap((text) => [...text.data.matchAll(/[\\p{L}\\d]{2,20}/gu)].filter((word) => {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
    }).map(([word]) => word));
  })"""


def open_every_part(chat, play):
    """Bring the chat into the state with the most on it: each part that opens is open, and a turn has failed."""
    say(chat, "Hello", 1)
    for name in ("Save sentence", "Prompt", "Regenerate the answer"):
        chat.get_by_role("button", name=name).last.click()
    chat.locator(".byok-sent table").first.wait_for()
    chat.locator(".byok-turn-form input").press("Enter")
    chat.get_by_role("button", name="Continue with this answer").wait_for()
    chat.locator(".byok-why summary").last.click()
    chat.locator(".byok-timeline summary").click()
    chat.get_by_role("button", name="Edit what was said").last.click()
    play.words = [Say(status=401, body={"error": {"message": "no", "code": "invalid_api_key"}})]
    chat.get_by_label("Your message", exact=True).fill("Are you there?")
    chat.get_by_label("Your message", exact=True).press("Enter")
    chat.get_by_role("alert").wait_for()
    chat.get_by_role("button", name="Edit name").click()
    chat.locator(".byok-menu summary").click()
    chat.get_by_role("button", name="Copy transcript").click()
    chat.get_by_label("The conversation as text").wait_for()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 400])
def test_all_that_opens_in_the_chat_is_named_legible_and_in_its_place(page, chat, play, width):
    open_every_part(chat, play)
    page.page.set_viewport_size({"width": width, "height": 1300})
    page.page.evaluate(LEFT, width > 400)
    try:
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            page.theme(theme)
            found = Axe().run(page.page, context=".byok-chat")
            assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]] == []
            page.shot(f"chat-all-{width}-{theme.split()[-1].lower()}")
        assert chat.evaluate(NAMELESS) == []
        assert chat.evaluate(OUTSIDE) == []
        assert chat.evaluate(BROKEN) == []
    finally:
        page.page.set_viewport_size(VIEWPORT)
        page.page.evaluate(LEFT, True)


def test_a_correction_is_given_up_with_the_mouse_and_set_with_enter_and_the_keyboard_stays_at_its_variable(chat):
    say(chat, "Hello", 1)
    edit, typed = chat.get_by_role("button", name="Edit name"), chat.get_by_label("Value of name")
    variables = chat.get_by_role("region", name="Variables")
    edit.click()
    typed.fill("Someone else")
    chat.get_by_role("button", name="Cancel").click()
    expect(edit).to_be_focused()
    assert "Someone else" not in variables.inner_text()
    edit.press("Enter")
    typed.fill("Someone else")
    typed.press("Enter")
    variables.get_by_text("Someone else").wait_for()
    expect(edit).to_be_focused()
    expect(typed).to_have_count(0)


def test_the_chat_can_be_used_by_everybody(page, chat, play):
    say(chat, "Hello", 1)
    count = page.page.locator(".jp-Cell").count()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        page.theme(theme)
        found = Axe().run(page.page, context=".byok-chat")
        assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]] == []
    chat.get_by_role("button", name="Reset").focus()
    for press in ("d", "d", "b", "x"):
        page.page.keyboard.press(press)
    assert page.page.locator(".jp-Cell").count() == count
    chat.get_by_label("Your message").focus()
    page.page.keyboard.type("Two\u00a0lines")
    page.page.keyboard.press("Shift+Enter")
    assert chat.get_by_label("Your message").input_value().endswith("\n")
    page.narrow(320)
    assert chat.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    page.shot("chat-320")
