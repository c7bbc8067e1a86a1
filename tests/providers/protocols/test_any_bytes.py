"""Whatever bytes come: an answer, or one of our errors."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from byok_widgets.errors import ByokError
from byok_widgets.providers.exchange import Answer
from tests.providers.asking import letter, parse, shape, talk, whole
from tests.providers.fault_server import says, stream
from tests.providers.protocols.test_errors_in_answers import RAW_ERRORS
from tests.providers.protocols.test_thinking import THINKING
from tests.providers.protocols.writing import deltas

SEEDS = {
    "compatible": [
        talk("Hello <b>there</b>", usage={"prompt_tokens": 1, "completion_tokens": 2}).body,
        deltas(*THINKING["the same in two fields"], {"content": "Hello"}).body,
        deltas(*THINKING["typed parts"], {"content": "Hello"}).body,
        says(whole({"content": "<think>hm</think>Hello"})).body,
        *RAW_ERRORS.values(),
    ],
    "anthropic": [letter("Hello").body, *RAW_ERRORS.values()],
}
JUNK = st.sampled_from(
    [
        b"null",
        b"[]",
        b"{}",
        b"42",
        b'""',
        b"\\ud83d",
        b"\xff",
        b"\n",
        b"\r",
        b"data:",
        b"true",
        b"1e999",
        b"[[",
        b'"',
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(["compatible", "anthropic"]), st.data())
def test_no_bytes_raise_anything_but_our_errors(of: str, data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(SEEDS[of]))
    for _ in range(data.draw(st.integers(0, 4))):
        start = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(start, min(len(body), start + 30)))
        body = body[:start] + data.draw(JUNK | st.binary(max_size=4)) + body[end:]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=5)))
    kind = data.draw(st.sampled_from(["text/event-stream", "application/json", ""]))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    output = shape("tool") if data.draw(st.booleans()) else None
    whole_result = outcome([body], of, kind, output)
    assert outcome(pieces, of, kind, output) == whole_result
    repr(whole_result).encode()


NAMES = [
    "choices",
    "delta",
    "message",
    "content",
    "text",
    "type",
    "error",
    "finish_reason",
    "usage",
    "reasoning",
    "reasoning_details",
    "tool_calls",
    "function",
    "arguments",
    "index",
    "stop_reason",
    "content_block",
    "input",
    "thinking",
    "detail",
    "data",
    "prompt_tokens",
    "prompt_tokens_details",
    "model",
    "id",
    "code",
    "metadata",
    "refusal",
    "partial_json",
]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["compatible", "anthropic"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from(["text", "error", "stop", "tool_use", ""]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(NAMES),
                inner,
                max_size=5,
            )
        ),
        max_leaves=25,
    ),
)
def test_no_value_of_a_wrong_type_raises_anything_but_our_errors(of: str, value: Any) -> None:
    for kind in ("message_start", "content_block_start", "content_block_delta", "message_delta", "message", "x"):
        event = {**value, "type": kind} if isinstance(value, dict) and of == "anthropic" else value
        for body in (json.dumps(event).encode(), stream(event).body):
            outcome([body], of, "", shape("tool"))


def outcome(pieces: list[bytes], of: str, kind: str, output: Any) -> Answer | str:
    try:
        return parse(pieces, of=of, kind=kind, output=output)
    except ByokError as error:
        return str(error)
