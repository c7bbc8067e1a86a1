"""Frames that say nothing, lost beginnings, and lines that are no events, through both SDKs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.providers.asking import ask, fault
from tests.providers.fault_server import FaultServer, Reply, stream
from tests.providers.protocols.writing import BOTH, chunk, said

FRAMES = {
    "retry": b"retry: 3000\n\n",
    "id": b"id: 7\n\n",
    "comment": b": keep-alive\n\n",
    "no data": b"data:\n\n",
    "bare data": b"data\n\n",
    "a name alone": b"event: ping\n\n",
    "a named ping": b"event: ping\ndata: pong\n\n",
    "a named ping with JSON": b'event: ping\ndata: {"type": "ping"}\n\n',
    "a ping as text": b"data: ping\n\n",
    "a ping as JSON text": b'data: "PING"\n\n',
    "a comment as data": b"data: : OPENROUTER PROCESSING\n\n",
    "a ping": b'data: {"type": "ping"}\n\n',
    "null": b"data: null\n\n",
    "an empty text": b'data: ""\n\n',
    "an empty object": b"data: {}\n\n",
    "an empty list": b"data: []\n\n",
    "something new": b'event: new\ndata: {"type": "new", "x": [1]}\n\n',
    "blank lines": b"\n\n\r\n",
    "NUL bytes": b"\0\0\0\n\n",
    "a word in brackets": b"data: [HEARTBEAT]\n\n",
    "a number": b"data: 0\n\n",
    "progress": b'data: {"type": "status", "message": "warming up"}\n\n',
    "named progress": b'event: queue\ndata: {"message": "2 before you"}\n\n',
    "named progress as text": b"event: info\ndata: The model is loading.\n\n",
}


@BOTH
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())
def test_frames_that_say_nothing_end_nothing(faulty: FaultServer, of: str, frame: bytes) -> None:
    body = said("Hello", " there")(of).body
    frames = [part + b"\n\n" for part in body.split(b"\n\n") if part]
    answer = ask(faulty, Reply(frame + frame.join(frames) + frame, kind="text/event-stream"), of=of)
    assert (answer.text, answer.finish_reason, answer.notices) == ("Hello there", "stop", ())


@BOTH
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_nul_bytes_around_lines_lose_no_text(faulty: FaultServer, of: str, kind: str) -> None:
    body = said("Hello", " there")(of).body
    for padded in (body.replace(b"data:", b"\0\0data:"), body.replace(b"data:", b"da\0ta:"), b"\0: hm\n\n" + body):
        answer = ask(faulty, Reply(padded, kind=kind, pieces=(1, 3, 9)), of=of)
        assert (answer.text, answer.finish_reason) == ("Hello there", "stop")


@pytest.mark.parametrize("around", ["{}\0", "\0{}", "{}\0 \0"])
def test_nul_bytes_around_a_word_leave_it_what_it_is(faulty: FaultServer, around: str) -> None:
    body = said("Hello", " there")("compatible").body
    ping, done = (f"data: {around.format(word)}\n\n".encode() for word in ("ping", "[DONE]"))
    answer = ask(faulty, Reply(ping + body + done, kind="text/event-stream"), of="compatible")
    assert (answer.text, answer.finish_reason, answer.notices) == ("Hello there", "stop", ())


@pytest.mark.parametrize("name", ["status", "info"])
def test_an_event_with_a_part_of_an_answer_is_read_whatever_it_is_called(faulty: FaultServer, name: str) -> None:
    frame = f"event: {name}\n".encode()
    body = said("Hello", " there")("compatible").body.replace(b"data: {", frame + b"data: {")
    assert ask(faulty, Reply(body, kind="text/event-stream"), of="compatible").text == "Hello there"
    for error in ({"message": "CUDA out of memory"}, "CUDA out of memory"):
        for told in (stream(frame, {"error": error}), stream({"type": name, "error": error})):
            assert "memory" in str(fault(faulty, told, of="compatible"))


@BOTH
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain", ""])
@pytest.mark.parametrize(
    "before", [b"", b"\xef\xbb\xbf", b"\n \r\n", b": hm\n\n"], ids=["", "bom", "blank", "comment"]
)
def test_the_first_event_is_never_lost(faulty: FaultServer, of: str, before: bytes, kind: str) -> None:
    body = before + said("Hello", " there")(of).body
    for ends in (b"\n", b"\r\n", b"\r"):
        reply = Reply(body.replace(b"\n", ends), kind=kind, pieces=(1, 2, 5, 9))
        assert ask(faulty, reply, of=of).text == "Hello there"


@pytest.mark.parametrize("end", [b"[done]", b'"[DONE]"', b"DONE", b"[EOF]", b"[END]", b" [DONE] "])
def test_the_end_is_read_however_it_is_written(faulty: FaultServer, end: bytes) -> None:
    body = said("Hello", " there")("compatible").body + b"data: " + end + b"\n\n"
    answer = ask(faulty, Reply(body, kind="text/event-stream"), of="compatible")
    assert (answer.text, answer.finish_reason, answer.notices) == ("Hello there", "stop", ())


def test_events_of_events_are_read(faulty: FaultServer) -> None:
    body = said("Hello", " there")("compatible").body.replace(b"data: ", b"data: data: ")
    for again in (body, body.replace(b"data: data: [DONE]", b"data: [DONE]")):
        answer = ask(faulty, Reply(again, kind="text/event-stream"), of="compatible")
        assert (answer.text, answer.finish_reason) == ("Hello there", "stop")


@pytest.mark.parametrize("index", [0, "0", "", None])
def test_a_single_choice_is_read_whatever_it_stands_in(faulty: FaultServer, index: Any) -> None:
    [choice] = chunk({"content": "Hello"}, "stop")["choices"]
    choice["index"] = index
    for choices in ([choice], choice):
        assert ask(faulty, stream({"choices": choices}), of="compatible").text == "Hello"


def test_lines_of_json_are_a_stream(faulty: FaultServer) -> None:
    lines = [chunk({"content": "Hello"}), chunk({"content": " there"}), chunk(finish="stop")]
    body = b"\n".join(json.dumps(line).encode() for line in lines)
    for kind in ("application/x-ndjson", "text/event-stream"):
        answer = ask(faulty, Reply(body, kind=kind), of="compatible")
        assert (answer.text, answer.finish_reason) == ("Hello there", "stop")


@BOTH
def test_an_event_in_the_middle_without_a_field_name_is_read(faulty: FaultServer, of: str) -> None:
    body = said("Hello", " there")(of).body.replace(b"data: {", b"{").replace(b"event: ", b"event:")
    assert ask(faulty, Reply(b": hm\n\n" + body, kind="text/event-stream"), of=of).text == "Hello there"
