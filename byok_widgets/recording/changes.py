"""Which words of a request differ from those that were recorded."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from byok_widgets.text_forms import normalized

_MOST_CHARS = 20_000
"""Longer texts are compared by lines: words of a book would take minutes."""
_WORD = re.compile(r"\r\n|\n|\r|[^\S\r\n]+|\w+|[^\w\s]")
_AROUND = 3
"""Words shown around what has changed."""


class Change(NamedTuple):
    """A place in a request where it is not what was recorded.

    Attributes:
        place: Which part, such as `message 2 (user)`.
        recorded: The words there when it was recorded; empty where there were none.
        now: The words there now.
    """

    place: str
    recorded: str
    now: str

    def __str__(self) -> str:
        recorded = f"[-{self.recorded}-]" if self.recorded else ""
        now = f"{{+{self.now}+}}" if self.now else ""
        return f"{self.place}: {recorded}{now}"


def changes(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return where two requests in words differ, in the order in which a model reads them."""
    return tuple(_changes(_parts(recorded), _parts(now)))


def similarity(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> float:
    """Return how similar two requests in words are: 1 for equal ones. It is an upper bound, quickly found."""
    before, after = _parts(recorded), _parts(now)
    places = before.keys() | after.keys()
    ratios = [_ratio(before.get(place, ""), after.get(place, "")) for place in places]
    return sum(ratios) / len(ratios)


def _ratio(before: str, after: str) -> float:
    if before == after:
        return 1.0
    return difflib.SequenceMatcher(None, before[:_MOST_CHARS], after[:_MOST_CHARS], autojunk=False).quick_ratio()


def _parts(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a request as texts, by their place."""
    messages = words.get("messages") or ()
    output = words.get("output") or {}
    return {
        "model": f"{words.get('provider')}:{words.get('model')}",
        "instructions": str(words.get("system") or ""),
        **{f"message {number} ({role})": content for number, (role, content) in enumerate(messages, 1)},
        "shape of the answer": _written(output) if output else "",
        "settings": _written({**(words.get("settings") or {}), "max_tokens": words.get("max_tokens")}),
    }


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for place in dict.fromkeys([*before, *after]):
        old, new = before.get(place, ""), after.get(place, "")
        if old != new:
            yield from _in_text(place, old, new)


def _in_text(place: str, old: str, new: str) -> Iterator[Change]:
    are_long = len(old) + len(new) > _MOST_CHARS
    was, is_now = (text.splitlines(keepends=True) if are_long else _WORD.findall(text) for text in (old, new))
    matcher = difflib.SequenceMatcher(None, was, is_now, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            yield Change(place, *_visible("".join(was[a:b]), "".join(is_now[c:d])))


def _visible(old: str, new: str) -> tuple[str, str]:
    """Return two texts so that people see how they differ: characters that look alike are written as numbers."""
    looks = {normalized("NFKC", " ".join(text.split())) for text in (old, new)}
    if len(looks) == 1 or not all(text.strip() for text in (old, new) if text):
        return ascii(old)[1:-1] if old else "", ascii(new)[1:-1] if new else ""
    return old, new
