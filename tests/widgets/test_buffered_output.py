"""What a running node writes where nobody watches the cell: all of it at once."""

from __future__ import annotations

from byok_widgets.widgets.buffered_output import BufferedOutput
from tests.widgets.test_cell_output import reply


def test_text_and_notices_are_one_display_at_the_end():
    shown, displays = [], []
    output = BufferedOutput(displays.append, shown.append)
    for piece in ("Once ", "upon ", "a time"):
        output.show_text(piece)
    assert displays == []
    said = reply("Once upon a time", notices=("Cut off.",))
    output.close(said)
    (display,) = displays
    assert display["text/plain"] == "Once upon a time\n[Cut off.]"
    assert "Once upon a time\n[Cut off.]" in display["text/html"]
    assert shown == [said]


def test_what_has_come_before_a_fault_is_not_lost():
    displays = []
    output = BufferedOutput(displays.append, lambda _: None)
    output.show_text("Once")
    output.close(None)
    assert [display["text/plain"] for display in displays] == ["Once"]


def test_a_run_without_text_displays_nothing():
    displays = []
    BufferedOutput(displays.append, lambda _: None).close(reply(""))
    assert displays == []


def test_what_a_model_writes_is_inert():
    displays = []
    output = BufferedOutput(displays.append, lambda _: None)
    output.show_text("<b>It</b> costs $5 and $6. \x1b[31m")
    output.close(None)
    assert "<b>" not in displays[0]["text/html"]
    assert "<span>$</span>5" in displays[0]["text/html"], "no mathematics"
    assert "\x1b" not in str(displays)


def test_of_a_download_and_a_wait_only_what_stays_true_is_shown():
    displays = []
    output = BufferedOutput(displays.append, lambda _: None)
    for megabytes in (0, 50, 98):
        output.show_progress("SmolLM2 135M", megabytes * 10**6, 98 * 10**6)
    for left_s in (2, 1, 0):
        output.show_wait("rate_limit", left_s)
    output.show_text("Hello.")
    output.close(None)
    (display,) = displays
    assert "\r" not in display["text/plain"]
    fetched, said = display["text/plain"].splitlines()
    assert ("98 MB" in fetched, said) == (True, "Hello.")
