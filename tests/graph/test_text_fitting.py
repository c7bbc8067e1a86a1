"""What of a text fits."""

from __future__ import annotations

import pytest

from byok_widgets.graph.text_fitting import clip, width, wrap


@pytest.mark.parametrize("text", ["short", "m" * 50, "日本語" * 20, "👩‍💻" * 30, "", "مرحبا " * 20])
def test_what_is_clipped_fits(text: str) -> None:
    shown = clip(text, 100, 11)
    assert width(shown, 11) <= 100
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_a_text_is_broken_evenly() -> None:
    assert wrap("one", 100, 11) == ["one"]
    assert wrap("when the person wants a pizza", 150, 11) == ["when the person", "wants a pizza"]
    words = "the caller wants to end the call and has no more questions"
    found = wrap(words, 130, 11)
    assert (len(found), " ".join(found)) == (3, words), "nothing is cut off while there is a line left"


@pytest.mark.parametrize("text", ["word " * 40, "x" * 80, "a " + "x" * 80, "x" * 80 + " a"])
def test_each_line_fits_and_the_last_says_that_more_follows(text: str) -> None:
    lines = wrap(text, 120, 11)
    assert len(lines) <= 3
    assert all(width(line, 11) <= 120 for line in lines)
    assert lines[-1].endswith("…")
