"""Streams as vendors, gateways and servers really write them, each with its own additions and omissions."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets.errors import ByokError
from byok_widgets.providers.exchange import Answer
from byok_widgets.usage import Usage
from tests.providers.asking import parse
from tests.providers.fault_server import stream
from tests.providers.protocols.writing import chunk

COUNTED = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
SAID = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"})]
END = chunk(finish="stop")
USAGE = {"choices": [], "usage": COUNTED}
ZERO = {"index": 0, "finish_reason": None}


def one(**choice: Any) -> dict[str, Any]:
    """Return an event with one choice."""
    return {"choices": [{**ZERO, **choice}]}


WHOLE: dict[str, list[Any]] = {
    "an event about the prompt first": [{"choices": [], "prompt_filter_results": [{}]}, *SAID, END, USAGE],
    "a choice that only filters": [*SAID, one(content_filter_offsets={"check_offset": 1}), END, USAGE],
    "a filter after the end": [*SAID, END, one(delta={"content": None}, content_filter_results={}), USAGE],
    "a number as stop reason": [*SAID, one(delta={}, finish_reason="stop", stop_reason=128009), USAGE],
    "usage with each piece": [*({**event, "usage": COUNTED} for event in SAID), {**END, "usage": COUNTED}],
    "null as usage": [*({**event, "usage": None} for event in SAID), END, USAGE],
    "other choices": [{"choices": [{"index": 1, "delta": {"content": "Bad"}}]}, *SAID, END, USAGE],
    "a role with each piece": [
        *(chunk({"role": "assistant", "content": text}) for text in ("Hel", "lo")),
        chunk({"role": "assistant", "content": ""}, "stop"),
        USAGE,
    ],
    "usage of a vendor's own": [*SAID, {**END, "x_vendor": {"id": "r", "usage": {"queue_time": 0.1, **COUNTED}}}],
    "usage of parts after it": [*SAID, {**END, "usage": COUNTED, "usage_breakdown": {"models": [{"usage": {}}]}}],
    "the text twice": [
        one(text="Hel", delta={"content": "Hel", "token_id": 1}),
        {"choices": [{"index": 0, "text": "lo", "delta": {"content": "lo"}, "finish_reason": "eos"}], **USAGE}
        | {"choices": [{"index": 0, "text": "lo", "delta": {"content": "lo"}, "finish_reason": "eos"}]},
    ],
    "the raw output beside it": [
        *SAID,
        one(delta={}, finish_reason="stop", raw_output={"completion": "No"}),
        USAGE,
    ],
    "parts that are no text": [
        chunk({"content": [{"type": "text", "text": "Hello"}, {"type": "reference", "reference_ids": [1]}]}),
        END,
        USAGE,
    ],
    "padding": [*({**event, "p": "abc", "obfuscation": "x"} for event in SAID), END, USAGE],
    "annotations": [chunk({"content": "Hello", "annotations": [{"url_citation": {"content": "No"}}]}), END, USAGE],
    "an echo of the request first": [{"choices": [], "debug": {"echo": {"messages": ["No"]}}}, *SAID, END, USAGE],
    "the native reason": [*SAID, one(delta={}, finish_reason="stop", native_finish_reason="STOP"), USAGE],
    "usage with an empty piece": [*SAID, END, {"choices": [{"index": 0, "delta": {}}], "usage": COUNTED}],
    "all so far beside each piece": [
        one(message={"content": "Hel"}, delta={"content": "Hel"}),
        one(message={"content": "Hello"}, delta={"content": "lo"}),
        {**one(message={"content": "Hello"}, delta={"content": ""}, finish_reason="stop"), "usage": COUNTED},
    ],
    "all of it at the end": [
        *SAID,
        {
            **one(message={"content": "Hello"}, finish_reason="stop"),
            "usage": COUNTED,
            "base_resp": {"status_code": 0},
        },
    ],
    "steps of a search": [chunk({"content": "", "reasoning_steps": [{"thought": "No"}]}), *SAID, END, USAGE],
    "the text as a list, too": [
        chunk({"type": "text", "content": "Hello", "content_list": [{"type": "text", "text": "Hello"}]}),
        END,
        USAGE,
    ],
    "progress of the prompt": [{"choices": [], "prompt_progress": {"total": 9}}, *SAID, END, USAGE],
    "named progress": [b'event: prompt_processing.progress\ndata: {"progress": 0.3}\n\n', *SAID, END, USAGE],
    "a stream of an older protocol": [one(text="Hel"), one(text="lo", finish_reason="stop"), USAGE],
    "an event of events": [[*SAID, END], USAGE],
    "a number that is none": [b'data: {"choices": [], "logprobs": NaN}\n\n', *SAID, END, USAGE],
    "usage as a float and a text": [*SAID, END, {"usage": {"prompt_tokens": 9.0, "completion_tokens": "4"}}],
    "another response beside it": [{"response": "Hel", **SAID[0]}, {"response": "lo", **SAID[1]}, END, USAGE],
}


@pytest.mark.parametrize("end", [[b"data: [DONE]\n\n"], []], ids=["marked", "unmarked"])
@pytest.mark.parametrize("events", WHOLE.values(), ids=WHOLE.keys())
def test_what_a_vendor_adds_or_omits_changes_nothing(events: list[Any], end: list[bytes]) -> None:
    answer = parse([stream(*events, *end).body], of="compatible")
    assert (answer.text, answer.finish_reason) == ("Hello", "stop")
    assert (answer.usage, answer.reasoning, answer.notices) == (Usage(9, 4), "", ())


FOREIGN: dict[str, list[Any]] = {
    "a local server's own": [{"message": {"content": "Hello"}, "done": True, "done_reason": "stop"}],
    "tokens": [{"token": {"text": "Hello"}, "generated_text": "Hello", "details": {"finish_reason": "eos_token"}}],
    "candidates": [{"candidates": [{"content": {"parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}],
    "content deltas": [{"type": "content-delta", "delta": {"message": {"content": {"text": "Hello"}}}}],
    "a bare response": [{"response": "Hello"}, {"response": "", "usage": COUNTED}],
    "output inside": [{"output": {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}}],
    "completions": [{"content": "Hello", "stop": True, "stop_type": "eos"}],
    "responses": [{"type": "response.output_text.delta", "delta": "Hello"}, {"type": "response.completed"}],
    "blocks": [{"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hello"}}],
}


def outcome(events: list[Any], of: str) -> Answer | ByokError:
    try:
        return parse([stream(*events, b"data: [DONE]\n\n").body], of=of)
    except ByokError as error:
        return error


@pytest.mark.parametrize("events", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_stream_of_another_protocol_is_an_error_and_no_empty_answer(events: list[Any]) -> None:
    error = outcome(events, "compatible")
    assert isinstance(error, ByokError)
    assert error.kind == "unreadable"


BROKEN: dict[str, tuple[Any, str]] = {
    "an engine that died": ({"error": {"object": "error", "message": "It broke", "code": 500}}, "It broke"),
    "an error as text": ({"error": "Request failed: It broke", "error_type": "generation"}, "It broke"),
    "a named error": (b'event: error\ndata: {"error": {"message": "It broke"}, "message": "No"}\n\n', "It broke"),
    "an error with a choice": ({"error": {"message": "It broke"}, **chunk({"content": ""}, "error")}, "It broke"),
    "an error in a choice": (one(delta={}, finish_reason="error", error={"message": "It broke"}), "It broke"),
    "an error under a vendor's name": ({"choices": [], "x_vendor": {"error": "It broke"}}, ""),
    "a status inside": ({"choices": [], "base_resp": {"status_code": 1002, "status_msg": "It broke"}}, "It broke"),
    "texts in place of null": (
        {"error": {"message": "It broke", "type": "None", "param": "None", "code": "500"}},
        "It broke",
    ),
    "a field that is no event": (b'error: {"code": 500, "message": "It broke"}\n\n', "It broke"),
    **{
        word: (chunk({}, word), "")
        for word in ("abort", "repetition", "error", "network_error", "USER_CANCEL", "MALFORMED_FUNCTION_CALL")
    },
}


@pytest.mark.parametrize(("event", "words"), BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_that_a_vendor_breaks_off_is_incomplete(event: Any, words: str) -> None:
    answer = outcome([*SAID, event], "compatible")
    assert isinstance(answer, Answer)
    assert (answer.text, answer.finish_reason) == ("Hello", "incomplete")
    assert words in " ".join(answer.notices)
