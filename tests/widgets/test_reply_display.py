"""A reply as the result of a cell: its text once, and one line of facts."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from byok_widgets import Reply
from byok_widgets.session import Turn, Visit
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


def thoughtful(reasoning: str, text: str = "Hello.") -> Reply:
    return Reply(text, "stop", "ask", model="local:smollm2-135m", reasoning=reasoning)


def test_reasoning_is_folded_above_the_answer_and_one_line_of_the_plain_form(shell):
    ReplyDisplay.of(shell)
    said = thoughtful("a" * 1240)
    plain, html = shown(shell, said)
    assert plain == f"Hello.\n\n(reasoning: 1,240 characters, in reply.reasoning)\n{said.summary}"
    assert html.startswith("<details")
    assert html.index("<summary>Reasoning</summary>") < html.index("a" * 1240) < html.index("Hello.")


def test_reasoning_stays_to_be_read_where_the_answer_was_streamed(shell):
    said = thoughtful("He asks for the time.")
    ReplyDisplay.of(shell).remember(said)
    plain, html = shown(shell, said)
    assert plain.splitlines() == ["(reasoning: 21 characters, in reply.reasoning)", said.summary]
    assert "He asks for the time." in html
    assert "Hello." not in html


def test_reasoning_is_inert_and_sanitised(shell):
    ReplyDisplay.of(shell)
    _, html = shown(shell, thoughtful("</details><script>x</script>\x1b[31m \u202e $a$ \\(b\\)"))
    assert "<script" not in html
    assert html.count("</details>") == 2, "those of the reasoning and of the facts"
    assert not {"\x1b", "\u202e"} & set(html)
    assert "<span>$</span>a<span>$</span>" in html


def test_very_long_reasoning_is_shortened_and_says_so(shell):
    ReplyDisplay.of(shell)
    plain, html = shown(shell, thoughtful("a" * 150_000))
    assert len(html) < 103_000
    assert "50,000 of 150,000 characters are not shown here; the reply&#x27;s .reasoning holds all of them" in html
    assert "150,000 characters" in plain


def test_a_turn_says_where_its_reasoning_is(shell):
    ReplyDisplay.of(shell)
    plain, html = shown(shell, Turn(1, "Hi", (Visit("ask", thoughtful("Well.")),), "ask"))
    assert "(reasoning: 5 characters, in turn.reply.reasoning)" in plain.splitlines()
    assert html.index("Well.") < html.index("Hello.")


def test_an_answer_that_was_cut_off_is_marked(shell):
    ReplyDisplay.of(shell)
    plain, html = shown(shell, Reply("Half of", "length", "ask", notices=("cut off",)))
    assert plain.startswith("Half of […]\n")
    assert "Half of […]" in html
    assert "cut off" in html


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
