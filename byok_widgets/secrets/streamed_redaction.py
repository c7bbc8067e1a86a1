"""`StreamedRedactor`: takes held keys out of a text that comes piece by piece, however a key is cut."""

from __future__ import annotations

from collections.abc import Callable

from byok_widgets.secrets.canonical_text import as_written, has_escape_sign
from byok_widgets.secrets.held_keys import HeldKeys, held_keys
from byok_widgets.secrets.secret import MASK

REMOVED = "a part that looked like your API key was removed"
"""The notice on an answer from which a key was removed."""

_SHORT_PIECE = 6
"""The end of a piece this short says whether a key may have begun in it, or may go on."""

# How much of what was passed on is looked at again. An escape takes up to six characters.
_SEEN, _SEEN_IF_CLEAR = 24, 8
_SEEN_IN_GAPS = 256
_MOST_HELD_BACK = 16_384


class StreamedRedactor:
    """Passes a text on without the keys that were held when it began.

    The longest suffix that may begin a key is held back until the next piece decides.

    Attributes:
        feed: Takes the next piece of the text and returns what can be passed on.
        altered: Whether anything was removed.
    """

    def __init__(self) -> None:
        self.altered = False
        self._seen = ""  # the end of what was passed on, since a key may begin in it
        self._held_back = ""
        self._ended_in_mask = False
        self._is_calm = True  # whether nothing that was passed on may be the beginning of a key
        self.feed: Callable[[str], str] = str
        keys = held_keys(words=False)
        if keys:
            self._keys: HeldKeys = keys
            self._threes, self._starts, self._breaks = keys.grams.threes, keys.grams.starts, keys.breaks
            self.feed = self._feed

    @property
    def is_holding_back(self) -> bool:
        """Whether a part of the text is held back."""
        return bool(self._held_back)

    def flush(self) -> str:
        """Return what was held back, at the end of the text."""
        return self._examine("", is_end=True) if self._held_back else ""

    def _feed(self, piece: str) -> str:
        if (
            self._is_calm
            and len(piece) <= _SHORT_PIECE
            and "%" not in piece
            and "\\" not in piece
            and "&" not in piece
            and piece.isascii()
        ):
            end = piece[-3:]
            if len(end) == 3 and end.isalnum():
                if hash(end.lower()) not in self._threes:
                    self._seen = piece
                    self._ended_in_mask = False
                    return piece
            elif piece[-1:] in self._breaks:
                self._seen = piece
                self._ended_in_mask = False
                return piece
            elif piece.isspace() and len(self._seen) < _SEEN_IN_GAPS:
                self._seen += piece
                self._ended_in_mask = False
                return piece
            else:
                word, before = piece.lstrip(), self._seen[-2:]
                if not before.isalnum():  # a key may go on after white space
                    before = "".join(self._seen.split())[-2:]
                text = before + word
                end = text[-3:].lower()
                is_clear = hash(end) not in self._threes and hash(word.lower()) not in self._starts
                if is_clear and len(end) == 3 and end.isalnum():
                    self._seen = text
                    self._ended_in_mask = False
                    return piece
        return self._look(piece)

    def _look(self, piece: str) -> str:
        seen = self._seen
        text = f"{seen}{self._held_back}{piece}"
        if has_escape_sign(text):
            return self._examine(piece)
        reading = as_written(text)
        if not self._keys.is_clear(text, reading):
            return self._examine(piece)
        self._held_back = ""
        self._seen = text[-_SEEN_IF_CLEAR:] if len(reading) > _SEEN_IF_CLEAR else _context(text)
        if piece:
            self._ended_in_mask = False
        self._is_calm = not self._keys.begins_in(reading)
        return text[len(seen) :]

    def _examine(self, piece: str, *, is_end: bool = False) -> str:
        text = self._seen + self._held_back + piece
        done = len(self._seen)
        spans = sorted(self._keys.spans(text))
        limit = len(text) if is_end or len(text) > _MOST_HELD_BACK else max(done, self._keys.pending(text))
        for start, end in reversed(spans):
            if start < limit < end:
                limit = max(done, start)
        passed = self._passed(text, done, limit, spans)
        self._held_back = text[limit:]
        self._seen = _context(text[:limit])
        self._is_calm = not self._held_back and not self._keys.begins_in(as_written(text[-_SEEN:]))
        return passed

    def _passed(self, text: str, done: int, limit: int, spans: list[tuple[int, int]]) -> str:
        parts: list[str] = []
        for start, end in spans:
            if end <= done or start >= limit:
                continue
            if start > done:
                parts.append(text[done:start])
                self._ended_in_mask = False
            if not self._ended_in_mask:
                parts.append(MASK)
            done, self._ended_in_mask, self.altered = end, True, True
        if done < limit:
            parts.append(text[done:limit])
            self._ended_in_mask = False
        return "".join(parts)


def _context(passed: str) -> str:
    """Return the end of what was passed on, with at least a few characters other than white space."""
    end = passed[-_SEEN:]
    return end if len("".join(end.split())) > 3 else passed[-_SEEN_IN_GAPS:]
