"""Whether a body is a stream or one value is decided by what it is, not by what the server calls it."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets.providers.stream import AnswerReader, TooLargeError, bounds

STREAM, JSON = "text/event-stream", "application/json"


def read(body: bytes, kind: str = "", step: int = 0) -> tuple[list[tuple[str, Any]], bytes | None, bool]:
    """Return the events of a body, the body if it is no stream, and whether a stream said that it is complete."""
    reader, events = AnswerReader(kind), []
    for at in range(0, len(body), step or len(body) or 1):
        events += reader.feed(body[at : at + (step or len(body))])
    events += reader.end()
    return [(event.name, event.value) for event in events], reader.body, reader.is_done


EVENTS = {
    "data": b'data: {"a": 1}\n\n',
    "no end": b'data: {"a": 1}',
    "comment": b': hm\n\ndata: {"a": 1}\n\n',
    "keep-alives": b': hm\n\n\n\n: hm\n\ndata: {"a": 1}\n\n',
    "id": b'id: 1\ndata: {"a": 1}\n\n',
    "retry": b'retry: 3000\n\ndata: {"a": 1}\n\n',
    "blank lines": b' \n\r\n\ndata: {"a": 1}\n\n',
    "BOM": b'\xef\xbb\xbfdata: {"a": 1}\n\n',
    "pings": b'event: ping\ndata: pong\n\nevent: ping\ndata: {}\n\nevent: ping\n\ndata: {"a": 1}\n\n',
    "half an event at the end": b'data: {"a": 1}\n\ndata: {"b',
    "done": b'data: {"a": 1}\n\ndata:  [DONE] \n\ndata: {never read\n\n',
    "done as JSON": b'data: {"a": 1}\n\ndata: "[DONE]"\n\ndata: {never read\n\n',
}


@pytest.mark.parametrize("kind", [STREAM, JSON, "text/plain", ""])
@pytest.mark.parametrize(("name", "body"), EVENTS.items(), ids=EVENTS.keys())
def test_a_stream_is_read_whatever_it_is_called(name: str, body: bytes, kind: str) -> None:
    for step in (0, 1, 3):
        assert read(body, kind, step) == ([("", {"a": 1})], None, name.startswith("done"))


@pytest.mark.parametrize("kind", [STREAM, JSON, ""])
@pytest.mark.parametrize(
    "body",
    [b'\r\n data: {"a": 1}\n\n', b'\n\xef\xbb\xbfdata: {"a": 1}\n\n', b"\xef\xbb\xbf\xef\xbb\xbf", b" \t\r"],
)
def test_what_stands_before_an_answer_makes_no_difference_wherever_it_is_cut(body: bytes, kind: str) -> None:
    assert {str(read(body, kind, step)) for step in range(len(body) + 1)} == {str(read(body, kind))}


@pytest.mark.parametrize("kind", [STREAM, JSON, "text/plain", ""])
@pytest.mark.parametrize("body", [b'{"a": 1}', b'\n \n{"a":\n1}\n', b"[1]", b"<html>", b'\xef\xbb\xbf{"a": 1}'])
def test_one_value_is_kept_whole_whatever_it_is_called(body: bytes, kind: str) -> None:
    for step in (0, 1, 3):
        assert read(body, kind, step) == ([], body.removeprefix(b"\xef\xbb\xbf").strip(), False)


@pytest.mark.parametrize("body", [b"", b"hello", b"Internal Server Error", b"idle", b"42", b"date: today"])
def test_what_is_neither_is_kept_for_the_error(body: bytes) -> None:
    assert read(body, "text/plain", 1) == ([], body, False)


def test_data_that_is_no_json_is_told_as_text() -> None:
    assert read(b"data: out of memory\n\n") == ([("", "out of memory")], None, False)
    assert read(b"event: error\ndata: out of memory\n\n") == ([("error", "out of memory")], None, False)


def test_an_answer_past_its_bound_stops_whatever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_ANSWER_BYTES", 100)
    for line in (b": keep-alive\n\n", b"\n", b"{", b'data: {"a": 1}\n\n', b"id: 7\n"):
        with pytest.raises(TooLargeError, match="longer than 100 bytes") as caught:
            read(line * 101, STREAM, 10)
        assert caught.value.bound == "MAX_ANSWER_BYTES"
