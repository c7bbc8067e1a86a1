"""`EventSplitter`: server-sent events from bytes that arrive in any pieces.

It follows the WHATWG's rules and forgives what servers really do: events that the end of the body completes, JSON
lines without a field name, an error in a field `error`, NUL bytes in the name of a field. Comments, ids, `retry`
and events without data yield nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from byok_widgets.providers.stream import bounds
from byok_widgets.providers.stream.bounds import TooLargeError

BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event of a stream.

    Attributes:
        name: Its `event` field; empty if it has none.
        data: Its data, as it was sent.
        is_cut: Whether the body ended before the event did.
    """

    name: str
    data: bytes
    is_cut: bool = False


class EventSplitter:
    """Splits a stream into events as its bytes arrive.

    Lines end with LF, CR or CRLF, wherever the bytes are cut; data is split as bytes, since text may contain other
    characters that Python takes for line ends.
    """

    def __init__(self) -> None:
        self._max_bytes, self._max_events = bounds.MAX_EVENT_BYTES, bounds.MAX_EVENTS
        self._max_idle, self._idle = bounds.MAX_IDLE_LINES, 0
        self._line: list[bytes] = []  # a line that is not complete yet; joined only once, since joining costs
        self._line_bytes = 0
        self._name = ""
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._is_bare = False  # the data are lines of JSON without a field name
        self._skips_lf = False
        self._is_first = True
        self._count = 0
        self._excess: TooLargeError | None = None

    def feed(self, piece: bytes) -> list[Event]:
        """Return the events that end in a piece of the body.

        Raises:
            TooLargeError: An event is too long, or there are too many. If other events end in the same piece, they
                are returned first, and the next call raises.
        """
        if self._excess:
            raise self._excess
        if self._skips_lf and piece:
            piece = piece.removeprefix(b"\n")
            self._skips_lf = False
        if not piece:
            return []
        if not (self._line or self._data or self._name or self._is_bare) and (frames := self._frames(piece)):
            return frames
        lines = piece.splitlines()
        last = piece[-1]
        unfinished = lines.pop() if last not in b"\r\n" else b""
        self._skips_lf = last == 13  # after CR, an LF that begins the next piece is the other half of CRLF
        if lines and self._line:
            lines[0] = b"".join((*self._line, lines[0]))
            self._line, self._line_bytes = [], 0
        events = self._take_lines(lines) if lines else []
        if unfinished and not self._excess:
            self._line.append(unfinished)
            self._line_bytes += len(unfinished)
            self._check_size(events)
        return events

    def end(self) -> list[Event]:
        """Return what the end of the body completes: it may be the last event, or half of it."""
        if self._excess:
            raise self._excess
        lines = [b"".join(self._line)] if self._line else []
        self._line, self._line_bytes = [], 0
        events = self._take_lines(lines)
        if self._data:
            self._finish_event(events, is_cut=True)
        return events

    def _frames(self, piece: bytes) -> list[Event]:
        """Return the events of a piece of whole ones, each with one line of data, as nearly all are; else none."""
        count = piece.count(b"\n\n")
        is_framed = piece.startswith(b"data: ") and piece.endswith(b"\n\n") and b"\r" not in piece
        if not is_framed or piece.count(b"\n") != 2 * count or piece.count(b"\n\ndata: ") != count - 1:
            return []
        values = piece[6:-2].split(b"\n\ndata: ")
        if b"" in values or len(piece) > self._max_bytes or self._count + count > self._max_events:
            return []
        self._is_first, self._idle = False, 0
        self._count += count
        return [Event("", value) for value in values]

    def _take_lines(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        if self._is_first:
            self._is_first = False
            lines[:1] = [line.removeprefix(BOM) for line in lines[:1]]
        at, end, max_bytes = 0, len(lines), self._max_bytes
        while at < end and not self._excess:
            line = lines[at]
            at += 1
            if line.startswith(b"data:"):
                if self._is_bare:
                    self._finish_event(events)
                value = line[6:] if line[5:6] == b" " else line[5:]
                is_alone = value and not self._data and at < end and not lines[at]  # as nearly all are
                if is_alone and len(value) < max_bytes and self._count < self._max_events:
                    at += 1
                    self._count += 1
                    self._idle = 0
                    events.append(Event(self._name, value))
                    self._name = ""
                else:
                    self._add_data(value, events)
            elif not line:
                self._idle += 1
                if self._data:
                    self._finish_event(events)
                self._name = ""
            elif b"\0" in line and (read := _without_nul_in_name(line)) != line:
                at -= 1
                lines[at] = read
            else:
                self._idle += 1
                self._take_other(line, events)
            if self._idle > self._max_idle:
                self._stop(bounds.too_many_idle_lines(self._max_idle), events)
        return events

    def _take_other(self, line: bytes, events: list[Event]) -> None:
        if line.startswith(b"{"):
            if self._data:
                self._finish_event(events)
            self._is_bare = True
            self._add_data(line, events)
            return
        name, _, value = line.partition(b":")
        if name in _FIELDS and self._is_bare:
            self._finish_event(events)
        value = value.removeprefix(b" ")
        if name == b"event":
            self._name = value.decode("utf-8", "replace")
        elif name == b"data":  # without a colon, it is an empty line of data
            self._add_data(b"", events)
        elif name == b"error":
            if self._data:
                self._finish_event(events)
            self._name = "error"
            self._add_data(value, events)
        elif self._is_bare:
            self._add_data(line, events)

    def _add_data(self, value: bytes, events: list[Event]) -> None:
        if value:
            self._idle = 0
        self._data.append(value)
        self._data_bytes += len(value) + 1
        if self._data_bytes > self._max_bytes:
            self._check_size(events)

    def _check_size(self, events: list[Event]) -> None:
        if self._data_bytes + self._line_bytes > self._max_bytes:
            self._stop(bounds.too_many_bytes(self._max_bytes, "MAX_EVENT_BYTES", "one of its events"), events)

    def _stop(self, excess: TooLargeError, events: list[Event]) -> None:
        self._excess, self._data, self._line = excess, [], []
        if not events:
            raise excess

    def _finish_event(self, events: list[Event], *, is_cut: bool = False) -> None:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        name, self._data, self._data_bytes, self._is_bare = self._name, [], 0, False
        self._name = ""
        if not data and not is_cut:
            return  # an empty line of data: a sign of life
        self._count += 1
        if self._count > self._max_events:
            self._stop(bounds.too_many_events(self._max_events), events)
            return
        self._idle = 0
        events.append(Event(name, data, is_cut))


_FIELDS = frozenset({b"", b"data", b"event", b"id", b"retry", b"error"})


def _without_nul_in_name(line: bytes) -> bytes:
    """Return a line without the NUL bytes in the name of its field, with which some servers fill their buffers."""
    name, colon, value = line.partition(b":")
    return b"%b%b%b" % (name.replace(b"\0", b""), colon, value)
