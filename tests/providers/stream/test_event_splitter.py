"""Server-sent events from bytes, in any pieces, as real servers write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from byok_widgets.providers.stream import Event, EventSplitter, TooLargeError, bounds


def split(*pieces: bytes) -> list[Event]:
    splitter = EventSplitter()
    return [event for piece in pieces for event in splitter.feed(piece)] + splitter.end()


ROWS = {
    "one event": (b"data: a\n\n", [("", b"a")]),
    "two events": (b"data: a\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
    "an empty one between": (b"data: a\n\ndata: \n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
    "one without a space between": (b"data: a\n\ndata:b\n\ndata: c\n\n", [("", b"a"), ("", b"b"), ("", b"c")]),
    "two blank lines": (b"data: a\n\n\ndata: b\n\n", [("", b"a"), ("", b"b")]),
    "no space": (b"data:a\n\n", [("", b"a")]),
    "one space is removed": (b"data:  a \n\n", [("", b" a ")]),
    "named": (b"event: x\ndata: a\n\n", [("x", b"a")]),
    "named after its data": (b"data: a\nevent: x\n\n", [("x", b"a")]),
    "several lines": (b"data: a\ndata:\ndata: b\n\n", [("", b"a\n\nb")]),
    "a bare field is an empty line": (b"data: a\ndata\n\n", [("", b"a\n")]),
    "CR": (b"data: a\r\rdata: b\r\r", [("", b"a"), ("", b"b")]),
    "CRLF": (b"data: a\r\n\r\ndata: b\r\n\r\n", [("", b"a"), ("", b"b")]),
    "mixed ends": (b"data: a\r\n\ndata: b\n\r\n", [("", b"a"), ("", b"b")]),
    "BOM": (b"\xef\xbb\xbfdata: a\n\n", [("", b"a")]),
    "a second BOM is part of a name": (b"\xef\xbb\xbf\xef\xbb\xbfdata: a\n\n", []),
    "comments": (b": x\n:\ndata: a\n: y\n\n:data: z\n\n", [("", b"a")]),
    "id and retry": (b"retry: 3000\n\nid: 7\n\nid\nretry\ndata: a\n\n", [("", b"a")]),
    "no data": (b"data:\n\ndata\n\nevent: x\n\ndata: a\n\n", [("", b"a")]),
    "a blank line clears the name": (b"event: x\n\ndata: a\n\n", [("", b"a")]),
    "names are exact": (b"DATA: a\n data: b\ndata : c\ndata2: d\n\n", []),
    "unknown fields": (b"foo: bar\nfoo\ndata: a\n\n", [("", b"a")]),
    "other characters end no line": (
        "data: a\u2028b\x0bc\x0cd\x85e\x1cf\n\n".encode(),
        [("", "a\u2028b\x0bc\x0cd\x85e\x1cf".encode())],
    ),
    "the end completes an event": (b"data: a\n\ndata: b", [("", b"a"), ("", b"b", True)]),
    "the end completes a named event": (b"event: x\ndata: b\n", [("x", b"b", True)]),
    "JSON without a field": (b'{"a": 1}\n\n{"b": 2}\n{"c": 3}\n', [("", b'{"a": 1}'), ("", b'{"b": 2}')]),
    "JSON after an event": (b'data: a\n{"b": 2}\ndata: c\n\n', [("", b"a"), ("", b'{"b": 2}'), ("", b"c")]),
    "JSON over several lines": (b'{\n  "a": 1\n}\n\ndata: b\n\n', [("", b'{\n  "a": 1\n}'), ("", b"b")]),
    "an error as a field": (b'error: {"a": 1}\n\n', [("error", b'{"a": 1}')]),
    "an error right after data": (b"data: a\nerror: b\n\n", [("", b"a"), ("error", b"b")]),
}
ROWS["JSON without a field"][1].append(("", b'{"c": 3}', True))


@pytest.mark.parametrize(("body", "events"), ROWS.values(), ids=ROWS.keys())
def test_events_are_what_the_bytes_say_however_they_are_cut(body: bytes, events: list[tuple]) -> None:
    wanted = [Event(*event) for event in events]
    assert split(body) == wanted
    assert split(*(body[at : at + 1] for at in range(len(body)))) == wanted
    for at in range(1, len(body)):
        assert split(body[:at], b"", body[at:]) == wanted


def reference(body: bytes) -> list[tuple[str, bytes]]:
    """Split a whole body in the simplest way, without what is forgiven."""
    text = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    events, name, data = [], "", []
    for line in [*text.split(b"\n"), b""]:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"data":
            data.append(value)
        elif not line:
            if any(data) or len(data) > 1:
                events.append((name, b"\n".join(data)))
            name, data = "", []
    return events


PARTS = st.sampled_from(
    [
        *(b"data", b"event", b"id", b":", b": ", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"x", b"\xff"),
        *(b"\xef\xbb\xbf", b"[DONE]", "é\u2028😀".encode(), b"data: {}\n\n"),
    ]
)


@settings(max_examples=600, deadline=None)
@given(st.lists(PARTS, max_size=40), st.data())
def test_any_bytes_in_any_pieces_are_what_a_simple_reader_makes_of_the_whole(
    parts: list[bytes], data: st.DataObject
) -> None:
    body = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert [(event.name, event.data) for event in split(*pieces) if event.data] == [
        event for event in reference(body) if event[1]
    ]


@pytest.mark.parametrize(
    ("bound", "value", "body", "words"),
    [
        ("MAX_EVENT_BYTES", 100, b"data: " + b"x" * 200, "one of its events is longer than 100 bytes"),
        ("MAX_EVENT_BYTES", 100, b"data: xxxxxxxx\n" * 20, "one of its events is longer than 100 bytes"),
        ("MAX_EVENT_BYTES", 100, b"data\n" * 200, "one of its events is longer than 100 bytes"),
        ("MAX_EVENT_BYTES", 100, b": " + b"x" * 200, "one of its events is longer than 100 bytes"),
        ("MAX_EVENT_BYTES", 100, b'{\n"x": 1,' * 40, "one of its events is longer than 100 bytes"),
        ("MAX_EVENTS", 3, b"data: x\n\n" * 4, "it has more than 3 events"),
        ("MAX_IDLE_LINES", 100, b"data: x\n\n" + b": hm\n" * 101 + b"data: x\n\n", "more than 100 comments"),
        ("MAX_IDLE_LINES", 100, b"data:\n\n" * 101 + b"data: x\n\n", "more than 100 comments"),
    ],
)
def test_what_has_no_end_stops_at_its_bound(
    monkeypatch: pytest.MonkeyPatch, bound: str, value: int, body: bytes, words: str
) -> None:
    monkeypatch.setattr(bounds, bound, value)
    for step in (1, 7, len(body)):
        with pytest.raises(TooLargeError, match=words) as caught:
            split(*(body[at : at + step] for at in range(0, len(body), step)))
        assert caught.value.bound == bound


def test_a_long_event_in_small_pieces_costs_no_more_than_its_length() -> None:
    body = b"data: " + b"x" * 6_000_000 + b"\n\n"
    begun = time.process_time()
    (event,) = split(*(body[at : at + 1400] for at in range(0, len(body), 1400)))
    assert len(event.data) == 6_000_000
    assert time.process_time() - begun < 1, "joining each time takes seconds"


def test_events_between_keep_alives_are_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_IDLE_LINES", 100)
    splitter = EventSplitter()
    for _ in range(3):
        assert splitter.feed(b": hm\n\n" * 30) == []
        assert [event.data for event in splitter.feed(b"data: a\n\ndata: b\n\n")] == [b"a", b"b"]


def test_the_lines_of_a_long_event_are_no_silence_however_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_IDLE_LINES", 100)
    comments, lines = [b": hm\n"] * 99, [b"data: [\n", *([b"data: 1,\n"] * 150), b"data: 1]\n", b"\n"]
    every = [*comments, *lines, *comments]
    whole = split(b"".join(every))
    assert [len(event.data.splitlines()) for event in whole] == [152]
    assert split(*every) == whole
