"""What a model thinks is told from what it says, wherever the text is cut."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from byok_widgets.providers.thinking import KNOWN_TAGS, ThoughtFilter
from byok_widgets.thought_tags import ANSWER_TAGS


def sort(*pieces: str) -> tuple[str, str, bool]:
    """Return what is said and thought in the end, and whether anything had to be taken back."""
    sorter, said, thought, is_retracted = ThoughtFilter(), "", "", False
    for found in [*map(sorter.feed, pieces), sorter.flush()]:
        if found.retracts:
            said, thought, is_retracted = "", thought + said, True
        said, thought = said + found.said, thought + found.thought
    return said, thought, is_retracted


ROWS = {
    "nothing": ("", "", ""),
    "no thought": ("Hello!", "Hello!", ""),
    "white space stays": (" \n Hello", " \n Hello", ""),
    "a thought": ("<think>hm</think>Hello", "Hello", "hm"),
    "blank lines belong to it": ("\n<think>\nhm\n</think>\n\nHello\n\nAna", "Hello\n\nAna", "\nhm\n"),
    "an empty thought": ("<think>\n\n</think>\n\nHello", "Hello", "\n\n"),
    "two thoughts": ("<think>a</think> <think>b</think>Hello", "Hello", "ab"),
    "in upper case": ("<THINK>hm</Think>Hello", "Hello", "hm"),
    "no end": ("<think>hm", "", "hm"),
    "half an end": ("<think>hm</thi", "", "hm</thi"),
    "half a beginning": ("<thi", "<thi", ""),
    "thoughts of Apertus": ("<|inner_prefix|>hm<|inner_suffix|>Hello", "Hello", "hm"),
    "in a tag in the plural": ("<thoughts>hm</thoughts>Hello", "Hello", "hm"),
    "another tag": ("<b>Hello</b>", "<b>Hello</b>", ""),
    "a tag inside a thought": ("<think>use <b> or <think></think>Hello", "Hello", "use <b> or <think>"),
    "tags around the answer": ("<think>hm</think>\n<answer>\nHello</answer>\n", "Hello", "hm"),
    "an answer whose tag is not closed": ("<think>hm</think><answer>Hello", "Hello", "hm"),
    "half a tag at the end": ("<think>hm</think><answer>Hello</ans", "Hello</ans", "hm"),
    "text after the answer": ("<think>hm</think><answer>42</answer>\nWhy: x", "42\nWhy: x", "hm"),
    "the answer speaks of its tag": (
        "<think>hm</think><answer>End with `</answer>`.</answer>",
        "End with `</answer>`.",
        "hm",
    ),
    "the answer's tag in its text": (
        "<think>hm</think>Write <answer>1</answer>",
        "Write <answer>1</answer>",
        "hm",
    ),
    "an answer's tags without a thought": ("<answer>Hello</answer>", "<answer>Hello</answer>", ""),
    "the answer of other models": (
        "<|START_THINKING|>hm<|END_THINKING|><|START_RESPONSE|>Hello<|END_RESPONSE|>",
        "Hello",
        "hm",
    ),
    "a solution": (
        "<|begin_of_thought|>hm<|end_of_thought|>\n\n<|begin_of_solution|>\nHello<|end_of_solution|>",
        "Hello",
        "hm",
    ),
    "in the middle": ("Hello <think>hm</think> Ana", "Hello <think>hm</think> Ana", ""),
    "after a thought": (
        "<think>a</think>Say <think>b</think> now",
        "Say <think>b</think> now",
        "a",
    ),
    "in a code block": ("```\n<think>hm</think>\n```", "```\n<think>hm</think>\n```", ""),
    "a closing tag in a code block": ("See:\n```\nhm</think>\n```\nok", "See:\n```\nhm</think>\n```\nok", ""),
    "a closing tag in code": ("End it with `</think>`.", "End it with `</think>`.", ""),
    "a closing tag in quotes": ('It ends with "</think>".', 'It ends with "</think>".', ""),
    "a closing tag that is mentioned": ("The </think> tag ends it.", "The </think> tag ends it.", ""),
    "both tags are mentioned": ("Use <think> and\n</think>\nhere", "Use <think> and\n</think>\nhere", ""),
    "less than": ("1 < 2 <", "1 < 2 <", ""),
    "harmony": (
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>",
        "Hello",
        "hm",
    ),
    "harmony with a role": (
        "<|start|>assistant<|channel|>analysis<|message|>a < b<|end|>"  # noqa: ISC004
        "<|start|>assistant<|channel|>final <|constrain|>json<|message|>{}",
        "{}",
        "a < b",
    ),
    "harmony with a commentary": (
        "<|channel|>commentary to=x<|message|>hm<|call|><|channel|>final<|message|>Hello",
        "Hello",
        "hm",
    ),
    "harmony without thinking": ("<|channel|>final<|message|>Hello", "Hello", ""),
    "harmony that is cut": ("<|channel|>analysis<|message|>hm <|en", "", "hm <|en"),
    "harmony whose header the prompt has begun": (
        "analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Hello",
        "Hello",
        "hm",
    ),
    "a message of harmony": ("<|message|>Hello<|return|>", "Hello", ""),
    "an end of harmony": ("Hello<|end|>", "Hello<|end|>", ""),
    "stripped channels": ("analysisThe user greets.assistantfinalHello", "Hello", "The user greets."),
    "stripped channels that are cut": ("analysisThe user", "", "The user"),
    "a word": ("analysis", "analysis", ""),
    "a word in a sentence": ("analysis of the data", "analysis of the data", ""),
    "square brackets": ("[THINK]hm[/THINK]Hello", "Hello", "hm"),
}

UNOPENED = {
    "a thought": ("He is rude.\n</think>\n\nHello!", "Hello!", "He is rude.\n"),
    "no blank lines": ("He is rude.</think>Hello!", "Hello!", "He is rude."),
    "only a thought": ("He is rude.</think>", "", "He is rude."),
    "another tag": ("hm◁/think▷Hello", "Hello", "hm"),
    "only the first": ("a</think>b</think>c", "b</think>c", "a"),
    "a thought inside a thought": ("<think>a<think>b</think>c</think>Hello", "Hello", "a<think>bc"),
    "harmony": ("hm<|end|><|start|>assistant<|channel|>final<|message|>Hello", "Hello", "hm"),
    "with a thought after it": ("a</think><think>b</think>c", "c", "ab"),
    "with code before it": ("Use `x`:\n```\ny\n```\n</think>\nHello", "Hello", "Use `x`:\n```\ny\n```\n"),
    "stripped channels": ("analysis\nHm.assistantfinalHello", "Hello", "analysis\nHm."),
}


@pytest.mark.parametrize(("text", "said", "thought"), ROWS.values(), ids=ROWS.keys())
def test_thinking_is_told_from_what_is_said(text: str, said: str, thought: str) -> None:
    for pieces in every_cut(text):
        assert sort(*pieces) == (said, thought, False)


@pytest.mark.parametrize(("text", "said", "thought"), UNOPENED.values(), ids=UNOPENED.keys())
def test_thinking_whose_beginning_is_not_marked_is_taken_back(text: str, said: str, thought: str) -> None:
    for pieces in every_cut(text):
        assert sort(*pieces) == (said, thought, True)


def every_cut(text: str) -> list[list[str]]:
    return [[text], list(text), *([text[:at], text[at:]] for at in range(1, len(text)))]


@pytest.mark.parametrize(("opening", "closing"), KNOWN_TAGS)
def test_each_pair_of_tags_is_known(opening: str, closing: str) -> None:
    for pieces in every_cut(f"{opening}hm{closing}\n\nHello"):
        assert sort(*pieces) == ("Hello", "hm", False)
    assert sort(f"hm{closing}\n\nHello") == ("Hello", "hm", True)


PARTS = st.sampled_from(
    [tag for pair in (*KNOWN_TAGS, *ANSWER_TAGS) for tag in pair]
    + ["<", "<t", "</", "hm ", "Hello", "\n", "`", "```", " ", "[", "◁", "analysis", "assistantfinal"]
    + ["<|channel|>", "<|start|>", "<|message|>", "<|end|>", "final", "İ", "ı", "ſ", "<thın", "k>", "K"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(PARTS, max_size=12), st.data())
def test_how_the_text_is_cut_makes_no_difference(parts: list[str], data: st.DataObject) -> None:
    text = "".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert sort(*pieces) == sort(text)


@given(st.text("<>/thinkx◁▷[]| ", max_size=30))
def test_no_more_is_held_back_than_a_tag(text: str) -> None:
    sorter = ThoughtFilter()
    longest = max(len(tag) for pair in KNOWN_TAGS for tag in pair)
    spoken = "Hello " + text
    out = sorter.feed("Hello ").said + "".join(sorter.feed(char).said for char in text)
    assert spoken.startswith(out)
    assert len(spoken) - len(out) < longest or "</think" in spoken


def test_thinking_that_the_provider_sends_apart_ends_the_watch_for_its_end() -> None:
    sorter = ThoughtFilter()
    sorter.skip_thought()
    assert sorter.feed("</think>\n\nHello").said == "Hello"
    assert sorter.feed(" a</think>b") == (" a</think>b", "", False)


def test_without_tags_all_is_said() -> None:
    sorter = ThoughtFilter(())
    assert sorter.feed("<think>hm</think><|channel|>").said == "<think>hm</think><|channel|>"
    assert sorter.feed("analysisX</think>").said == "analysisX</think>"


def test_an_answer_that_begins_with_blank_lines_without_end_is_quick_and_whole() -> None:
    filter_ = ThoughtFilter()
    start = time.process_time()
    assert not any(any(filter_.feed("\n\n\n")) for _ in range(100_000))
    assert time.process_time() - start < 3, "more than ten where all is looked at again"
    assert filter_.feed("Hi").said + filter_.flush().said == "\n" * 300_000 + "Hi"
    only_blank = ThoughtFilter()
    assert only_blank.feed("\n").said + only_blank.flush().said == "\n"
