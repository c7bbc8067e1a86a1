"""The board of a test is the board of a comparison: it says which cases went wrong, and in which turn."""

from __future__ import annotations

import pytest

from byok_widgets.widgets.board.board import Board
from tests.compare.flows import booking_flow
from tests.testing.conftest import booking_answer
from tests.widgets.wire import eventually


@pytest.fixture
def board(server):
    server.script(booking_answer)
    flow = booking_flow(server)
    good = {"name": "good", "caller": ["Hello", "Tuesday"], "end_node": "bye"}
    bad = {"name": "bad", "caller": ["Hello", "Monday"], "values": {"weekday": "Tue"}, "end_node": "bye"}
    made = Board(flow.test([good, bad], runs=2), mode="owner")
    yield made
    made.close()


def test_it_tells_what_went_wrong_and_where(board, browser, wire):
    def heard(kind):
        return eventually(lambda: [message for message in wire.custom(board) if message["kind"] == kind])[0]

    browser.request(board, {"kind": "hello"})
    assert "1 broken" in heard("all")["progress"]["standing"]
    assert any("bad" in note and "turn 2" in note for note in heard("rows")["notes"])
    browser.request(board, {"kind": "page", "order": "run", "apart": False, "start": 0, "count": 9})
    page = heard("page")
    names = [case["name"] for case in page["cases"]]
    shares = {names[case]: mean for case, _, _, mean, *_ in page["cells"]}
    assert shares == {"good": 1.0, "bad": 0.0}
    browser.request(board, {"kind": "cell", "case": names.index("bad"), "variant": 0, "repeat": 1})
    (cell,) = eventually(lambda: [message for message in wire.custom(board) if message["kind"] == "cell"])
    assert [bool(turn["apart"]) for turn in cell["turns"]] == [False, True]
    assert "read" in cell["turns"][1]["apart"]


def test_what_is_saved_with_the_notebook_is_the_table_of_the_test(board):
    assert "broken" in board._static()["text/plain"]
    assert "<table" in board._static()["text/html"]
