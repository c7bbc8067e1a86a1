"""The complete JSON values at the top level of an answer; those in thinking, or inside others, do not count."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from byok_widgets.schema.reading.json_reading import STRING, decode, decode_at, decode_loosely
from byok_widgets.thought_tags import KNOWN_TAGS, Tags

_MAX_STARTS = 500  # each may cost a look at all of the rest
_MAX_STRAY_CHARS = 200
"""Longest stretch in braces that is no JSON and is left out as a whole, in characters."""
_DRAFT_TAGS: Tags = tuple((f"<{name}>", f"</{name}>") for name in ("analysis", "draft", "example"))
"""Further tags around what is not yet the answer; they count here only, where an answer is an object."""
_BRACKETS = re.compile(rf"{STRING}|[{{}}\[\]]", re.DOTALL)
_BEGINS_OBJECT = re.compile(r"""\{\s*(?:["'“]|\w+\s*:|//|/\*)""")
_DOUBLED = re.compile(r"""\{(?=\{\s*["'])""")
"""Braces as a template escapes them, and as some models then write them too."""
_NAMED = re.compile(r'"(?:[^"\\]|\\.){1,80}"\s*:\s*\Z')
"""What stands before a part of an object whose own beginning is missing."""
_BEGINS_LIST = re.compile(r"\[\s*[\[{]")


@dataclass
class TopLevelValues:
    """What an answer holds.

    Attributes:
        values: Its objects and lists in order.
        problem: Why the end of the answer cannot be read, as a part of a sentence; empty if it can.
    """

    values: list[Any] = field(default_factory=list)
    problem: str = ""


def top_level_values(text: str) -> TopLevelValues:
    """Find the values in an answer: bare, in a code fence or in prose."""
    if text.lstrip().startswith('"'):
        whole = decode(text)
        text = whole if isinstance(whole, str) else text
    return _Scan(text).run()


class _Scan:
    """One pass over an answer."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = TopLevelValues()
        self._has_malformed = False
        self._end = 0

    def run(self) -> TopLevelValues:
        at = 0
        for _ in range(_MAX_STARTS):
            point = _points().search(self._text, at)
            if point is None:
                return self._found
            at = self._pass(point)
            if at < 0:
                return self._found
        self._found.problem = "holds too many braces to read"
        return self._found

    def _pass(self, point: re.Match[str]) -> int:
        """Take what begins here, and return where to go on; -1 to stop."""
        if point["opening"]:
            closing = _closing(point["opening"].lower()).search(self._text, point.end())
            return closing.end() if closing else self._stop("holds no JSON object after its thinking")
        if point["closing"]:
            # a closing tag alone: the prompt held the opening one, so all before was thinking
            self._found, self._has_malformed = TopLevelValues(), False
            return point.end()
        if point[0] in "}]":
            return self._close(point)
        return self._value(point.start())

    def _close(self, point: re.Match[str]) -> int:
        """Pass a bracket that closes nothing, unless what seemed to be the end of an object was none.

        A quote within a text that is not escaped can have that effect: what follows may be inside the object.
        """
        is_surplus = len(self._found.values) == 1 and not self._text[self._end : point.start()].strip(" \t\r\n}]")
        is_harmless = is_surplus or (point[0] == "]" or not self._found.values)
        if self._has_malformed or not is_harmless:
            return self._stop("holds a malformed JSON object")
        return point.end()

    def _value(self, start: int) -> int:
        if _NAMED.search(self._text, max(self._end, start - _MAX_STRAY_CHARS), start):
            return self._stop("begins in the middle of its JSON object")
        decoded = decode_at(self._text, start)
        if decoded:
            return self._take(*decoded)
        if doubled := _DOUBLED.match(self._text, start):
            return doubled.end()
        is_json = bool(_BEGINS_OBJECT.match(self._text, start) or _BEGINS_LIST.match(self._text, start))
        end = self._end_of(start, len(self._text) if is_json else start + _MAX_STRAY_CHARS)
        if end is None:
            return self._stop("ends in the middle of its JSON object") if is_json else start + 1
        if is_json:
            value = decode_loosely(self._text[start:end])
            if value is not None:
                return self._take(value, end)
            self._has_malformed, self._found.problem = True, "holds a malformed JSON object"
        return end

    def _take(self, value: Any, end: int) -> int:
        if isinstance(value, dict) or any(isinstance(entry, dict) for entry in value):
            self._found.values.append(value)
            self._found.problem, self._end = "", end
        return end

    def _stop(self, problem: str) -> int:
        self._found.problem = problem
        return -1

    def _end_of(self, start: int, limit: int) -> int | None:
        """Return the end of what is in brackets from `start` on; `None` if they are not closed."""
        open_brackets = 0
        for found in _BRACKETS.finditer(self._text, start, limit):
            if found[0][0] == '"':
                continue
            open_brackets += 1 if found[0] in "{[" else -1
            if open_brackets == 0:
                return found.end()
        return None


@cache
def _points() -> re.Pattern[str]:
    tags = (*KNOWN_TAGS, *_DRAFT_TAGS)
    opening, closing = ("|".join(re.escape(pair[side]) for pair in tags) for side in (0, 1))
    # without ASCII, the long s and the Kelvin sign would match "s" and "k"
    return re.compile(rf"(?P<opening>{opening})|(?P<closing>{closing})|[\[{{\]}}]", re.IGNORECASE | re.ASCII)


@cache
def _closing(opening: str) -> re.Pattern[str]:
    """Return what finds the end of what a tag opens."""
    closings = [closing for known, closing in (*KNOWN_TAGS, *_DRAFT_TAGS) if known.lower() == opening]
    return re.compile(re.escape(closings[0]), re.IGNORECASE | re.ASCII)
