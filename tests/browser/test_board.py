"""The board of a comparison in a real browser: it fills after the cell has ended, and the file keeps a table."""

from __future__ import annotations

import json
import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import LEFT
from tests.browser.test_kernel_gone import restart
from tests.scripted_server import Say, ScriptedServer

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
def page(open_notebook, server):
    def answer(request: dict) -> Say:
        right = request["model"] == "good" or (request["model"] == "fair" and "7" not in str(request["messages"]))
        return Say(json.dumps({"name": "Ana", "weekday": "Tue" if right else "Mon"}), pause_s=pause[0])

    pause = [0.6]
    server.script(answer)
    opened = open_notebook(cells(server))
    opened.run_cell(0)
    opened.pause = pause
    return opened


def finished(page):
    board = page.page.locator(".byok-board")
    board.locator(".byok-board-pictures svg").wait_for(timeout=60_000)
    return board


def test_it_fills_after_the_cell_has_ended_and_the_file_keeps_a_table(page):
    page.run_cell(1)
    assert "True" in page.output(1).inner_text(), "the cell ended before the comparison did"
    board = page.page.locator(".byok-board")
    board.get_by_role("button", name="Stop").wait_for()
    finished(page)
    assert f"{CASES * len(MODELS)} of {CASES * len(MODELS)} cells" in board.inner_text()
    assert board.locator(".byok-board-cell[data-state=scored]").count() == CASES * len(MODELS), board.inner_text()
    assert board.get_by_role("button", name="Stop").count() == 0
    assert "worse" in board.locator(".byok-board-variants").inner_text()
    page.shot("board-done")
    for _ in range(40):
        outputs = page.save()["cells"][0]["outputs"]
        if "data:image/svg+xml" in json.dumps(outputs):
            break
        page.page.wait_for_timeout(250)
    kept = "".join(outputs[-1]["data"]["text/html"])
    assert "<table" in kept
    assert "worse" in kept
    assert page.output(0).locator("table:visible").count() == board.locator("table:visible").count(), "shown once"


def test_a_cell_is_opened_beside_another_by_keyboard(page):
    board = finished(page)
    board.get_by_label("Sort by").select_option("gap")
    board.locator(".byok-board-cell").first.focus()
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    detail = board.locator(".byok-board-detail")
    detail.locator("[data-holds=false]").first.wait_for()
    detail.get_by_label("Compare with").select_option(label="compatible:good")
    detail.locator("ins").first.wait_for()
    assert "Tue" in detail.locator("ins").first.inner_text()
    assert "Mon" in detail.locator("del").first.inner_text()
    detail.get_by_text("Request of compatible:good").click()
    assert "This is Ana" in detail.locator("details[open]").inner_text()
    page.shot("board-detail")
    page.page.keyboard.press("Escape")
    assert detail.is_hidden()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.slow), 320])
def test_it_is_accessible_in_both_themes_and_fits(page, width):
    board = finished(page)
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


def test_replies_are_rated_blind_by_keys(page):
    board = finished(page)
    board.get_by_role("button", name="Rate by hand").click()
    rating = board.get_by_role("region", name="Rating by hand")
    total = CASES + CASES  # of each case: one right reply, and one wrong one
    rating.get_by_text("Reply 1 of").wait_for()
    assert int(rating.locator("h4").inner_text().split()[-1]) <= total
    assert not any(model in rating.inner_text() for model in ("compatible", "good", "fair"))
    assert board.locator(".byok-board-variants:visible").count() == 0
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
    assert page.page.locator(".jp-Notebook .jp-Cell").count() == 3, "no key reached the notebook"
    page.run_cell(2)
    assert "[0.0, 0.75]" in page.output(2).inner_text()


def test_stop_keeps_what_is_finished_and_a_dead_kernel_is_told(page):
    board = page.page.locator(".byok-board")
    page.pause[0] = 5.0
    board.get_by_role("button", name="Stop").click()
    board.get_by_text("stopped").first.wait_for()
    restart(page)
    board.locator(".byok-gone-notice").wait_for(timeout=10_000)
    assert board.locator(".byok-board-cell").first.is_disabled()
