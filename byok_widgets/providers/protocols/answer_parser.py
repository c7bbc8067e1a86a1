"""`AnswerParser`: from the bytes of one answer to what has arrived of it, without any waiting."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from byok_widgets.errors import ProviderError
from byok_widgets.providers import error_mapping
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.response_accumulator import ResponseAccumulator
from byok_widgets.providers.stream import BOM, AnswerReader, ReadEvent, json_lines, parse_json

_LONGEST_SENTENCE = 500
_MAX_LOOKS = 100
"""How often a body that comes in pieces is looked at, to see whether it is complete: each look reads all of it."""
_WORD = re.compile(r"[\[(]?[^\W\d_]{2}")


class WireProtocol(Protocol):
    """What the events and answers of one protocol mean."""

    def accumulate(self, event: dict[str, Any], accumulator: ResponseAccumulator, context: CallContext) -> None:
        """Process one event of a stream."""

    def accumulate_plain(
        self, event: dict[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> str | None:
        """Process an event in which nothing is unusual, and return its words; `None` for any other."""

    def accumulate_words(self, words: str, like: Mapping[str, Any], accumulator: ResponseAccumulator) -> None:
        """Process the words of events that are like a plain one but for them."""

    def plain_words(self, event: Mapping[str, Any]) -> str:
        """Return the words of an event with nothing else in it; empty for any other."""

    def accumulate_whole(
        self, answer: Mapping[str, Any], accumulator: ResponseAccumulator, context: CallContext
    ) -> None:
        """Process an answer in one piece."""


class AnswerParser:
    """Parses one answer, piece by piece.

    Args:
        protocol: What its events mean.
        accumulator: Takes what they say.
        context: The call, for errors.
        content_type: What the server says the body is.
    """

    def __init__(
        self, protocol: WireProtocol, accumulator: ResponseAccumulator, context: CallContext, content_type: str
    ) -> None:
        self._protocol, self._accumulator, self._context = protocol, accumulator, context
        self._reader = AnswerReader(content_type)
        self._is_html = "html" in content_type
        self._last: Mapping[str, Any] = {}
        self._looks_left = _MAX_LOOKS

    @property
    def is_complete(self) -> bool:
        """Whether the stream has said that nothing more comes."""
        return self._reader.is_done or self._accumulator.is_closed

    def has_whole_answer(self) -> bool:
        """Whether a body that is not a stream, and has not ended, is an answer that has come to its end.

        Some servers announce more bytes than they send, or never end a body.
        """
        body = self._reader.whole_so_far
        if not body.endswith(b"}") or not self._looks_left:
            return False
        self._looks_left -= 1
        value, whole = json_in(body), self._accumulator.sibling()
        try:
            if isinstance(value, dict) and not error_mapping.holds_error(value):
                self._protocol.accumulate_whole(value, whole, self._context)
        except ProviderError:
            return False
        return whole.is_finished

    def feed(self, piece: bytes) -> None:
        """Process the next piece of the body.

        Raises:
            ProviderError: It contains an error, or is not an event of this protocol.
            TooLargeError: The answer went past one of the bounds.
        """
        self._take_all(self._reader.feed(piece))

    def end(self) -> None:
        """Process what the end of the body completes.

        Raises:
            ProviderError: It contains an error, is not an answer of this protocol, or has nothing in it.
        """
        self._take_all(self._reader.end())
        if self._reader.body is not None:
            self._take_body(self._reader.body)
        if self.is_complete:
            self._accumulator.note_end()
        if not self._accumulator.is_finished and (strange := _strange(self._last)):
            raise error_mapping.from_body(strange, self._context)
        if self._accumulator.is_empty:
            raise error_mapping.empty(
                self._context,
                was_thinking=self._accumulator.has_thought,
                has_begun=self._reader.has_begun,
                said=self._last_progress(),
            )

    def _last_progress(self) -> str:
        """Return what the server last said about the wait for the answer: where none came, it may say why."""
        said = self._reader.progress
        return _sentence(said) if isinstance(said, str) else error_mapping.text_of_reason(said)

    def _take_all(self, events: Iterable[ReadEvent]) -> None:
        """Process events up to the one that says that nothing more comes, however they were cut into pieces."""
        for event in events:
            if self._accumulator.is_closed:
                return
            self._take(event)

    def _take(self, event: ReadEvent) -> None:
        if event.words:
            self._last = event.value
            self._protocol.accumulate_words(event.words, event.value, self._accumulator)
            return
        value = event.value
        if not event.name and isinstance(value, dict):
            words = self._protocol.accumulate_plain(value, self._accumulator, self._context)
            if words is not None:
                self._reader.repeated.learn(value, event.data, words, self._protocol.plain_words)
                self._last = value
                return
        if event.name == "error" or (isinstance(value, dict) and error_mapping.holds_error(value)):
            raise error_mapping.from_body(value, self._context)
        if isinstance(value, dict):
            if event.name:
                value.setdefault("type", event.name)  # some gateways leave out the one or the other
            if value:
                self._last = value
                self._protocol.accumulate(value, self._accumulator, self._context)
        elif isinstance(value, list) and all(isinstance(one, dict) for one in value):
            for one in value:
                self._take(ReadEvent(event.name, one))
        elif value not in (None, ""):
            said = _sentence(value)
            del value  # an error keeps the frames, and so what the server said, which may quote the key
            what = "an event is not an object" if event.is_json or said else "it is truncated or garbled"
            raise error_mapping.unreadable(what, self._context, said=said)

    def _take_body(self, body: bytes) -> None:
        """Process a body that is not a stream: one answer, or one piece of it in each line."""
        value = json_in(body)
        if isinstance(value, dict) and not error_mapping.holds_error(value):
            self._last = value
            self._protocol.accumulate_whole(value, self._accumulator, self._context)
            return
        events = json_lines(body) if value is None else [ReadEvent("", value)]
        if not events or not isinstance(value, (dict, list, type(None))):
            del value, events
            raise not_an_answer(body, self._context, is_html=self._is_html)
        for event in events:
            self._take(event)


def json_in(body: bytes) -> Any:
    """Return the JSON value of a body; `None` if it is not JSON."""
    try:
        return parse_json(body.removeprefix(BOM).strip())
    except ValueError:
        return None


def not_an_answer(body: bytes, context: CallContext, *, is_html: bool) -> ProviderError:
    """Return the error for a body that is not an answer of the protocol."""
    if is_html or error_mapping.looks_like_page(body):
        return error_mapping.page_instead(context)
    if not body:
        return error_mapping.empty(context)
    said = _sentence(body.decode("utf-8", "replace").strip('"'))
    return error_mapping.unreadable("it is not a JSON object", context, said=said)


def _strange(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return why an answer has no end, if its last event is no part of it or holds an error beside one."""
    if any(event.get(name) for name in ("choices", "delta", "content_block")):
        return next((one for one in event.values() if isinstance(one, dict) and one.get("error")), None)
    return event if error_mapping.text_of_reason(event) else None


def _sentence(value: Any) -> str:
    """Return what came in place of JSON if it is a sentence, as gateways write it; empty otherwise."""
    is_short = isinstance(value, str) and len(value) <= _LONGEST_SENTENCE and value.isprintable()
    return value if is_short and _WORD.match(value) else ""
