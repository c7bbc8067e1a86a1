"""The order of names with arrows between them, as a page shows them: names in Arabic do not turn it around."""

from __future__ import annotations

import pytest

from byok_widgets import Flow
from byok_widgets.display.reading_order import MARK, from_left, in_line, in_order

ASK, READ = "سؤال", "קריאה"


def test_names_that_are_read_from_the_left_stay_as_they_are() -> None:
    assert in_order(["ask", "Prüfung", "読む"]) == "ask → Prüfung → 読む"
    assert (in_order([]), in_order(["ask"])) == ("", "ask")
    assert from_left("→ ask: always") == "→ ask: always"


@pytest.mark.parametrize("names", [[ASK, READ], ["ask", READ], [ASK, "read"]])
def test_every_arrow_and_the_line_are_held_to_the_left(names: list[str]) -> None:
    shown = in_order(names)
    assert shown.replace(MARK, "") == " → ".join(names)
    assert (shown[0], shown[-1]) == (MARK, MARK)
    assert shown[shown.index("→") - 1] == MARK


def test_a_line_that_begins_with_such_a_name_begins_on_the_left() -> None:
    assert from_left(f"{ASK}: start") == f"{MARK}{ASK}: start"


def test_a_number_stays_behind_the_name_that_it_follows() -> None:
    assert (in_line(READ), in_line("read")) == (f"{READ}{MARK}", "read")


def test_the_words_of_a_flow_and_of_a_turn_keep_it() -> None:
    flow = Flow("reading order", fresh=True)
    flow.conversation(ASK, "أهلا", static=True)
    flow.conversation(READ, "שלום", static=True, end=True)
    flow.connect(ASK, READ)
    session = flow.start(speak_first=True)
    turn = session.say("مرحبا")
    assert turn.way == in_order([ASK, READ])
    assert f"{READ}{MARK} · 2 turns" in session.summary, "the number does not go before the name"
    assert f"{READ}{MARK} 0." in repr(session.timeline)
    assert in_order([ASK, READ]) in turn.summary
    assert f"always {MARK}→ {READ}" in str(flow)
    assert f"{MARK}{ASK}: " in str(flow)
