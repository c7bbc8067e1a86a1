"""The board's side of the wire: what a view hears of a comparison, in how many messages, and never a key."""

from __future__ import annotations

import json
import math
import time

import pytest

from byok_widgets.widgets.board.board import Board
from byok_widgets.widgets.board.updates import MOST_PER_S, Updates
from tests.fake_keys import fake_key
from tests.scripted_server import Say
from tests.widgets.wire import eventually

MODELS = ["compatible:good", "compatible:bad"]


def answer(request):
    return Say(json.dumps({"weekday": "Tue" if request["model"] == "good" else "Mon"}))


@pytest.fixture
def read(flow, server):
    flow.set_base_url("compatible", server.base_url)
    flow.model = MODELS[0]
    server.script(answer)
    return flow.extraction("read", weekday=["Mon", "Tue"])


def cases(count):
    return [{"name": f"c{n}", "text": f"Tuesday, number {n}", "values": {"weekday": "Tue"}} for n in range(count)]


@pytest.fixture
def board_of():
    boards = []

    def show(comparison, mode="owner"):
        boards.append(Board(comparison, mode=mode))
        return boards[-1]

    yield show
    for board in boards:
        board.close()


@pytest.fixture
def heard(wire):
    """Return the messages of a kind that a board's view has heard."""
    return lambda board, kind: [message for message in wire.custom(board) if message["kind"] == kind]


@pytest.fixture
def page_of(browser, heard):
    """Ask a board for a page and return it."""

    def ask(board, order="run", apart=False, start=0, count=100):
        before = len(heard(board, "page"))
        browser.request(board, {"kind": "page", "order": order, "apart": apart, "start": start, "count": count})
        return eventually(lambda: heard(board, "page")[before:])[0]

    return ask


def test_a_view_that_appears_hears_everything(read, board_of, browser, heard, page_of):
    board = board_of(read.compare(MODELS, cases(3)))
    browser.request(board, {"kind": "hello"})
    (told,) = eventually(lambda: heard(board, "all"))
    assert [column["short"] for column in told["columns"]] == ["good", "bad"]
    assert (told["progress"]["done"], told["progress"]["total"], told["progress"]["running"]) == (6, 6, False)
    page = page_of(board)
    assert [case["name"] for case in page["cases"]] == [case.name for case in board._comparison.results.cases]
    assert sorted(page["cells"]) == [(case, at, 1, 1.0 - at, 0, 0) for case in range(3) for at in range(2)]
    (rows,) = eventually(lambda: heard(board, "rows"))
    assert [len(variant["figures"]) for variant in rows["variants"]] == [len(rows["columns"])] * 2


def test_pages_are_found_in_the_kernel_in_each_order_and_without_what_agrees(read, server, board_of, page_of):
    wrong = ("number 2.", "number 10.")
    server.script(
        lambda request: (
            answer(request) if any(each in str(request) for each in wrong) else Say('{"weekday": "Tue"}')
        )
    )
    given = [{**case, "text": f"{case['text']}."} for case in cases(12)]
    board = board_of(read.compare(MODELS, given))
    names = [f"c{number}" for number in range(12)]

    def shown(**view):
        return [case["name"] for case in page_of(board, **view)["cases"]]

    in_order = [case.name for case in board._comparison.results.cases]
    assert shown(count=5) + shown(start=5, count=5) + shown(start=10, count=5) == in_order
    assert shown(order="name") == names
    assert shown(order="name", apart=True) == ["c2", "c10"]
    assert set(shown(order="gap", count=2)) == {"c2", "c10"}
    page = page_of(board, order="name", apart=True, start=1, count=1)
    assert (page["chosen"], page["total"], [case["name"] for case in page["cases"]]) == (2, 12, ["c10"])
    assert len(page["cells"]) == 2
    board._comparison.rescore(lambda case, output: output["values"]["weekday"] == "Tue" or case.name != "c2")
    assert shown(order="gap", apart=True) == ["c2"]


def test_what_is_no_page_is_not_answered(read, board_of, browser, heard, page_of):
    board = board_of(read.compare(MODELS, cases(1)))
    right = {"kind": "page", "order": "run", "apart": False, "start": 0, "count": 1}
    for wrong in ({"order": []}, {"apart": 1}, {"start": -1}, {"start": True}, {"count": 0}, {"count": "9"}):
        browser.custom(board, {**right, **wrong})
    page_of(board)
    assert len(heard(board, "page")) == 1


def test_cells_of_cases_that_no_page_has_are_not_told(read, server, board_of, browser, heard, page_of):
    server.script(lambda request: Say(answer(request).text, pause_s=0.05))
    comparison = read.compare(MODELS, cases(30), wait=False)
    board = board_of(comparison)
    browser.request(board, {"kind": "hello"})
    page_of(board, count=3)
    comparison.wait()
    eventually(lambda: [told for told in heard(board, "rows") if not told["progress"]["running"]])
    assert {case for message in heard(board, "cells") for case, *_ in message["cells"]} <= {0, 1, 2}


def test_cells_are_told_as_they_end_together_and_intervals_only_at_the_end(
    read, server, board_of, browser, heard, wire, page_of
):
    pytest.importorskip("scipy")
    server.script(lambda request: Say(answer(request).text, pause_s=0.02))
    comparison = read.compare(MODELS, cases(20), wait=False)
    board = board_of(comparison)
    began = time.monotonic()
    browser.request(board, {"kind": "hello"})
    page_of(board)
    comparison.wait()
    last = eventually(lambda: [told for told in heard(board, "rows") if not told["progress"]["running"]])[-1]
    took = time.monotonic() - began
    told = wire.custom(board)
    assert len(told) <= 3 + MOST_PER_S * took
    filled = {
        (case, at)
        for message in told[: told.index(last)]
        if message["kind"] in ("page", "cells")
        for case, at, done, *_ in message["cells"]
        if done
    }
    assert filled == {(case, at) for case in range(20) for at in range(2)}, "cells come before their rows"
    assert "to" in last["variants"][1]["figures"][0]["beside"]
    assert last["variants"][1]["verdict"] == "worse"
    assert last["pictures"]
    for message in told:
        if message["kind"] == "rows" and message["progress"]["running"]:
            assert not any(figure["beside"] for each in message["variants"] for figure in each["figures"])
            assert message["pictures"] == []


def test_stop_keeps_what_is_finished(read, server, board_of, browser):
    server.script(lambda request: Say(answer(request).text, pause_s=0.3 if "9" in str(request) else 0.0))
    comparison = read.compare(MODELS, cases(10), wait=False)
    board = board_of(comparison)
    eventually(lambda: len(comparison.results) >= 4)
    browser.request(board, {"kind": "stop"})
    comparison.wait()
    assert len(comparison.results) >= 4
    assert not comparison.running


def test_a_cell_shows_what_was_asked_and_found(read, board_of, browser, heard):
    board = board_of(read.compare(MODELS, cases(2)))
    browser.request(board, {"kind": "cell", "case": 1, "variant": 1, "repeat": 1})
    (told,) = heard(board, "cell")
    assert told["status"] == "done"
    assert told["checks"] == [{"name": "weekday", "expected": "'Tue'", "found": "'Mon'", "holds": False}]
    assert told["said"] == [{"by": "caller", "text": board._comparison.results.cases[1].text}]
    assert [part["name"] for part in told["request"]][:2] == ["system", "user"]
    for wrong in ({"case": 9}, {"variant": -1}, {"case": "1"}, {"repeat": None}):
        browser.custom(board, {"kind": "cell", "case": 1, "variant": 1, "repeat": 1, **wrong})
    assert len(heard(board, "cell")) == 1


def test_a_cell_does_not_show_visitors_what_was_asked(read, board_of, browser, heard):
    board = board_of(read.compare(MODELS, cases(2)), mode="visitor")
    browser.request(board, {"kind": "cell", "case": 1, "variant": 1, "repeat": 1})
    (told,) = heard(board, "cell")
    assert (told["status"], told["request"]) == ("done", [])


def test_visitors_stop_nothing(read, server, board_of, browser, heard):
    server.script(lambda request: Say(answer(request).text, pause_s=0.2))
    comparison = read.compare(MODELS, cases(2), wait=False)
    board = board_of(comparison, mode="visitor")
    browser.custom(board, {"kind": "stop"})
    browser.custom(board, {"kind": "hello"})
    comparison.wait()
    assert len(comparison.results) == 4
    assert eventually(lambda: heard(board, "all"))[0]["visited"], "the page shows them no button for it"


def test_new_scores_are_told_as_a_whole(read, board_of, browser, heard, page_of):
    comparison = read.compare(MODELS, cases(2))
    board = board_of(comparison)
    browser.request(board, {"kind": "hello"})
    eventually(lambda: heard(board, "all"))
    comparison.rescore(lambda case, output: output["values"]["weekday"] == "Mon")
    eventually(lambda: heard(board, "all")[1:])
    assert [cell[3] for cell in page_of(board)["cells"]] == [0.0, 1.0] * 2


def test_no_message_holds_a_key_or_what_json_has_no_word_for(
    flow, server, board_of, browser, heard, wire, page_of
):
    key = fake_key("openai")
    flow.set_base_url("compatible", server.base_url)
    flow.model = MODELS[0]
    server.script(Say(json.dumps({"word": key})))
    read = flow.extraction("read", word=str)
    comparison = read.compare(MODELS, [{"name": "c", "text": "Say it", "values": {"word": "x"}}])
    board = board_of(comparison)
    browser.request(board, {"kind": "hello"})
    browser.request(board, {"kind": "cell", "case": 0, "variant": 0, "repeat": 1})
    eventually(lambda: heard(board, "rows"))
    page = page_of(board)
    assert key not in wire.text()
    told = json.dumps(wire.custom(board), allow_nan=False)
    assert json.loads(told)
    assert not any(math.isnan(cell[3]) for cell in page["cells"] if cell[3] is not None)


def test_nothing_that_was_said_is_in_a_trait(read, board_of):
    state = json.dumps(board_of(read.compare(MODELS, cases(1))).get_state(), default=str)
    assert "number 0" not in state


def test_all_boards_together_keep_to_the_limit():
    updates, told = Updates(), []

    def board(number):
        return lambda: told.append(number) is None and len(told) < 300

    begun = time.monotonic()
    for number in range(10):
        updates.ask(board(number))
    time.sleep(1.0)
    count, took_s = len(told), time.monotonic() - begun
    assert count <= MOST_PER_S * took_s + 20, "ten at once, and then no more than the limit"
    told += [0] * 300


def test_replies_are_rated_blind(read, board_of, browser, heard, wire):
    comparison = read.compare(MODELS, cases(3))
    board = board_of(comparison)
    browser.request(board, {"kind": "rate", "act": "begin", "by": "Ana", "number": -1, "mark": 0})
    told = eventually(lambda: heard(board, "rating"))[-1]
    assert (told["by"], told["left"], told["total"]) == ("Ana", 6, 6)
    for mark in (5, 5, 9):  # the second is a key pressed twice; the third is none
        number = eventually(lambda: heard(board, "rating"))[-1]["number"] if mark == 9 else told["number"]
        count = len(heard(board, "rating"))
        browser.custom(board, {"kind": "rate", "act": "mark", "by": "Ana", "number": number, "mark": mark})
        eventually(lambda before=count: heard(board, "rating")[before:])
    first, *_, last = heard(board, "rating")
    assert last["left"] == 5
    assert last["problem"]
    assert list(comparison.ratings().by) == ["Ana"]
    shown = json.dumps(heard(board, "rating"))
    assert "good" not in shown
    assert "bad" not in shown
    assert first["values"] == [{"name": "weekday", "value": first["values"][0]["value"]}]


def test_visitors_rate_nothing(read, board_of, browser, heard):
    """A mark is saved, beside those of the comparison's owner."""
    comparison = read.compare(MODELS, cases(1))
    board = board_of(comparison, mode="visitor")
    for number, act in enumerate(("begin", "mark", "skip", "undo")):
        browser.request(board, {"kind": "rate", "act": act, "by": "Eve", "number": number, "mark": 5})
        told = eventually(lambda count=number: heard(board, "rating")[count:])[0]
        assert (told["total"], told["said"], bool(told["problem"])) == (0, [], True)
    assert not comparison.ratings().by


def test_the_turn_is_marked_in_which_a_variant_leaves_the_way_of_the_baseline(
    flow, server, board_of, browser, heard
):
    flow.set_base_url("compatible", server.base_url)
    flow.model = MODELS[0]
    server.script(lambda request: answer(request) if "weekday" in str(request) else Say("Which day?"))
    ask = flow.conversation("ask", "Ask for the day.")
    read = flow.extraction("read", weekday=["Mon", "Tue"])
    bye = flow.conversation("bye", "Bye.", static=True, end=True)
    flow.connect(ask, read)
    flow.connect(read, bye, if_="weekday == 'Tue'")
    flow.connect(read, ask)
    script = [{"name": "c", "caller": ["Hi", "Tuesday", "Yes"], "end_node": "bye"}]
    comparison = flow.compare({"now": {}, "cheap": {"read": MODELS[1]}}, script)
    board = board_of(comparison)
    browser.request(board, {"kind": "cell", "case": 0, "variant": 1, "repeat": 1})
    (told,) = heard(board, "cell")
    marked = [at for at, turn in enumerate(told["turns"]) if turn["apart"]]
    assert marked == [comparison.divergences()[0].turn - (0 if told["turns"][0]["said"] == "" else 1)]
    assert "bye" in told["turns"][marked[0]]["apart"]
    browser.request(board, {"kind": "cell", "case": 0, "variant": 0, "repeat": 1})
    assert not any(turn["apart"] for turn in heard(board, "cell")[-1]["turns"])
