"""`AnswerReader`: what the bytes of an answer contain, be it a stream of events or one JSON value.

Many servers ignore the request for a stream, or declare a content type that is wrong, so the first bytes decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from byok_widgets.providers.stream import bounds
from byok_widgets.providers.stream.charsets import Charset, WideText
from byok_widgets.providers.stream.event_splitter import Event, EventSplitter
from byok_widgets.providers.stream.json_values import parse_json
from byok_widgets.providers.stream.repeated_events import RepeatedEvents

_FIRST_FIELD = re.compile(rb"(?:data|event|id|retry|error)?[:\r\n]")
_FIELD_CHARS = len(b"event:")
_VALUE = re.compile(rb'[\[{"<]')
"""What a JSON value or a web page begins with."""
_BLANK = re.compile(rb"(?:[\s\0]|\xef\xbb\xbf)*")
"""What may stand before an answer; some servers send blank lines, or NUL bytes, while the model is at work."""
_TWICE = re.compile(rb"data:\s*[{\[]")
_SIGNS_OF_LIFE = frozenset({"ping", "pong", "heartbeat", "keepalive", "keep-alive", "keep_alive"})
"""Names of events that say nothing, and what some servers send as their data."""
_PROGRESS = _SIGNS_OF_LIFE | {"status", "progress", "info", "queue", "queued", "processing", "loading"}
"""Names and types of events that tell of the wait for an answer."""
_PARTS = frozenset({"choices", "delta", "message", "content_block", "usage"})
"""What an event with a part of an answer has, whatever it is called."""
_ENDS = frozenset({"[done]", "done", "[end]", "[eof]", "[stop]"})


class ReadEvent(NamedTuple):
    """One event of an answer, with its data read.

    Attributes:
        name: Its `event` field; empty if it has none.
        value: The JSON in its data; the data as text if it is not JSON. With `words`, that of the event before.
        is_json: Whether its data is JSON.
        data: Its data as they came.
        words: Its words, where it is like an event before but for them; then its data were not read. Those of
            events that have come at once and follow one another are joined.
    """

    name: str
    value: Any
    is_json: bool = True
    data: bytes = b""
    words: str = ""


class AnswerReader:
    """Reads one answer, piece by piece.

    Args:
        content_type: What the server says the body is.

    Attributes:
        is_done: Whether the stream has said that it is complete.
        has_begun: Whether any event has come.
        body: The whole body, if it is not a stream; `None` until its end, and for a stream.
        progress: What the last event said that told only of the wait for the answer.
        repeated: Recognises events that need not be read.
    """

    def __init__(self, content_type: str = "") -> None:
        self.is_done = self.has_begun = False
        self.body: bytes | None = None
        self.progress: Mapping[str, Any] | str = ""
        self.repeated = RepeatedEvents()
        self._says_stream = "event-stream" in content_type
        self._charset, self._wide = Charset(content_type), WideText()
        self._max_bytes, self._max_idle = bounds.MAX_ANSWER_BYTES, bounds.MAX_IDLE_LINES
        self._bytes = self._idle = 0
        self._splitter: EventSplitter | None = None
        self._held: list[bytes] = []
        self._is_whole = False

    @property
    def whole_so_far(self) -> bytes:
        """What has come of a body that is not a stream, without white space after it; empty for a stream."""
        if not self._is_whole or not self._held or not self._held[-1].rstrip().endswith((b"}", b"]")):
            return b""
        self._held = [b"".join(self._held)]
        return self._held[0].rstrip()

    def feed(self, piece: bytes) -> Iterable[ReadEvent]:
        """Return the events that end in a piece of the body.

        Raises:
            TooLargeError: The answer has gone past one of the bounds. What comes before the bound is returned
                first, and the next call raises.
        """
        self._check_size()
        if self._wide.is_needed:
            piece = self._wide.feed(piece)
        left = self._max_bytes - self._bytes
        self._bytes += len(piece)
        if len(piece) > left:
            piece = piece[:left]
        if self._splitter is None:
            self._held.append(piece)
            if self._is_whole or not self._is_stream():
                return ()
            piece, self._held = b"".join(self._held), []
        return self._read(self._splitter.feed(piece)) if self._splitter else ()

    def end(self) -> Iterable[ReadEvent]:
        """Return the events that the end of the body completes, or set `body` if it is not a stream.

        Raises:
            TooLargeError: The answer went past one of the bounds.
        """
        if self.is_done:
            return ()
        self._check_size()
        if self._wide.is_needed:
            self._held.append(self._wide.feed(b"", is_last=True))
        if self._splitter is None and not self._is_whole and not self._is_stream(is_all=True):
            self._is_whole = True
        if self._splitter is None:
            self.body = self._charset.as_utf8(b"".join(self._held).strip())
            return ()
        rest, self._held = b"".join(self._held), []
        return self._read([*self._splitter.feed(rest), *self._splitter.end()])

    def _check_size(self) -> None:
        if self._bytes > self._max_bytes:
            raise bounds.too_many_bytes(self._max_bytes, "MAX_ANSWER_BYTES")

    def _is_stream(self, *, is_all: bool = False) -> bool:
        """Decide from what has come whether it is a stream, as soon as that can be known."""
        text = _BLANK.sub(b"", b"".join(self._held), count=1)
        self._held = [text] if text else []
        if not text and not is_all:
            return False
        if _FIRST_FIELD.match(text + b"\n" if is_all and text else text):
            self._splitter = EventSplitter()
        # Long enough to have shown the longest name of a field, or already something else.
        elif len(text) >= _FIELD_CHARS or is_all or _VALUE.match(text):
            self._is_whole = not self._says_stream or _VALUE.match(text) is not None
            if not self._is_whole:
                self._splitter = EventSplitter()
        return self._splitter is not None

    def _read(self, events: Iterable[Event]) -> Iterator[ReadEvent]:
        said: list[str] = []
        for event in events:
            if self.is_done:
                return
            is_like = not event.name and not self._charset.codec
            if is_like and (words := self.repeated.words_in(event.data)):
                said.append(words)
                continue
            if said:
                yield self._words(said)
                said = []
            if b"\n" in event.data and (apart := _apart(event)):
                yield from self._read(apart)
                continue
            read = self._value(event)
            if read is not None:
                self.has_begun, self._idle = True, 0
                yield read
            else:
                self._check_life()
        if said:
            yield self._words(said)

    def _check_life(self) -> None:
        self._idle += 1
        if self._idle > self._max_idle:
            raise bounds.too_many_idle_lines(self._max_idle)

    def _words(self, said: list[str]) -> ReadEvent:
        self.has_begun, self._idle = True, 0
        return ReadEvent("", self.repeated.like, words="".join(said))

    def _value(self, event: Event) -> ReadEvent | None:
        name, data, is_cut = event
        data = self._charset.as_utf8(data)
        if name in _SIGNS_OF_LIFE:
            return None
        if data == b"[DONE]":  # as nearly always; finding out that it is not JSON costs as much as ten events
            self.is_done = True
            return None
        try:
            value, is_json = parse_json(data), True
        except ValueError:
            value, is_json = data.replace(b"\0", b"").decode("utf-8", "replace").strip(), False
        if not is_json and _TWICE.match(data):  # a gateway has made events of the lines of another one's
            return self._value(Event(name, data[5:].strip(), is_cut))
        if self._says_nothing(name, value):
            return None
        return ReadEvent(name, value, is_json, data) if is_json or not is_cut else None

    def _says_nothing(self, name: str, value: Any) -> bool:
        """Whether an event, or what stands in its place, is a sign of life, or says that the stream is over."""
        if isinstance(value, dict):
            told = name or value.get("type")
            is_progress = isinstance(told, str) and told in _PROGRESS and _tells_nothing(value)
            if is_progress and told not in _SIGNS_OF_LIFE:
                self.progress = value
            return is_progress
        if not isinstance(value, str):
            return isinstance(value, (bool, int, float))
        if name in _PROGRESS:
            self.progress = value
        word = value.lower()
        self.is_done = word in _ENDS
        return self.is_done or word.strip("[]<>") in _SIGNS_OF_LIFE or word.startswith(":") or name in _PROGRESS


def _tells_nothing(event: Mapping[str, Any]) -> bool:
    if event.get("error"):  # often only a text
        return False
    return not any(isinstance(event.get(part), (Mapping, list)) for part in _PARTS)


def _apart(event: Event) -> list[Event]:
    """Return the events that are one only because the blank lines between them are missing; empty otherwise.

    No line of a value that is written in several lines is a whole object, as the first one is then.
    """
    first, *others = event.data.split(b"\n")
    try:
        is_whole = isinstance(parse_json(first), dict)
    except ValueError:
        is_whole = False
    if not is_whole:
        return []
    *whole, last = (first, *others)
    return [*(Event(event.name, line) for line in whole if line), event._replace(data=last)]


def json_lines(body: bytes) -> list[ReadEvent]:
    """Return the JSON values of a body that is neither one value nor a stream of events: one a line."""
    reader = AnswerReader("text/event-stream")
    return [*reader.feed(b":\n"), *reader.feed(body), *reader.end()]
