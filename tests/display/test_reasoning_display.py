"""Reasoning as people see it: folded, inert, and in one line of plain text."""

from __future__ import annotations

from byok_widgets.display import reasoning_display


def test_without_any_there_is_nothing_to_see() -> None:
    assert reasoning_display.folded("") == reasoning_display.folded("", of="data") == ""
    assert reasoning_display.noted("", "reply.reasoning") == ""


def test_it_opens_on_a_click_and_is_inert() -> None:
    shown = reasoning_display.folded("</div></details><b>x</b>", of="<data>")
    assert shown.startswith("<details")
    assert " open" not in shown
    assert "<summary>Reasoning of &lt;data&gt;</summary>" in shown
    assert shown.count("</details>") == 1
    assert "&lt;b&gt;x" in shown


def test_one_line_says_how_much_there_is_and_where() -> None:
    assert reasoning_display.noted("a" * 1240, "found.reply.reasoning") == (
        "(reasoning: 1,240 characters, in found.reply.reasoning)"
    )
