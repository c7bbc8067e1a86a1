"""Why an answer ended and what it took, in each spelling and shape."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets.usage import Usage
from tests.providers.asking import ask, fault, letter, letter_events, shape, whole
from tests.providers.fault_server import FaultServer, Reply, says, stream
from tests.providers.protocols.writing import BOTH, chunk, deltas, said

FINISHES = [
    *(("stop", word) for word in ("stop", "STOP", "eos", "end_turn", "EndTurn", "COMPLETE", "stop_sequence")),
    *(("stop", word) for word in ("FINISH_REASON_STOP", "FinishReason.STOP", {"type": "stop", "matched": 2})),
    *(("length", word) for word in ("length", "MAX_TOKENS", "max tokens", "maxTokens", "max_output_tokens")),
    *(("stop", word) for word in (["stop"], "eot", "eom")),
    *(("length", word) for word in ("length_exceeded", "maximum_tokens", "context_window_exceeded")),
    *(("stop", word) for word in ("eosFound", "stop_sequence_matched", "<|im_end|>", "<|eot_id|>")),
    *(("length", word) for word in ("max_tokens_reached", "OUTPUT_LIMIT", "ERROR_LIMIT", "token-limit-hit")),
    *(("length", word) for word in ("model_length", "model_context_window_exceeded", {"type": "length"})),
    *(("content_filter", word) for word in ("content_filter", "SAFETY", "RECITATION", "content-filter: HATE")),
    *(("content_filter", word) for word in ("content_filtered", "sensitive", "PROHIBITED_CONTENT")),
    *(("tool_call", word) for word in ("tool_calls", "function_call", "tool_use")),
    ("refusal", "refusal"),
    *(("incomplete", word) for word in ("abort", "tired", "OTHER", "insufficient_system_resource", "stop_it", 7)),
    *(("incomplete", word) for word in ("cancelled", "timeout", "pause_turn", {"x": 1}, [1], {"type": ["stop"]})),
]


@BOTH
@pytest.mark.parametrize(("reason", "word"), FINISHES, ids=str)
def test_the_end_has_each_vendors_name(faulty: FaultServer, of: str, reason: str, word: Any) -> None:
    reply = deltas({"content": "Hello"}, finish=word) if of == "compatible" else letter("Hello", word)
    answer = ask(faulty, reply, of=of)
    assert (answer.text, answer.finish_reason) == ("Hello", reason)


@pytest.mark.parametrize("nothing", [None, "", "null", False])
def test_what_is_no_reason_is_no_end(faulty: FaultServer, nothing: Any) -> None:
    reply = stream(chunk({"content": "Hel"}, nothing), chunk({"content": "lo"}, nothing))
    assert ask(faulty, reply, of="compatible").finish_reason == "incomplete"
    reply = stream(chunk({"content": "Hello"}, "length"), chunk(finish=nothing), chunk(finish="stop"))
    assert ask(faulty, reply, of="compatible").finish_reason == "length"


@BOTH
def test_a_missing_end_marker_is_no_fault(faulty: FaultServer, of: str) -> None:
    body = said("Hello")(of).body.replace(b"event: message_stop\ndata: " + b'{"type": "message_stop"}\n\n', b"")
    answer = ask(faulty, Reply(body, kind="text/event-stream"), of=of)
    assert (answer.text, answer.finish_reason, answer.notices) == ("Hello", "stop", ())


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ([], "incomplete"),
        ([b"data: [DONE]\n\n"], "stop"),
        ([chunk({}, "stop")], "stop"),
        ([chunk({}, "length")], "length"),
    ],
    ids=["cut off", "the stream's end", "another end", "an end of another kind"],
)
def test_an_answer_that_goes_on_after_its_end_has_not_ended(
    faulty: FaultServer, last: list[Any], reason: str
) -> None:
    answer = ask(
        faulty, stream(chunk({"content": "Hel"}, "stop"), chunk({"content": "lo"}), *last), of="compatible"
    )
    assert (answer.text, answer.finish_reason) == ("Hello", reason)


def test_thinking_after_the_end_leaves_it_the_end(faulty: FaultServer) -> None:
    answer = ask(faulty, stream(chunk({"content": "Hello"}, "stop"), chunk({"reasoning": "Hm."})), of="compatible")
    assert (answer.text, answer.finish_reason, answer.reasoning) == ("Hello", "stop", "Hm.")


ELSEWHERE = {
    "in the piece": {"choices": [{"delta": {"finish_reason": "@"}}]},
    "in the message": {"choices": [{"message": {"finish_reason": "@"}}]},
    "beside the choices": {"choices": [{"delta": {}}], "finish_reason": "@"},
    "beside no choices": {"choices": [], "finish_reason": "@"},
    "without choices": {"finish_reason": "@"},
    "in the other spelling": {"choices": [{"delta": {}, "finishReason": "@"}]},
    "beside one that says nothing": {"choices": [{"delta": {}, "finish_reason": None}], "finish_reason": "@"},
}


@pytest.mark.parametrize("last", ELSEWHERE.values(), ids=ELSEWHERE.keys())
@pytest.mark.parametrize(("word", "reason"), [("stop", "stop"), ("length", "length"), ("tired", "incomplete")])
def test_the_end_is_found_where_it_does_not_belong(
    faulty: FaultServer, last: dict[str, Any], word: str, reason: str
) -> None:
    body = stream(chunk({"content": "Hello"}), last).body.replace(b'"@"', f'"{word}"'.encode())
    answer = ask(faulty, Reply(body, kind="text/event-stream"), of="compatible")
    assert (answer.text, answer.finish_reason) == ("Hello", reason)


def test_an_end_without_any_answer_is_no_answer(faulty: FaultServer) -> None:
    reply = stream({"delta": {"content": "Hello"}}, {"delta": {}, "finish_reason": "stop"})
    assert fault(faulty, reply, of="compatible").kind == "unreadable"


CALL = {"name": "look_up", "arguments": "{}"}
CALLS = {
    "of a tool": {"tool_calls": [{"index": 0, "function": CALL}]},
    "of a function": {"function_call": CALL},
}


@pytest.mark.parametrize("text", ["", "One moment."])
@pytest.mark.parametrize("word", ["stop", "tool_calls", "function_call"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_call_that_nobody_offered_is_no_end_of_an_answer(
    faulty: FaultServer, call: dict[str, Any], word: str, text: str
) -> None:
    answer = ask(faulty, deltas({"content": text}, call, finish=word), of="compatible")
    assert (answer.text, answer.finish_reason) == (text, "tool_call")


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_call_that_was_asked_for_is_the_answer(faulty: FaultServer, call: dict[str, Any]) -> None:
    answer = ask(faulty, deltas(call), of="compatible", output=shape("tool"))
    assert (answer.text, answer.finish_reason) == ("{}", "stop")


USAGES: dict[str, tuple[dict[str, Any], Usage]] = {
    "usual": ({"prompt_tokens": 12, "completion_tokens": 34}, Usage(12, 34)),
    "cached": (
        {"prompt_tokens": 12, "completion_tokens": 34, "prompt_tokens_details": {"cached_tokens": 8}},
        Usage(12, 34, 8),
    ),
    "other names": (
        {"input_tokens": 12, "output_tokens": 34, "input_tokens_details": {"cached_tokens": 8}},
        Usage(12, 34, 8),
    ),
    "cache hits": (
        {"prompt_tokens": 12, "completion_tokens": 34, "prompt_cache_hit_tokens": 8},
        Usage(12, 34, 8),
    ),
    "written to a cache": (
        {"prompt_tokens": 12, "completion_tokens": 34, "cache_creation_input_tokens": 3},
        Usage(12, 34, None, 3),
    ),
    "as text": ({"prompt_tokens": "12", "completion_tokens": 34.0}, Usage(12, 34)),
    "reasoning inside": (
        {
            "prompt_tokens": 12,
            "completion_tokens": 34,
            "total_tokens": 46,
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
        Usage(12, 34),
    ),
    "reasoning apart": (
        {
            "prompt_tokens": 12,
            "completion_tokens": 4,
            "total_tokens": 46,
            "completion_tokens_details": {"reasoning_tokens": 30},
        },
        Usage(12, 34),
    ),
    "in camel case": (
        {"promptTokens": 12, "completionTokens": 34, "promptTokensDetails": {"cachedTokens": 8}},
        Usage(12, 34, 8),
    ),
    "counts": (
        {
            "promptTokenCount": 12,
            "candidatesTokenCount": 4,
            "thoughtsTokenCount": 30,
            "totalTokenCount": 46,
            "cachedContentTokenCount": 8,
        },
        Usage(12, 34, 8),
    ),
    "inside usage": ({"usage": {"prompt_tokens": 12, "completion_tokens": 34}}, Usage(12, 34)),
    "tokens that are billed": (
        {
            "billed_units": {"input_tokens": 12, "output_tokens": 34},
            "tokens": {"input_tokens": 15, "output_tokens": 34},
        },
        Usage(12, 34),
    ),
    "nothing of use": ({"prompt_tokens": -1, "completion_tokens": 1e400, "total_tokens": "x"}, Usage()),
    "one of them": ({"completion_tokens": 34}, Usage(None, 34)),
}


COUNTED = {"prompt_tokens": 12, "completion_tokens": 34}


@pytest.mark.parametrize(("usage", "counts"), USAGES.values(), ids=USAGES.keys())
def test_usage_is_read_in_each_of_its_shapes_and_places(
    faulty: FaultServer, usage: dict[str, Any], counts: Usage
) -> None:
    last = chunk(finish="stop")
    places = [
        [last, {"choices": [], "usage": usage}],
        [last, {"usage": usage}],
        [last, {"choices": None, "usage": usage}],
        [{**last, "usage": usage}],
        [{**last, "usage": usage}, {"choices": [], "usage": None}, {"choices": [], "usage": {}}],
        [{**last, "x_gateway": {"usage": usage}}],
        [{**last, "usageMetadata": usage}],
        [{"choices": [{**last["choices"][0], "usage": usage}]}],
        [{"choices": [{"delta": {"usage": usage}, "finish_reason": "stop"}]}],
        [{"choices": [], "usage": {"prompt_tokens": None}}, last, {"choices": [], "usage": usage}],
    ]
    for place in places:
        answer = ask(faulty, stream(chunk({"content": "Hi"}), *place), of="compatible")
        assert (answer.text, answer.usage) == ("Hi", counts)
    assert ask(faulty, says(whole({"content": "Hi"}, usage=usage)), of="compatible").usage == counts


def test_zeros_at_the_end_do_not_replace_what_was_reported(faulty: FaultServer) -> None:
    events = letter_events(["Hi"])
    events[-2]["usage"] = {"input_tokens": 0, "output_tokens": 9, "cache_read_input_tokens": 0}
    assert ask(faulty, stream(*events, named=True), of="anthropic").usage == Usage(30, 9, 20, 3)
    usages = ({"prompt_tokens": 12, "completion_tokens": 34}, {"prompt_tokens": 0, "completion_tokens": 0})
    last = ({**chunk({"content": "Hi"}, "stop"), "usage": usages[0]}, {"choices": [], "usage": usages[1]})
    assert ask(faulty, stream(*last), of="compatible").usage == Usage(12, 34)


def test_zeros_for_what_was_read_and_written_are_no_counts(faulty: FaultServer) -> None:
    zeros = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    said = stream(chunk({"content": "Hi"}), chunk(finish="stop"), {"choices": [], "usage": zeros})
    assert ask(faulty, said, of="compatible").usage == Usage()
    silent = stream(chunk(finish="stop"), {"choices": [], "usage": {**zeros, "prompt_tokens": 7}})
    assert ask(faulty, silent, of="compatible").usage == Usage(7, 0)
    events = letter_events(["Hi"])
    events[-2]["usage"] = {"output_tokens": 0}
    assert ask(faulty, stream(*events, named=True), of="anthropic").usage.output_tokens is None


@pytest.mark.parametrize(
    ("events", "more"),
    [
        ([chunk({"content": "Hi"}, usage=COUNTED), chunk({"content": "!"}, usage=COUNTED)], True),
        ([{"choices": [], "usage": COUNTED}, chunk({"content": "Hi"})], True),
        ([chunk({"content": "Hi"})], True),
        ([chunk({"content": "Hi"}), {"choices": [], "usage": COUNTED}], False),
        ([chunk({"content": "Hi"}, usage=COUNTED), chunk(finish="stop", usage=COUNTED)], False),
        ([chunk({"content": "Hi"}, usage=COUNTED), chunk(finish="length")], False),
    ],
    ids=["with each piece", "first", "never", "last", "with each, and an end", "with a piece, and an end"],
)
def test_usage_of_an_answer_that_breaks_off_is_a_lower_bound(
    faulty: FaultServer, events: list[dict[str, Any]], more: bool
) -> None:
    assert ask(faulty, stream(*events), of="compatible").may_cost_more is more
