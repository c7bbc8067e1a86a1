"""The board of a comparison in a real browser: it fills after the cell has ended, and the file keeps a table."""

from __future__ import annotations

import json
import secrets
import threading

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import LEFT
from tests.browser.test_kernel_gone import restart
from tests.scripted_server import Say, ScriptedServer
from tests.widgets.wire import eventually

MODELS = ("good", "fair", "poor")
CASES = 24


def cells(server: ScriptedServer) -> list[str]:
    models = [f"compatible:{model}" for model in MODELS]
    return [
        f"""from byok_widgets import Flow
flow = Flow('board {secrets.token_hex(4)}', fresh=True)
flow.set_base_url('compatible', '{server.base_url}')
flow.model = 'compatible:good'
read = flow.extraction('read', name=str, weekday=['Mon', 'Tue'])
cases = [
    {{'text': f'This is Ana, Tuesday please, number {{n}}', 'values': {{'name': 'Ana', 'weekday': 'Tue'}}}}
    for n in range({CASES})
]
r = read.compare({models!r}, cases, margin=0.1)
r""",
        "r.running",
        "sorted(set(r.ratings().by['me'].values()))",
    ]


@pytest.fixture
def answering():
    """Whether the models answer; until it is set they think."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def page(open_notebook, server, answering):
    def answer(request: dict) -> Say:
        answering.wait()
        right = request["model"] == "good" or (request["model"] == "fair" and "7" not in str(request["messages"]))
        return Say(json.dumps({"name": "Ana", "weekday": "Tue" if right else "Mon"}))

    server.script(answer)
    opened = open_notebook(cells(server))
    opened.run_cell(0)
    return opened


def kept_html(page):
    """Return what the file keeps of the board."""
    return "".join(page.save()["cells"][0]["outputs"][-1]["data"].get("text/html", ""))


@pytest.fixture
def board(page, answering):
    """The board of a comparison that has finished."""
    answering.set()
    board = page.page.locator(".byok-board")
    board.locator(".byok-board-pictures svg").wait_for()
    return board


def test_it_fills_after_the_cell_has_ended_and_the_file_keeps_a_table(page, answering):
    page.run_cell(1)
    expect(page.output(1), "the cell ended before the comparison did").to_contain_text("True", use_inner_text=True)
    board = page.page.locator(".byok-board")
    board.get_by_role("button", name="Stop").wait_for()
    answering.set()
    board.locator(".byok-board-pictures svg").wait_for()
    expect(board).to_contain_text(f"{CASES * len(MODELS)} of {CASES * len(MODELS)} cells", use_inner_text=True)
    expect(board.locator(".byok-board-cell[data-state=scored]")).to_have_count(CASES * len(MODELS))
    expect(board.get_by_role("button", name="Stop")).to_have_count(0)
    expect(board.locator(".byok-board-variants")).to_contain_text("worse", use_inner_text=True)
    page.shot("board-done")
    kept = eventually(lambda: "data:image/svg+xml" in (text := kept_html(page)) and text)
    assert "<table" in kept
    assert "worse" in kept
    shown = page.output(0).locator("table:visible")
    expect(shown, "shown once").to_have_count(board.locator("table:visible").count())


def test_a_cell_is_opened_beside_another_by_keyboard(page, board):
    board.get_by_label("Sort by").select_option("gap")
    board.locator(".byok-board-cell").first.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    detail = board.locator(".byok-board-detail")
    detail.locator("[data-holds=false]").first.wait_for()
    detail.get_by_label("Compare with").select_option(label="compatible:good")
    detail.locator("ins").first.wait_for()
    expect(detail.locator("ins").first).to_contain_text("Tue", use_inner_text=True)
    expect(detail.locator("del").first).to_contain_text("Mon", use_inner_text=True)
    detail.get_by_text("Request of compatible:good").click()
    expect(detail.locator("details[open]")).to_contain_text("This is Ana", use_inner_text=True)
    page.shot("board-detail")
    page.page.keyboard.press("Escape")
    expect(detail).to_be_hidden()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 320])
def test_it_is_accessible_in_both_themes_and_fits(page, board, width):
    board.locator(".byok-board-cell").nth(2).click()
    board.locator(".byok-board-answer").wait_for()
    try:
        if width == 320:
            page.page.evaluate(LEFT, False)
            page.narrow(width)
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            page.theme(theme)
            found = Axe().run(page.page, context=".byok-board")
            assert [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found.response["violations"]] == []
            page.shot(f"board-{width}-{theme.split()[-1].lower()}")
        assert board.evaluate("element => element.scrollWidth - element.clientWidth") <= 0
    finally:
        page.page.evaluate(LEFT, True)


def test_replies_are_rated_blind_by_keys(page, board):
    board.get_by_role("button", name="Rate by hand").click()
    rating = board.get_by_role("region", name="Rating by hand")
    total = CASES + CASES  # of each case: one right reply, and one wrong one
    rating.get_by_text("Reply 1 of").wait_for()
    assert int(rating.locator("h4").inner_text().split()[-1]) <= total
    assert not any(model in rating.inner_text() for model in ("compatible", "good", "fair"))
    expect(board.locator(".byok-board-variants:visible")).to_have_count(0)
    found = Axe().run(page.page, context=".byok-board-rating")
    assert [violation["id"] for violation in found.response["violations"]] == []
    page.shot("board-rating")
    page.page.keyboard.press("4")
    rating.get_by_text("Reply 2 of").wait_for()
    page.page.keyboard.press("s")
    rating.get_by_text("Reply 3 of").wait_for()
    page.page.keyboard.press("u")
    rating.get_by_text("Reply 2 of").wait_for()
    page.page.keyboard.press("1")
    rating.get_by_text("Reply 3 of").wait_for()
    page.page.keyboard.press("Escape")
    board.locator(".byok-board-variants").wait_for()
    expect(page.page.locator(".jp-Notebook .jp-Cell"), "no key reached the notebook").to_have_count(3)
    page.run_cell(2)
    expect(page.output(2)).to_contain_text("[0.0, 0.75]", use_inner_text=True)


def test_stop_keeps_what_is_finished_and_a_dead_kernel_is_told(page):
    board = page.page.locator(".byok-board")
    board.get_by_role("button", name="Stop").click()
    board.get_by_text("stopped").first.wait_for()
    restart(page)
    board.locator(".byok-gone-notice").wait_for()
    expect(board.locator(".byok-board-cell").first).to_be_disabled()
