"""Which words of a request differ from those that were recorded."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from byok_widgets.text_forms import normalized

_MOST_CHARS = 20_000
"""So much of a text tells how similar it is."""
_MOST_PIECES = 2_000
"""Longer passages are shown as a whole: the words of a book would take minutes to compare."""
_SENTENCE = re.compile(r"[^\n.!?]*[\n.!?]+|[^\n.!?]+")
_WORD = re.compile(r"\r\n|\n|\r|[^\S\r\n]+|\w+|[^\w\s]")

MODEL, SETTING = "model", "setting "
"""The places in which a value is changed as a whole; `setting ` stands before its name."""

Pair = tuple[str, str, str]
"""A place in a request, what was recorded there, and what is there now."""


class Change(NamedTuple):
    """A place in a request where it is not what was recorded.

    Attributes:
        place: Which part, such as `message 2 (user)`, or `turn 2` of what a case is given.
        recorded: The words there when it was recorded; empty where there were none.
        now: The words there now.
    """

    place: str
    recorded: str
    now: str

    def __str__(self) -> str:
        if self.recorded and self.now:
            return f"{self.place}: “{self.recorded}” is now “{self.now}”"
        return f"{self.place}: “{self.now}” is new" if self.now else f"{self.place}: “{self.recorded}” is gone"


def changes(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Return where two requests in words differ, in the order in which a model reads them."""
    return tuple(_changes(_pairs(recorded, now)))


def case_changes(recorded: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    """Return where what a case is given, in words by place, is not what was recorded."""
    return tuple(_changes(_by_place(recorded, now)))


def similarity(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> float:
    """Return how similar two requests in words are: 1 for equal ones. It is an upper bound, quickly found."""
    ratios = [_ratio(before, after) for _, before, after in _pairs(recorded, now)]
    return sum(ratios) / len(ratios)


def _ratio(before: str, after: str) -> float:
    if before == after:
        return 1.0
    return difflib.SequenceMatcher(None, before[:_MOST_CHARS], after[:_MOST_CHARS], autojunk=False).quick_ratio()


def _pairs(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield the parts of two requests that stand for each other."""
    yield from _by_place(_head(recorded), _head(now))
    yield from _of_messages(*(list(map(tuple, words.get("messages") or ())) for words in (recorded, now)))
    yield from _by_place(_tail(recorded), _tail(now))


def _by_place(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Pair]:
    for place in dict.fromkeys([*before, *after]):
        yield place, before.get(place, ""), after.get(place, "")


def _head(words: Mapping[str, Any]) -> dict[str, str]:
    model = f"{words.get('provider')}:{words.get('model')}"
    return {MODEL: model, "instructions": str(words.get("system") or "")}


def _tail(words: Mapping[str, Any]) -> dict[str, str]:
    output = words.get("output") or {}
    settings = {**(words.get("settings") or {}), "max_tokens": words.get("max_tokens")}
    written = {f"{SETTING}{name}": _written(value) for name, value in settings.items() if value is not None}
    return {"shape of the answer": _written(output) if output else "", **written}


def _of_messages(before: Sequence[tuple[str, str]], after: Sequence[tuple[str, str]]) -> Iterator[Pair]:
    """Yield the messages of two dialogues, of which one may have some more at the beginning or within."""
    for _, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for at in range(max(b - a, d - c)):
            old = before[a + at] if a + at < b else None
            new = after[c + at] if c + at < d else None
            number, (role, _) = (c + at + 1, new) if new else (a + at + 1, old or ("", ""))
            was = "" if old is None else old[1] if new is None or old[0] == role else f"({old[0]}) {old[1]}"
            yield f"message {number} ({role})", was, new[1] if new else ""


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _changes(pairs: Iterable[Pair]) -> Iterator[Change]:
    for place, old, new in pairs:
        if old != new:
            are_whole = place == MODEL or place.startswith(SETTING)
            yield from [Change(place, old, new)] if are_whole else _in_text(place, old, new)


def _in_text(place: str, old: str, new: str) -> Iterator[Change]:
    for sentences in _differing(old, new, _SENTENCE):
        for words in _differing(*sentences, _WORD):
            yield Change(place, *_visible(*words))


def _differing(old: str, new: str, piece: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield what one text has where the other has something else, in whole pieces."""
    was, is_now = piece.findall(old), piece.findall(new)
    start = _equal(was, is_now)
    end = _equal(was[start:][::-1], is_now[start:][::-1])
    was, is_now = was[start : len(was) - end], is_now[start : len(is_now) - end]
    if len(was) + len(is_now) > _MOST_PIECES:
        yield "".join(was), "".join(is_now)
        return
    for tag, a, b, c, d in difflib.SequenceMatcher(None, was, is_now, autojunk=False).get_opcodes():
        if tag != "equal":
            yield "".join(was[a:b]), "".join(is_now[c:d])


def _equal(was: Sequence[str], is_now: Sequence[str]) -> int:
    """Return with how many equal pieces two texts begin."""
    pairs = zip(was, is_now, strict=False)
    return next((at for at, (old, new) in enumerate(pairs) if old != new), min(len(was), len(is_now)))


def _visible(old: str, new: str) -> tuple[str, str]:
    """Return two texts so that people see how they differ: characters that look alike are written as numbers."""
    looks = {normalized("NFKC", " ".join(text.split())) for text in (old, new)}
    if len(looks) == 1 or not all(text.strip() for text in (old, new) if text):
        return ascii(old)[1:-1] if old else "", ascii(new)[1:-1] if new else ""
    return old, new
