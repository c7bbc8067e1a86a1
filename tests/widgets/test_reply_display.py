"""A reply as the result of a cell: its text once, and one line of facts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from byok_widgets import Reply
from byok_widgets.widgets.reply_display import ReplyDisplay


@pytest.fixture
def shell() -> Iterator[Any]:
    made = InteractiveShell()
    yield made
    made.history_manager.enabled = False


def shown(shell, value) -> tuple[str, str]:
    data, _ = shell.display_formatter.format(value)
    return data["text/plain"], data.get("text/html", "")


def reply(text: str = "Hello <b>Ana</b>.\x1b[31m") -> Reply:
    return Reply(text=text, finish_reason="stop", node="ask", model="local:smollm2-135m", latency_s=1.2)


def test_in_the_cell_that_streamed_it_only_the_summary_is_shown(shell):
    said = reply()
    ReplyDisplay.of(shell).remember(said)
    plain, html = shown(shell, said)
    assert plain == said.summary
    assert "Hello" not in html
    assert said.summary in html


def test_in_a_later_cell_it_is_text_and_summary(shell):
    said = reply()
    ReplyDisplay.of(shell).remember(said)
    shell.execution_count += 1
    plain, html = shown(shell, said)
    assert plain == f"Hello <b>Ana</b>.␛[31m\n\n{said.summary}"
    assert "Hello &lt;b&gt;Ana&lt;/b&gt;.␛[31m" in html


def test_another_reply_in_the_same_cell_is_shown_whole(shell):
    ReplyDisplay.of(shell).remember(reply())
    assert shown(shell, reply("Something else."))[0].startswith("Something else.")


def test_both_replies_of_a_cell_that_ran_two_nodes_are_known(shell):
    first, second = reply("One."), reply("Two.")
    for said in (first, second):
        ReplyDisplay.of(shell).remember(said)
    assert [shown(shell, said)[0] for said in (first, second)] == [first.summary, second.summary]


def test_inside_a_list_a_reply_keeps_its_one_line_form(shell):
    said = reply("One.")
    ReplyDisplay.of(shell).remember(said)
    assert shown(shell, [said])[0] == f"[{said!r}]"


def test_a_very_long_reply_is_shortened_and_says_so(shell):
    ReplyDisplay.of(shell)
    plain, html = shown(shell, reply("a" * 150_000))
    for text in (plain, html):
        assert len(text) < 103_000
        assert "50,000 of 150,000 characters are not shown here" in text


def test_the_display_keeps_no_reply_alive(shell):
    said = reply()
    display = ReplyDisplay.of(shell)
    display.remember(said)
    del said
    gc.collect()
    assert [known() for known in display._streamed] == [None]
