"""Long texts are shown in part, and say so."""

from __future__ import annotations

from byok_widgets.display.shortening import MAX_CHARS, in_part


def test_a_text_is_shown_whole_up_to_the_limit() -> None:
    assert in_part("a" * MAX_CHARS) == "a" * MAX_CHARS


def test_a_longer_one_says_what_is_missing_and_where_it_is() -> None:
    shown = in_part("a" * (MAX_CHARS + 1234), held_by="the file")
    assert shown.startswith("a" * MAX_CHARS + "\n[1,234 of 101,234 characters are not shown here")
    assert "the file holds all of them" in shown
