"""Text in parts, in whole messages after their pieces, and in halves of characters."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets import Flow
from tests.providers.asking import ask, fault, letter_events, shape, talk, whole
from tests.providers.fault_server import FaultServer, Reply, says, stream
from tests.providers.protocols.writing import BOTH, blocks, chunk, deltas, said

WHOLE_PARTS = {
    "a message": whole({"content": "Hello there"}),
    "a message beside a delta": {
        "choices": [{"delta": {"content": " there"}, "message": {"content": "Hello there"}}],
    },
    "a shorter message": whole({"content": "Hello"}),
    "an unlike message": whole({"content": "hello, there"}),
    "a message in parts": whole({"content": [{"type": "text", "text": "Hello there"}]}),
    "a message with thinking": whole({"content": "<think>hm</think>\n\nHello there"}),
}


@pytest.mark.parametrize("last", WHOLE_PARTS.values(), ids=WHOLE_PARTS.keys())
def test_a_whole_message_after_its_pieces_is_not_said_twice(faulty: FaultServer, last: Any) -> None:
    pieces: list[str] = []
    first = ("Hello",) if "delta" in last["choices"][0] else ("Hello", " there")
    reply = stream(*(chunk({"content": text}) for text in first), last, chunk(finish="stop"))
    answer = ask(faulty, reply, of="compatible", on_text=pieces.append)
    assert (answer.text, answer.finish_reason) == ("Hello there", "stop")
    assert "".join(pieces) == "Hello there"


def test_a_last_piece_that_is_all_of_the_answer_is_not_said_twice(faulty: FaultServer) -> None:
    for again in ({"role": "assistant", "content": "Hello there"}, {"content": "Hello there"}):
        reply = stream(chunk({"content": "Hello"}), chunk({"content": " there"}), chunk(again, "stop"))
        assert ask(faulty, reply, of="compatible").text == "Hello there"
    for last in ({"content": "1"}, {"role": "assistant", "content": "1"}):  # a number, one digit after the other
        assert ask(faulty, stream(chunk({"content": "1"}), chunk(last, "stop")), of="compatible").text == "11"


def test_a_whole_message_brings_what_its_pieces_lack(faulty: FaultServer) -> None:
    message = whole({"content": "Hello there", "reasoning": "hm"})
    answer = ask(faulty, stream(chunk({"content": "Hello"}), message), of="compatible")
    assert (answer.text, answer.reasoning, answer.finish_reason) == ("Hello there", "hm", "stop")
    assert ask(faulty, stream(message), of="compatible").text == "Hello there"


def test_a_whole_message_after_its_events_is_not_said_twice(faulty: FaultServer) -> None:
    message = {"type": "message", "content": [{"type": "text", "text": "Hello there"}], "stop_reason": "end_turn"}
    for body in (stream(*letter_events(["Hello", " there"])[:-1], message, named=True), stream(message)):
        answer = ask(faulty, body, of="anthropic")
        assert (answer.text, answer.finish_reason) == ("Hello there", "stop")


def test_what_comes_after_the_end_is_no_part_of_the_answer(faulty: FaultServer) -> None:
    events = letter_events(["Hello", " there"])
    failed = {"type": "error", "error": {"type": "api_error", "message": "x"}}
    for after in (events, [failed]):
        body = stream(*events, *after, named=True)
        end = body.body.index(b"message_stop") + len(b'message_stop"}\n\nevent')
        for reply in (body, body.but(pieces=(end,))):
            answer = ask(faulty, reply, of="anthropic")
            assert (answer.text, answer.finish_reason, answer.notices) == ("Hello there", "stop", ())


def test_text_with_which_a_block_or_a_message_begins_is_text(faulty: FaultServer) -> None:
    start = {"type": "content_block_start", "content_block": {"type": "text", "text": "Hello"}}
    more = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": " there"}}
    assert ask(faulty, blocks(start, more), of="anthropic").text == "Hello there"
    events = letter_events([" there"])
    events[0]["message"]["content"] = [{"type": "text", "text": "Hello"}]
    assert ask(faulty, stream(*events, named=True), of="anthropic").text == "Hello there"


CONTENT = {
    "parts": [{"type": "text", "text": "Hello"}, {"type": "text", "text": " there"}],
    "one part": {"type": "text", "text": "Hello there"},
    "texts": ["Hello", " there"],
    "a part without a type": [{"text": "Hello there"}],
    "a part of another name": [{"type": "output_text", "text": "Hello there"}],
    "a text with a value": [{"type": "text", "text": {"value": "Hello there"}}],
    "a part with content": [{"type": "text", "content": "Hello there"}],
    "an image": [{"type": "image_url", "image_url": {}}, {"type": "text", "text": "Hello there"}],
}


@pytest.mark.parametrize("content", CONTENT.values(), ids=CONTENT.keys())
def test_content_comes_in_parts(faulty: FaultServer, content: Any) -> None:
    assert ask(faulty, deltas({"content": content}), of="compatible").text == "Hello there"
    assert ask(faulty, says(whole({"content": content})), of="compatible").text == "Hello there"


@pytest.mark.parametrize("content", [87654321, True, [87654321], [{"text": 87654321}], {"text": ["x"]}])
def test_content_of_a_wrong_type_is_an_error_that_does_not_quote_it(faulty: FaultServer, content: Any) -> None:
    error = fault(faulty, deltas({"content": content}), of="compatible")
    assert error.kind == "unreadable"
    assert "87654321" not in str(error)


def test_only_the_first_choice_is_the_answer(faulty: FaultServer) -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "Other"}, "finish_reason": "length"}]}
    answer = ask(faulty, stream(chunk({"content": "Hello"}), other, chunk(finish="stop"), other), of="compatible")
    assert (answer.text, answer.finish_reason) == ("Hello", "stop")


def messages(*texts: str, **more: Any) -> list[dict[str, Any]]:
    return [{"choices": [{"index": 0, "message": {"content": text, **more}}]} for text in texts]


UNUSUAL: dict[str, tuple[list[dict[str, Any]], str]] = {
    "messages that grow": (messages("Hel", "Hello", "Hello there"), "Hello there"),
    "messages that grow and repeat": (messages("Hel", "Hel", "Hello", "Hello"), "Hello"),
    "messages that are pieces": (messages("Hel", "lo", " there"), "Hello there"),
    "pieces that repeat": (messages("ha", "ha", "ha", "!"), "hahaha!"),
    "an empty message at the end": (messages("Hel", "lo", ""), "Hello"),
    "a message with each piece": (
        [
            {"choices": [{"delta": {"content": "Hel"}, "message": {"content": "Hel"}}]},
            {"choices": [{"delta": {"content": "lo"}, "message": {"content": "lo"}}]},
        ],
        "Hello",
    ),
    "a whole after pieces": ([chunk({"content": "Hel"}), chunk({"content": "lo"}), *messages("Hello")], "Hello"),
    "another whole after pieces": ([chunk({"content": "Hello"}), *messages("Goodbye")], "Hello"),
    "a piece under both names": ([{"choices": [{"text": "Hello", "delta": {"content": "Hello"}}]}], "Hello"),
    "text of an older protocol": ([{"choices": [{"text": "Hel"}]}, {"choices": [{"text": "lo"}]}], "Hello"),
    "text in the piece": ([chunk({"text": "Hel"}), chunk({"text": "lo"})], "Hello"),
    "choices that are not numbered": (
        [{"choices": [{"delta": {"content": "Hello"}}, {"delta": {"content": "Bad"}}]}],
        "Hello",
    ),
    "choices in another order": (
        [{"choices": [{"index": i, "delta": {"content": t}} for i, t in ((1, "Bad"), (0, "Hello"))]}],
        "Hello",
    ),
    "a choice that is null": ([{"choices": [None]}, chunk({"content": "Hello"})], "Hello"),
}


@pytest.mark.parametrize(("events", "text"), UNUSUAL.values(), ids=UNUSUAL.keys())
def test_each_way_of_streaming_is_the_same_text(
    faulty: FaultServer, events: list[dict[str, Any]], text: str
) -> None:
    answer = ask(faulty, stream(*events, chunk(finish="stop")), of="compatible")
    assert (answer.text, answer.finish_reason) == (text, "stop")


@BOTH
def test_halves_of_a_character_are_joined_and_the_rest_replaced(faulty: FaultServer, of: str) -> None:
    body = said("Hi @1", "@2!", " @2 ", "@1")(of).body.replace(b"@1", rb"\ud83d").replace(b"@2", rb"\ude00")
    pieces: list[str] = []
    answer = ask(faulty, Reply(body, kind="text/event-stream"), of=of, on_text=pieces.append)
    assert answer.text == "".join(pieces) == "Hi 😀! \ufffd \ufffd"


def test_no_text_of_an_answer_holds_half_a_character(faulty: FaultServer) -> None:
    choices = rb'"choices": [{"delta": {"%s": "a\ud83d"}, "finish_reason": "\ud83d"}]'
    half = rb'{"id": "\ud83d", "model": "\ud83d", ' + choices + b"}"
    both = (chunk({"refusal": "No @1"}), chunk({"refusal": "@2"}, "stop"))
    body = stream(*both).body.replace(b"@1", rb"\ud83d").replace(b"@2", rb"\ude00")
    assert ask(faulty, Reply(body, kind="text/event-stream"), of="compatible").text == "No 😀"
    for name in (b"reasoning", b"refusal", b"content"):
        body = b"data: " + half.replace(b"%s", name) + b"\n\n" + stream(chunk({"content": "b"})).body
        answer = ask(faulty, Reply(body, kind="text/event-stream"), of="compatible")
        repr(answer).encode()
        "".join((answer.text, answer.reasoning, *answer.notices, str(answer.request_id))).encode()


def test_a_session_goes_on_after_half_a_character(faulty: FaultServer) -> None:
    flow = Flow("unpaired surrogate")
    flow.set_base_url("compatible", faulty.url + "/v1")
    flow.model = "compatible:m"
    flow.conversation("ask", "Be brief.")
    session = flow.start()
    broken = (
        rb'data: {"choices": [{"index": 0, "delta": {"content": "Hi \ud83d"}, "finish_reason": "stop"}]}' + b"\n\n"
    )
    faulty.script(Reply(broken, kind="text/event-stream"), talk("ok"))
    assert session.say("hello").reply.text == "Hi \ufffd"
    assert session.say("again").reply.text == "ok"


def test_several_pieces_of_an_answer_may_come_in_one_event(faulty: FaultServer) -> None:
    pieces = [{"index": 0, "delta": {"content": text}} for text in ("Hel", "lo")]
    other = {"index": 1, "delta": {"content": "Bye"}}
    reply = stream({"choices": [*pieces, other]}, chunk(finish="stop"))
    assert ask(faulty, reply, of="compatible").text == "Hello"


@pytest.mark.parametrize("index", [{}, {"index": 0}], ids=["unnumbered", "numbered"])
def test_text_and_call_of_a_tool_may_come_as_two_choices(faulty: FaultServer, index: dict[str, int]) -> None:
    call = {"function": {"name": "person", "arguments": '{"name": "Bo"}'}}
    messages = ({"content": "I note: "}, {"content": None, "tool_calls": [call]}, {"content": "Another answer"})
    body = {"choices": [{"message": message, "finish_reason": "tool_calls", **index} for message in messages]}
    assert ask(faulty, says(body), of="compatible", output=shape("tool")).text == 'I note: {"name": "Bo"}'
    assert ask(faulty, says(body), of="compatible").finish_reason == "tool_call"


def test_a_tool_that_nobody_offered_is_no_end_of_an_answer(faulty: FaultServer) -> None:
    tool = {
        "type": "content_block_start",
        "index": 1,
        "content_block": {"type": "tool_use", "name": "f", "input": {}},
    }
    assert ask(faulty, blocks(tool), of="anthropic").finish_reason == "tool_call"
    body = {"content": [{"type": "text", "text": "Hi"}, tool["content_block"]], "stop_reason": "end_turn"}
    assert ask(faulty, says(body), of="anthropic").finish_reason == "tool_call"


@BOTH
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_blank_lines_between_events_may_be_missing(faulty: FaultServer, of: str, line_end: bytes) -> None:
    body = said("Hel", "lo")(of).body.replace(b"\n\n", line_end)
    answer = ask(faulty, Reply(body, kind="text/event-stream"), of=of)
    assert (answer.text, answer.finish_reason) == ("Hello", "stop")
    cut = ask(faulty, Reply(body[: body.index(b'lo"') + 1], kind="text/event-stream"), of=of)
    assert (cut.text, cut.finish_reason) == ("Hel", "incomplete")


@pytest.mark.parametrize("error", [{}, {"code": 0, "message": ""}, {"message": None}], ids=str)
def test_an_error_with_nothing_in_it_is_none(faulty: FaultServer, error: dict[str, Any]) -> None:
    assert ask(faulty, says(whole({"content": "Hello"}, error=error)), of="compatible").text == "Hello"
