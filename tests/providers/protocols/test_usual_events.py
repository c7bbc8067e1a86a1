"""Usual events are read in a short way; what is read is the same as in the general one."""

from __future__ import annotations

import json
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from byok_widgets.errors import ByokError
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.protocols.chat_completions import ChatCompletionsProvider
from tests.providers.asking import parse
from tests.providers.protocols.writing import chunk

WORDS = [
    "Hello",
    " there",
    "",
    " ",
    "\n",
    "é",
    "日本",
    "ｱﾃｩ",
    "\ud83d",
    "\ude00",
    "<think>",
    "</think>",
    '"',
    "A b",
]
USAGES: list[Any] = [
    None,
    {},
    {"prompt_tokens": 5, "completion_tokens": 3},
    {"promptTokens": 5},
    {"total_tokens": 9},
    7,
]
ODD: list[Any] = [None, "", 0, 7, [], {}, "x", {"error": "no"}, {"usage": USAGES[2]}, ["x"]]
NAMES = [
    "error",
    "message",
    "usage",
    "finish_reason",
    "finishReason",
    "model",
    "provider",
    "object",
    "role",
    "text",
]
KINDS = ["text/event-stream", *(f"text/event-stream; charset={name}" for name in ("shift_jis", "iso-2022-jp"))]

pieces = st.builds(
    lambda words, model: chunk({"content": words}, id="x", model=model),
    st.sampled_from(WORDS),
    st.sampled_from(["m", "m", "m", "other"]),
)


@st.composite
def odd_pieces(draw: st.DrawFn) -> dict[str, Any]:
    event = draw(pieces)
    [choice] = event["choices"]
    place = draw(st.sampled_from([event, choice, choice["delta"]]))
    place[draw(st.sampled_from([*NAMES, *place]))] = draw(st.sampled_from(ODD))
    return event


ends = st.builds(
    lambda reason, usage, words: chunk({"content": words}, reason, id="x", model="m", usage=usage),
    st.sampled_from(["stop", "length", "banana", "error", None]),
    st.sampled_from(USAGES),
    st.sampled_from(["", "Hello there"]),
)
reports = st.builds(lambda usage: {"choices": [], "model": "m", "usage": usage}, st.sampled_from(USAGES))
streams = st.lists(pieces | pieces | pieces | odd_pieces() | ends | reports, max_size=10)


def body_of(events: list[dict[str, Any]], kind: str) -> bytes:
    text = "".join(f"data: {json.dumps(event, ensure_ascii='charset' not in kind)}\n\n" for event in events)
    return text.encode(kind.partition("charset=")[2] or "utf-8", "replace")


def outcome(body: bytes, kind: str, cut: int) -> tuple[Answer | str, list[str]]:
    heard: list[str] = []
    try:
        found: Answer | str = parse(
            [body[at : at + cut] for at in range(0, len(body), cut)],
            of="compatible",
            kind=kind,
            on_text=heard.append,
        )
    except ByokError as error:
        found = f"{error.kind}: {error}"
    return found, ["".join(map(str, heard))]


def in_general(body: bytes, kind: str, cut: int) -> tuple[Answer | str, list[str]]:
    with mock.patch.object(ChatCompletionsProvider, "accumulate_plain", return_value=None):
        return outcome(body, kind, cut)


@settings(max_examples=250, deadline=None)
@given(streams, st.sampled_from(KINDS), st.sampled_from([7, 60, 10_000]))
def test_usual_events_say_the_same_as_in_general(events: list[dict[str, Any]], kind: str, cut: int) -> None:
    body = body_of(events, kind)
    assert outcome(body, kind, cut) == in_general(body, kind, cut)


PIECES = [chunk({"content": words}, id="x", model="m") for words in ("One", " two", " three")]
STOP = chunk(finish="stop", id="x")


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([*PIECES, chunk({"content": " four"}, id="x", model="other"), PIECES[0]], KINDS[0]),
        ([*PIECES[:2], chunk({"content": "!"}, warning={"error": "late"}), PIECES[0]], KINDS[0]),
        ([*PIECES, STOP, chunk(provider={"usage": USAGES[2]})], KINDS[0]),
        ([*PIECES, chunk({"content": "東京"}, id="x", model="m"), STOP], KINDS[2]),
        ([*PIECES, chunk({"content": "ﾃｩ"}, id="x", model="m"), STOP], KINDS[1]),
    ],
    ids=["the model changes", "an odd event", "usage elsewhere", "escapes", "bytes that look like UTF-8"],
)
def test_so_do_events_among_usual_ones(events: list[dict[str, Any]], kind: str) -> None:
    body = body_of(events, kind)
    assert outcome(body, kind, 10_000) == in_general(body, kind, 10_000)
