"""What a running node writes where nobody watches the cell: all of it at once."""

from __future__ import annotations

import pytest

from byok_widgets.widgets.gathered_output import GatheredOutput
from tests.widgets.test_cell_output import reply


class Writes(list):
    """A stream that keeps each write."""

    def write(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def writes() -> Writes:
    return Writes()


def test_text_and_notices_are_one_write_at_the_end(writes):
    shown = []
    output = GatheredOutput(writes, shown.append)
    for piece in ("Once ", "upon ", "a time"):
        output.show_text(piece)
    assert writes == []
    said = reply("Once upon a time", notices=("Cut off.",))
    output.close(said)
    assert writes == ["Once upon a time\n[Cut off.]\n"]
    assert shown == [said]


def test_what_has_come_before_a_fault_is_not_lost(writes):
    output = GatheredOutput(writes, lambda _: None)
    output.show_text("Once")
    output.close(None)
    assert writes == ["Once\n"]


def test_of_a_download_and_a_wait_only_what_stays_true_is_written(writes):
    output = GatheredOutput(writes, lambda _: None)
    for megabytes in (0, 50, 98):
        output.show_progress("SmolLM2 135M", megabytes * 10**6, 98 * 10**6)
    for left_s in (2, 1, 0):
        output.show_wait("rate_limit", left_s)
    output.show_text("Hello.")
    output.close(None)
    assert len(writes) == 1
    assert "\r" not in writes[0]
    assert writes[0].splitlines()[1:] == ["Hello."]
    assert "98 MB" in writes[0].splitlines()[0]
