"""Finds keys in any text, by exact formats only, so that whatever is found is a key, however it is written.

A text may be a whole file, including JSON: a key is found even if its characters are escaped, as JSON, programs,
addresses and HTML allow for any character, if it is broken over lines or put together from quoted parts, and also
in base64, on one line or many.
"""

from __future__ import annotations

import base64
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from byok_widgets.secrets.broken_keys import broken_keys
from byok_widgets.secrets.escapes import Resolved
from byok_widgets.secrets.key_formats import detect_provider, exact_key, shortest_key
from byok_widgets.secrets.secret import MASK

_BLOCK_CHARS = 1_000_000
_MARGIN_CHARS = 20_000
"""More than a key takes up, however it is written."""

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
    kept: list[FoundKey] = []
    for start in range(0, len(text), _BLOCK_CHARS):  # so that what a huge text takes in memory has a limit
        before = max(0, start - _MARGIN_CHARS)
        for each in _in_block(text[before : start + _BLOCK_CHARS + _MARGIN_CHARS]):
            at = before + each.start
            if start <= at < start + _BLOCK_CHARS and (not kept or at >= kept[-1].end):
                kept.append(replace(each, start=at, end=before + each.end))
    return kept


def remove_keys(text: str, found: Iterable[FoundKey]) -> str:
    """Return `text` without the keys found in it; every other character is unchanged."""
    parts: list[str] = []
    done = 0
    for each in found:
        parts += [text[done : each.start], each.replacement]
        done = each.end
    return "".join([*parts, text[done:]])


def _in_block(text: str) -> list[FoundKey]:
    resolved = Resolved(text)
    whole = _without_overlaps([*_plain(resolved.text), *_encoded(resolved.text)])
    ends = [each.end for each in whole]
    broken = [each for each in _broken(resolved.text) if not _overlaps(each, whole, ends)]
    return _without_overlaps(_in_raw(resolved, each) for each in [*whole, *broken])


def _without_overlaps(found: Iterable[FoundKey]) -> list[FoundKey]:
    kept: list[FoundKey] = []
    for each in sorted(found, key=lambda each: each.start):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def _overlaps(found: FoundKey, others: Sequence[FoundKey], ends: Sequence[int]) -> bool:
    following = bisect_right(ends, found.start)
    return following < len(others) and others[following].start < found.end


def _in_raw(resolved: Resolved, found: FoundKey) -> FoundKey:
    start, end = resolved.in_raw(found.start, found.end)
    return replace(found, start=start, end=end)


def _plain(text: str) -> Iterator[FoundKey]:
    for match in exact_key(text).finditer(text):
        yield FoundKey(*match.span(), detect_provider(match[0]) or "", MASK)


def _broken(text: str) -> Iterator[FoundKey]:
    for start, end, provider in broken_keys(text):
        yield FoundKey(start, end, provider, MASK)


def _encoded(text: str) -> Iterator[FoundKey]:
    for run in _BASE64.finditer(text):
        lines = _Lines(run)
        if len(lines.characters) * 6 >= shortest_key() * 8:
            yield from map(lines.in_raw, _in_base64(lines.characters))


def _in_base64(characters: str) -> Iterator[FoundKey]:
    """Find keys in base64 without line breaks, wherever its groups of four begin."""
    for shift in range(4):
        group = characters[shift:].translate(_TO_STANDARD)
        group = group[: len(group) - (len(group) % 4 == 1)]
        data = base64.b64decode(group + "=" * (-len(group) % 4))
        resolved = Resolved(data.decode("latin-1"))
        for found in (_in_raw(resolved, each) for each in _plain(resolved.text)):
            covered = data[: found.start] + b"*" * (found.end - found.start) + data[found.end :]
            start, end = found.start * 8 // 6, -(-found.end * 8 // 6)
            # Stars, and bytes that share a character with them, give none in which the two alphabets differ.
            replacement = base64.b64encode(covered).decode("ascii")[start:end]
            yield FoundKey(shift + start, shift + end, found.provider, replacement)


class _Lines:
    """A run of base64 on one or many lines."""

    def __init__(self, run: re.Match[str]) -> None:
        self._run = run
        parts: list[str] = []
        self._starts, self._raw_starts, done = [0], [0], 0
        for found in _BREAK.finditer(run[0]):
            parts.append(run[0][done : found.start()])
            done = found.end()
            self._starts.append(self._starts[-1] + len(parts[-1]))
            self._raw_starts.append(done)
        self.characters = "".join([*parts, run[0][done:]])

    def in_raw(self, found: FoundKey) -> FoundKey:
        """Map a key found in the characters to its position in the original, keeping the breaks."""
        places = [self._raw(at) for at in range(found.start, found.end)]
        written = list(self._run[0][places[0] : places[-1] + 1])
        for at, character in zip(places, found.replacement, strict=True):
            written[at - places[0]] = character
        start = self._run.start() + places[0]
        return FoundKey(start, start + len(written), found.provider, "".join(written))

    def _raw(self, at: int) -> int:
        line = bisect_right(self._starts, at) - 1
        return self._raw_starts[line] + at - self._starts[line]
