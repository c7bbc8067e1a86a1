"""Finds keys in any text, by exact formats only, so that whatever is found is a key, however it is written.

A text may be a whole file, including JSON: a key is found even if its characters are escaped, which JSON allows
for any character and at any depth, if it is broken over lines or put together from quoted parts, and also in
base64, on one line or many.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from byok_widgets.secrets.broken_keys import broken_keys
from byok_widgets.secrets.key_formats import detect_provider, exact_key, shortest_key
from byok_widgets.secrets.secret import MASK

# A slash never occurs in a key, but an escaped one may occur in base64.
_ESCAPE = re.compile(r"(?<!\\)(\\+)(?:(?:u00|x)([2-7][0-9A-Fa-f])|/)")
_ESCAPE_STARTS = ("\\u00", "\\x", "\\/")
_KEY_CHARACTER = re.compile(r"[A-Za-z0-9+/=_-]")

# Base64 is broken into lines by real line breaks, by escaped ones, and in notebooks by the items of a list.
_BREAK = re.compile(r"(?:\\+[rn]|[\r\n]|\"\s*,\s*\")[ \t]*", re.ASCII)
_BASE64 = re.compile(rf"[A-Za-z0-9+/_-]{{20,}}(?:(?:{_BREAK.pattern})+[A-Za-z0-9+/_-]+)*", re.ASCII)
_TO_STANDARD = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class FoundKey:
    """A key in a text.

    Attributes:
        start: Index of its first character.
        end: Index after its last character.
        provider: Name of the provider whose key it is.
        replacement: What can replace it: a mask, or base64 of the same length without the key.
    """

    start: int
    end: int
    provider: str
    replacement: str = field(repr=False)


def find_keys(text: str) -> list[FoundKey]:
    """Return the keys in `text`, in order and without overlaps.

    Two adjacent keys in base64 may share a character; the second one is then found when the first is removed.
    """
    resolved = _Resolved(text)
    found = [*_plain(resolved.text), *_encoded(resolved.text)]
    whole = [(each.start, each.end) for each in found]
    found += [each for each in _broken(resolved.text) if not _overlaps(each, whole)]
    kept: list[FoundKey] = []
    for each in sorted(map(resolved.in_raw, found), key=lambda each: each.start):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def remove_keys(text: str, found: Iterable[FoundKey]) -> str:
    """Return `text` without the keys found in it; every other character is unchanged."""
    parts: list[str] = []
    done = 0
    for each in found:
        parts += [text[done : each.start], each.replacement]
        done = each.end
    return "".join([*parts, text[done:]])


class _Resolved:
    """A text with the escaped characters of keys resolved; maps positions back to the original text."""

    def __init__(self, raw: str) -> None:
        parts: list[str] = []
        self._ends, self._raw_ends = [0], [0]
        may_have = any(start in raw for start in _ESCAPE_STARTS)
        for escape in _ESCAPE.finditer(raw) if may_have else ():
            character = chr(int(escape[2], 16)) if escape[2] else "/"
            if not _KEY_CHARACTER.match(character):
                continue
            # JSON in JSON doubles backslashes: of three, two are one backslash, and the third starts the escape.
            start = escape.end(1) - (len(escape[1]) & -len(escape[1]))
            before = raw[self._raw_ends[-1] : start]
            parts += [before, character]
            self._ends.append(self._ends[-1] + len(before) + 1)
            self._raw_ends.append(escape.end())
        self.text = "".join([*parts, raw[self._raw_ends[-1] :]])

    def in_raw(self, found: FoundKey) -> FoundKey:
        return FoundKey(self._raw(found.start), self._raw(found.end), found.provider, found.replacement)

    def _raw(self, at: int) -> int:
        last = bisect_right(self._ends, at) - 1
        return self._raw_ends[last] + at - self._ends[last]


def _plain(text: str) -> Iterator[FoundKey]:
    for match in exact_key(text).finditer(text):
        yield FoundKey(*match.span(), detect_provider(match[0]) or "", MASK)


def _broken(text: str) -> Iterator[FoundKey]:
    for start, end, provider in broken_keys(text):
        yield FoundKey(start, end, provider, MASK)


def _overlaps(found: FoundKey, spans: Iterable[tuple[int, int]]) -> bool:
    return any(start < found.end and found.start < end for start, end in spans)


def _encoded(text: str) -> Iterator[FoundKey]:
    for run in _BASE64.finditer(text):
        characters = _BREAK.sub("", run[0])
        if len(characters) * 6 < shortest_key() * 8:
            continue
        for found in _in_base64(characters):
            yield _over_lines(run, found)


def _in_base64(characters: str) -> Iterator[FoundKey]:
    """Find keys in base64 without line breaks, wherever its groups of four begin."""
    for shift in range(4):
        group = characters[shift:].translate(_TO_STANDARD)
        group = group[: len(group) - (len(group) % 4 == 1)]
        data = base64.b64decode(group + "=" * (-len(group) % 4))
        resolved = _Resolved(data.decode("latin-1"))
        for found in map(resolved.in_raw, _plain(resolved.text)):
            covered = data[: found.start] + b"*" * (found.end - found.start) + data[found.end :]
            start, end = found.start * 8 // 6, -(-found.end * 8 // 6)
            # Stars, and bytes that share a character with them, give none in which the two alphabets differ.
            replacement = base64.b64encode(covered).decode("ascii")[start:end]
            yield FoundKey(shift + start, shift + end, found.provider, replacement)


def _over_lines(run: re.Match[str], found: FoundKey) -> FoundKey:
    """Map a key found in base64 without line breaks to its position in the original, keeping the breaks."""
    breaks = {at for match in _BREAK.finditer(run[0]) for at in range(*match.span())}
    places = [at for at in range(len(run[0])) if at not in breaks][found.start : found.end]
    written = list(run[0][places[0] : places[-1] + 1])
    for at, character in zip(places, found.replacement, strict=True):
        written[at - places[0]] = character
    start = run.start() + places[0]
    return FoundKey(start, start + len(written), found.provider, "".join(written))
