"""The value types: dialogues in all their forms, sums with unknown parts, and the line under a reply."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets import ConfigError, Cost, Message, Reply, Usage
from byok_widgets.messages import transcript_of

HELLO, HI = Message("user", "Hello"), Message("assistant", "Hi")
COUNTS = st.none() | st.integers(0, 10**9)
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS)
COSTS = st.just(Cost()) | st.builds(
    Cost, st.decimals(0, 1000, places=6), st.sampled_from(["static", "local", "provider", "price list"])
)


def reply(text: str = "Hi", **facts: object) -> Reply:
    return Reply(**{"text": text, "finish_reason": "stop", "node": "ask", **facts})


# Dialogues


@pytest.mark.parametrize(
    ("dialogue", "transcript"),
    [
        (None, ()),
        ([], ()),
        ("Hello", (HELLO,)),
        ("", (Message("user", ""),)),
        (HELLO, (HELLO,)),
        ({"role": "user", "content": "Hello"}, (HELLO,)),
        ([HELLO, HI], (HELLO, HI)),
        ((HELLO, HI), (HELLO, HI)),
        (iter([HELLO, HI]), (HELLO, HI)),
        ([{"role": "user", "content": "Hello", "name": "Ana"}], (HELLO,)),
        ([{"role": "system", "content": "Be brief"}], (Message("system", "Be brief"),)),
        ([("user", "Hello"), ["assistant", "Hi"]], (HELLO, HI)),
        ([HELLO, ("assistant", "Hi"), {"role": "user", "content": "Hello"}], (HELLO, HI, HELLO)),
        (reply(transcript=(HELLO, HI)), (HELLO, HI)),
        (reply(), ()),
        (SimpleNamespace(transcript=[("user", "Hello")]), (HELLO,)),
    ],
)
def test_a_dialogue_is_read_in_each_form(dialogue, transcript: tuple[Message, ...]) -> None:
    assert transcript_of(dialogue) == transcript


@pytest.mark.parametrize(
    "wrong",
    [
        3,
        b"Hello",
        {"role": "robot", "content": "Hello"},
        {"content": "Hello"},
        ["Hello"],
        ("user", "Hello"),
        [("robot", "Hello")],
        [("user", None)],
        [("user", "Hello", "more")],
        [{"role": "user"}],
        [{"content": "Hello"}],
        [{"role": "tool", "content": "x"}],
        [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        [[HELLO, HI]],
        [None],
    ],
)
def test_an_invalid_dialogue_is_a_clear_error(wrong) -> None:
    with pytest.raises(ConfigError) as caught:
        transcript_of(wrong)
    assert caught.value.kind == "dialogue"
    assert '{"role": "user", "content": "Hello"}' in caught.value.fix


@pytest.mark.parametrize("wrong", [b"Hello", {"content": "Hello"}])
def test_a_single_invalid_entry_is_rejected_as_a_whole(wrong) -> None:
    with pytest.raises(ConfigError) as caught:
        transcript_of(wrong)
    assert repr(wrong) in caught.value.problem


def test_a_wrong_dialogue_is_quoted_in_part_only() -> None:
    with pytest.raises(ConfigError) as caught:
        transcript_of([("robot", "x" * 10_000)])
    assert len(caught.value.problem) < 200


# Sums


def test_a_sum_knows_what_both_parts_know() -> None:
    assert Usage(1, 2, 3, 4) + Usage(10, 20, 30, 40) == Usage(11, 22, 33, 44)
    assert Usage(1, 2) + Usage(10, None, 5) == Usage(11, None, None, None)
    assert Usage() + Usage(1, 1, 1, 1) == Usage()
    assert Usage(0, 0) + Usage(0, 0) == Usage(0, 0)


def test_a_cost_with_an_unknown_part_is_unknown_and_never_less() -> None:
    assert Cost(Decimal("0.1"), "provider") + Cost(Decimal("0.2"), "provider") == Cost(Decimal("0.3"), "provider")
    known = Cost(Decimal("0.1"), "provider")
    assert known + Cost() == Cost() + known
    assert ((known + Cost()).usd, (known + Cost()).least_usd) == (None, Decimal("0.1"))
    assert Cost().usd is None


@pytest.mark.parametrize(
    ("sources", "whole"),
    [
        (("local", "price list"), "price list"),
        (("provider", "price list"), "price list"),
        (("provider", "local"), "provider"),
        (("static", "local"), "local"),
    ],
)
def test_a_sum_is_only_as_certain_as_its_least_certain_part(sources, whole: str) -> None:
    one, other = (Cost(Decimal(1), source) for source in sources)
    assert (one + other).source == (other + one).source == whole


@given(USAGES, USAGES, USAGES)
def test_the_order_of_a_sum_of_usage_does_not_matter(a: Usage, b: Usage, c: Usage) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + Usage(0, 0, 0, 0) == a


@given(COSTS, COSTS, COSTS)
def test_the_order_of_a_sum_of_costs_does_not_matter(a: Cost, b: Cost, c: Cost) -> None:
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (None, "not priced"),
        ("0", "free"),
        ("0.00", "free"),
        ("0.0000004", "under $0.000001"),
        ("0.000001", "$0.000001"),
        ("0.00123456", "$0.001235"),
        ("0.01", "$0.0100"),
        ("12.34567", "$12.3457"),
    ],
)
def test_a_cost_shows_what_is_known(usd: str | None, shown: str) -> None:
    assert str(Cost(None if usd is None else Decimal(usd))) == shown


# Replies


def test_the_summary_says_model_choice_tokens_cost_time_and_notices() -> None:
    whole = reply(
        model="openai:gpt-4o",
        model_source="node override",
        usage=Usage(1234, 56),
        price=lambda: Cost(Decimal("0.0042"), "price list"),
        latency_s=1.26,
        notices=("cut off at 56 tokens", "no temperature"),
    )
    assert whole.summary == (
        "openai:gpt-4o (node override) · 1,234 tokens in, 56 out · $0.004200 · 1.3 s"
        " · cut off at 56 tokens · no temperature"
    )


def test_the_summary_invents_nothing() -> None:
    assert reply(model="openai:x").summary == "openai:x (flow default) · not priced · 0.0 s"
    assert reply(model="openai:x", usage=Usage(7)).summary.split(" · ")[1] == "7 tokens in, output not reported"
    assert reply(model="openai:x", usage=Usage(0, 0)).summary.split(" · ")[1] == "0 tokens in, 0 out"
    assert reply(finish_reason="static", model_source="static").summary == "static, no model"


def test_the_price_is_computed_once_and_only_on_demand() -> None:
    asked: list[int] = []

    def price() -> Cost:
        asked.append(1)
        return Cost(Decimal(1), "provider")

    priced = reply(price=price)
    assert (repr(priced), str(priced), asked) == (repr(reply()), "Hi", [])
    assert priced.cost is priced.cost
    assert asked == [1]


@pytest.mark.parametrize(
    ("reason", "complete"),
    [
        ("stop", True),
        ("static", True),
        ("length", False),
        ("content_filter", False),
        ("refusal", False),
        ("tool_call", False),
        ("incomplete", False),
        ("interrupted", False),
    ],
)
def test_only_an_answer_that_was_finished_is_complete(reason, complete: bool) -> None:
    assert reply(finish_reason=reason).complete is complete


@pytest.mark.parametrize(
    ("text", "reason", "content"),
    [
        ("Half of", "length", "Half of […]"),
        ("Half of", "content_filter", "Half of […]"),
        ("Half of", "incomplete", "Half of […]"),
        ("Half of \n", "interrupted", "Half of […]"),
        ("", "length", ""),
        (" \n", "interrupted", " \n"),
        ("Whole. ", "stop", "Whole. "),
        ("Whole.", "static", "Whole."),
        ("I will not.", "refusal", "I will not."),
        ("Let me look.", "tool_call", "Let me look."),
    ],
)
def test_a_transcript_marks_an_answer_that_was_cut_off(text: str, reason, content: str) -> None:
    whole = reply(text, finish_reason=reason)
    assert (whole.transcript_entry, whole.line) == (Message("assistant", content), content)
    assert whole.with_transcript((HELLO,)).transcript == (HELLO, Message("assistant", content))
    assert (whole.text, str(whole)) == (text, text), "the text stays as it was said"


def test_a_reply_says_why_it_is_not_complete() -> None:
    assert reply().why_incomplete == reply(notices=("no temperature",)).why_incomplete == ""
    assert reply("Half", finish_reason="length", notices=("cut off", "x")).told == "Half […]\n[cut off; x]"
    assert reply("", finish_reason="length").told == "[it ended with length]"
    assert reply("No.", finish_reason="refusal", notices=("declined",)).told == "No.\n[declined]"
    assert reply("Half", finish_reason="length", model="a:b").explanation.endswith("(it ended with length)")


def test_html_of_a_reply_is_inert() -> None:
    shown = reply("<script>x</script>", notices=("<b>",))._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "&lt;b&gt;" in shown


def test_values_are_frozen() -> None:
    for value, name in ((HELLO, "content"), (Usage(), "input_tokens"), (Cost(), "usd"), (reply(), "text")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, "other")
