"""`RepeatedEvents`: the events of a stream that differ from one before by their words alone, as nearly all do.

What stands around the words is compared as bytes: JSON that was understood once is not parsed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from byok_widgets.providers.stream.json_values import parse_json

_END_BYTES = 24
"""Where the ends of two events differ, as with a random text in each, none will be like another."""
_MOST_IN_VAIN = 3

WordsOf = Callable[[Mapping[str, Any]], str]
"""Returns the words of an event with nothing else in it; empty for any other."""


class RepeatedEvents:
    """Recognises them in one stream.

    Attributes:
        like: The event that those which are recognised are like.
    """

    def __init__(self) -> None:
        self.like: Mapping[str, Any] = {}
        self._before = self._after = self._last = b""
        self._inside = slice(0)
        self._in_vain = 0

    def words_in(self, data: bytes) -> str:
        """Return the words of an event that is like one that was learned; empty for any other."""
        before, after = self._before, self._after
        if not before or not data.startswith(before) or not data.endswith(after):
            return ""
        words = data[self._inside]
        if b'"' in words or b"\\" in words:
            return ""
        try:
            said = words.decode()
        except UnicodeDecodeError:
            return ""
        self._in_vain = 0
        return said

    def learn(self, event: Mapping[str, Any], data: bytes, words: str, words_of: WordsOf) -> None:
        """Record a plain event and the data from which it was read; its words are empty if it holds more.

        The first event of a stream has no words, and ends as those with words do.
        """
        if not words:
            self._last = self._last or data
            return
        last, self._last = self._last, data
        if self._in_vain >= _MOST_IN_VAIN or last[-_END_BYTES:] != data[-_END_BYTES:]:
            return
        self._in_vain += 1
        encoded = words.encode("utf-8", "surrogatepass")
        at = data.rfind(b'"%b"' % encoded) + 1
        before, after = data[:at], data[at + len(encoded) :]
        # perhaps the same text stands elsewhere, too: with another one in its place, the words must be that
        if at and _has_words(b"%b%b.%b" % (before, encoded, after), f"{words}.", words_of):
            self._before, self._after, self.like = before, after, event
            self._inside = slice(len(before), -len(after))


def _has_words(data: bytes, words: str, words_of: WordsOf) -> bool:
    try:
        event = parse_json(data)
    except ValueError:
        return False
    return isinstance(event, dict) and words_of(event) == words
