"""What a running node writes into its cell."""

from __future__ import annotations

import io
import itertools

import pytest

from byok_widgets import Reply
from byok_widgets.display.sanitize import sanitize
from byok_widgets.display.shortening import MAX_CHARS
from byok_widgets.widgets.cell_output import CellOutput


class Screen:
    def __init__(self) -> None:
        self.out = io.StringIO()
        self.shown: list[Reply] = []
        self.screen = CellOutput(self.out, self.shown.append)

    def __getattr__(self, name: str):
        return getattr(self.screen, name)

    @property
    def text(self) -> str:
        return self.out.getvalue()


@pytest.fixture
def cell() -> Screen:
    return Screen()


def reply(text: str, **facts) -> Reply:
    return Reply(text=text, finish_reason=facts.pop("finish_reason", "stop"), node="ask", **facts)


def test_pieces_stand_one_after_another_and_the_line_is_ended(cell):
    for piece in ("Hel", "lo ", "Ana."):
        cell.show_text(piece)
    said = reply("Hello Ana.")
    cell.close(said)
    assert cell.text == "Hello Ana.\n"
    assert cell.shown == [said]


def test_an_answer_that_ends_its_line_gets_no_second_line_break(cell):
    cell.show_text("Hello.\n")
    cell.close(reply("Hello.\n"))
    assert cell.text == "Hello.\n"


def test_a_result_without_text_is_not_taken_for_shown(cell):
    cell.close(reply("Hello."))
    assert (cell.text, cell.shown) == ("", [])


def test_after_a_fault_the_error_starts_on_a_line_of_its_own(cell):
    cell.show_text("Hel")
    cell.close(None)
    assert (cell.text, cell.shown) == ("Hel\n", [])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("hidden\rshown", "hidden␍shown"),
        ("ab\b\b", "ab␈␈"),
        ("\x00\x07\x7f", "␀␇␡"),
        ("\x9b31m", "⟦U+009B⟧31m"),
        ("abc\u202edcba", "abc⟦U+202E⟧dcba"),
        ("\u2066a\u2069", "⟦U+2066⟧a⟦U+2069⟧"),
        ("half \ud800", "half ⟦U+D800⟧"),
        ("one\r\ntwo\tthree\n", "one\ntwo\tthree\n"),
        ("Grüße, 👩‍👩‍👧 und שלום", "Grüße, 👩‍👩‍👧 und שלום"),
    ],
)
def test_text_of_a_model_is_shown_and_never_obeyed(cell, text, shown):
    assert sanitize(text) == shown
    cell.show_text(text)
    cell.close(None)
    assert cell.text.rstrip("\n") == shown.rstrip("\n")


def test_a_line_break_cut_in_two_is_still_one(cell):
    for piece in ("one\r", "\ntwo\r", "three\r"):
        cell.show_text(piece)
    cell.close(None)
    assert cell.text == "one\ntwo␍three␍\n"


def test_a_very_long_text_is_shortened_and_says_so_truly(cell):
    for _ in range(12):
        cell.show_text("0123456789" * 1000)
    cell.close(reply("0123456789" * 12_000))
    shown, sentence = cell.text[:MAX_CHARS], cell.text[MAX_CHARS:]
    assert shown == "0123456789" * 10_000
    assert (
        sentence == "\n[20,000 of 120,000 characters are not shown here; the reply's .text holds all of them.]\n"
    )


def test_bytes_written_grow_with_the_text_alone(cell):
    for _ in range(1000):
        cell.show_text("word ")
    cell.close(None)
    assert len(cell.text) == 5001


def test_notices_stand_below_the_text(cell):
    cell.show_text("Once upon")
    cell.close(reply("Once upon", finish_reason="length", notices=("Cut off at 2 tokens.",)))
    assert cell.text == "Once upon\n[Cut off at 2 tokens.]\n"


def test_progress_is_one_line_in_words_with_a_readable_end(cell):
    for megabytes in range(492):
        cell.show_progress("Qwen2.5-Coder 0.5B", megabytes * 10**6, 491 * 10**6)
    cell.show_text("Hello.")
    cell.close(None)
    assert cell.text.startswith("Fetching Qwen2.5-Coder 0.5B: 0 of 491 MB\r")
    last = cell.text.split("\r")[-1]
    assert last.split("\n")[0].rstrip() == "Fetched Qwen2.5-Coder 0.5B: 491 MB."
    assert last.endswith("\nHello.\n")


def test_progress_is_rewritten_seldom_and_covers_the_line_before(cell, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("byok_widgets.widgets.cell_output.time.monotonic", lambda: now[0])
    for step in range(100):
        now[0] = step * 0.1
        cell.show_progress("a", step * 10**6, 491 * 10**6)
    states = cell.text.split("\r")
    assert 15 <= len(states) <= 21
    assert all(len(after) >= len(before.rstrip()) for before, after in itertools.pairwise(states))


def test_a_download_that_breaks_off_leaves_a_line_that_can_be_read(cell):
    cell.show_progress("SmolLM2 135M", 12 * 10**6, 98 * 10**6)
    cell.close(None)
    assert cell.text == "Fetching SmolLM2 135M: 12 of 98 MB\n"


def test_a_wait_is_one_line_that_counts_down_and_the_text_takes_its_place(cell):
    for left_s in (3, 2, 1, 0):
        cell.show_wait("rate_limit", left_s)
    cell.show_text("Hello.")
    cell.close(None)
    *states, wiped, text = cell.text.split("\r")
    assert [any(character.isdigit() for character in state) for state in states] == [True, True, True, False]
    assert [len(state) for state in states] == [len(states[0])] * 4, "each covers the one before"
    assert not wiped.strip()
    assert len(wiped) == len(states[-1].rstrip()), "the rest of the line is wiped already"
    assert text == "Hello.\n"


@pytest.mark.parametrize("ends", [True, False], ids=["it is told", "text comes"])
def test_what_is_waited_for_stays_in_no_saved_output(cell, ends):
    cell.show_thinking(3, 0, is_thinking=False)
    if ends:
        cell.show_thinking(4, 0, is_thinking=False, is_over=True)
    cell.show_text("Hello.\n")
    cell.show_wait("server", 2)
    cell.close(None)
    left = [line.split("\r")[-1] for line in cell.text.split("\n")]
    assert left == ["Hello.", ""]


def test_how_far_something_is_stands_on_one_line_until_it_is_over(cell):
    for line in ("0 of 4 cells", "0 of 4 cells", "3 of 4 cells"):
        cell.show_standing(line)
    assert cell.text.split("\r") == ["0 of 4 cells", "3 of 4 cells"]
    cell.close(None)
    assert cell.text.split("\r")[-1] == ""


def test_a_line_of_progress_begins_below_what_was_said(cell):
    cell.show_text("Hello.")
    cell.show_wait("server", 2)
    assert cell.text.startswith("Hello.\n")


def test_the_wait_says_what_was_met(cell):
    cell.show_wait("rate_limit", 2)
    other = Screen()
    other.show_wait("server", 2)
    assert cell.text != other.text


def test_a_model_at_work_is_one_line_that_says_in_the_end_how_long_it_took(cell):
    cell.show_thinking(2, 0, is_thinking=False)
    cell.show_thinking(3, 0, is_thinking=True)
    cell.show_thinking(25, 22, is_thinking=True)
    cell.show_thinking(31, 0, is_thinking=True, is_over=True)
    cell.show_text("Hello.")
    cell.close(None)
    line, text = cell.text.rstrip("\n").split("\n")
    assert [state.rstrip() for state in line.split("\r")] == [
        "Waiting for the model… 2 s",
        "Thinking… 3 s",
        "Thinking… 25 s (no sign of life for 22 s)",
        "Thought for 31 s.",
    ]
    assert text == "Hello."


def test_a_download_that_has_ended_is_told_once(cell):
    for _ in range(9):
        cell.show_progress("Qwen", 491 * 10**6, 491 * 10**6)
    cell.show_text("Hello.")
    cell.show_progress("Qwen", 491 * 10**6, 491 * 10**6)
    cell.close(None)
    assert cell.text == "Fetched Qwen: 491 MB.\nHello.\n"
