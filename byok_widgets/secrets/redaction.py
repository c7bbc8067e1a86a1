"""`redact`: removes every live key from a text, in all the forms in which keys are echoed.

Floor 0: knows only `Secret`. The second line of defence: what we show, log or save goes through here, because
providers, proxies and backends quote keys in their messages.
"""

from __future__ import annotations

import base64
import html
import json
import re
import weakref
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from byok_widgets.secrets.key_formats import registered_shape
from byok_widgets.secrets.secret import MASK, Secret, live_secrets

_PIECE = 12
"""Shortest piece of a key that is removed, in characters."""

_LONGEST = 8192
"""How many characters of a held key are searched for; no key is longer."""

_WHOLE_WORD = 8
"""A key shorter than this is removed only where it stands alone: it may be a word such as "none"."""

_NO_WORD = 16
"""A key of at least this length is never treated as a plain word."""

# Every piece of 12 characters covers a run of 7 that starts at a multiple of 6: only those are looked up.
_GRAM, _STEP = 7, 6

KEY_SHAPE = re.compile(
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"
    r"sk-(?:(?:ant|or|proj|svcacct|admin)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{20,})"
)
"""The general shape of keys, which many vendors share; `key_formats` adds others."""
_PUBLIC_PREFIX = re.compile(r"sk-(?:ant-(?:[a-z]+\d+-)?|or-(?:v\d+-)?|(?:proj|svcacct|admin)-)?")
_COVER = re.compile(r"[*•●·…█]+|\.{3,}|[xX]{4,}")
_COVER_MARKS = (*"*•●·…█", "...", "xxxx", "XXXX")
_BEFORE = re.compile(r"[A-Za-z0-9_-]*\Z")
_AFTER = re.compile(r"[A-Za-z0-9_-]*")
_REACH = 64

Span = tuple[int, int]


def redact(text: str, *, words: bool = True) -> str:
    """Return `text` with `[API key]` in place of every key that is held anywhere in this process.

    Also replaced: any piece of a key with 12 or more characters; its base64 (at any alignment, both alphabets),
    hex and URL-quoted forms; the masked form in which a provider echoes it (`sk-proj-****wxyz`); and anything that
    has the shape of a known vendor's key, held or not.

    Args:
        text: Any text.
        words: Whether to replace keys that are plain words, such as "none" for a server that needs no key.
    """
    secrets = live_secrets()
    shapes = [match.span() for match in registered_shape().finditer(text)]
    if "sk-" in text:
        shapes += [match.span() for match in KEY_SHAPE.finditer(text)]
    if not secrets:
        return _replaced(text, shapes) if shapes else text
    runs = {hash(text[at : at + _GRAM]) for at in range(0, len(text) - _GRAM + 1, _STEP)}
    near = [secret for secret in secrets if not runs.isdisjoint(_traces(secret)) or _is_short(secret)]
    masked = secrets if any(mark in text for mark in _COVER_MARKS) else []
    spans = [*shapes, *_held(text, _revealed(near, words=words)), *_masked(text, _revealed(masked, words=words))]
    return _replaced(text, spans)


_known_traces: weakref.WeakKeyDictionary[Secret, frozenset[int]] = weakref.WeakKeyDictionary()


def _traces(secret: Secret) -> frozenset[int]:
    """Return the hashes of the runs of a key's forms, salted per process: a text that matches none is clean.

    They are computed once for each holder, since texts are shown often and keys rarely change. No part of the
    key is kept.
    """
    traces = _known_traces.get(secret)
    if traces is None:
        forms = _forms(secret.reveal()[:_LONGEST])
        traces = frozenset(hash(run) for form, _ in forms for run in _runs(form, _GRAM))
        _known_traces[secret] = traces
    return traces


def _is_short(secret: Secret) -> bool:
    """Whether a key is searched for as a whole, so that comparing runs may miss it."""
    return len(secret.reveal()) < 2 * _PIECE


def _revealed(secrets: Iterable[Secret], *, words: bool) -> list[str]:
    keys = (secret.reveal()[:_LONGEST] for secret in secrets)
    return [key for key in keys if key and (words or not _is_word(key))]


def _is_word(key: str) -> bool:
    return len(key) < _NO_WORD and re.fullmatch("[A-Za-z]+(?:[-_ ][A-Za-z]+)*", key) is not None


def _held(text: str, keys: Iterable[str]) -> Iterator[Span]:
    """Find the keys and their encoded forms, whole or in pieces."""
    windows: dict[int, set[str]] = {}
    grams: set[str] = set()
    for form, piece in {entry for key in keys for entry in _forms(key)}:
        if len(form) < piece:
            yield from _exact(text, form)
        else:
            windows.setdefault(piece, set()).update(_runs(form, piece))
            grams.update(_runs(form, _GRAM))
    for at in range(0, len(text) - _GRAM + 1, _STEP):
        if text[at : at + _GRAM] in grams:
            yield from _windows_around(text, at, windows)


def _runs(form: str, length: int) -> Iterator[str]:
    return (form[at : at + length] for at in range(len(form) - length + 1))


def _windows_around(text: str, at: int, windows: dict[int, set[str]]) -> Iterator[Span]:
    for piece, known in windows.items():
        for start in range(max(0, at + _GRAM - piece), at + 1):
            if text[start : start + piece] in known:
                yield (start, start + piece)


def _exact(text: str, form: str) -> Iterator[Span]:
    pattern = re.escape(form)
    if len(form) < _WHOLE_WORD:
        pattern = rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    return (match.span() for match in re.finditer(pattern, text))


def _forms(key: str) -> Iterator[tuple[str, int]]:
    """Yield the forms in which `key` may appear, each with the length of the shortest piece that counts."""
    data = key.encode("utf-8", "surrogatepass")
    quoted = {quote(data, safe=""), quote(data)}
    quoted |= {re.sub(r"%..", lambda code: code[0].lower(), form) for form in quoted}
    for form in {key, json.dumps(key)[1:-1], repr(key)[1:-1], html.escape(key), *quoted}:
        yield form, _PIECE
    if len(data) < _WHOLE_WORD:
        return
    yield data.hex(), 2 * _PIECE
    yield data.hex().upper(), 2 * _PIECE
    for shift in range(3):
        # Only the characters that depend on nothing but the key: its neighbours in the encoded text are unknown.
        encoded = base64.b64encode(bytes(shift) + data + bytes(3))
        sure = encoded[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6].decode()
        yield sure, 4 * _PIECE // 3
        yield sure.replace("+", "-").replace("/", "_"), 4 * _PIECE // 3


def _masked(text: str, keys: list[str]) -> Iterator[Span]:
    """Find what a provider shows of a masked key: its first and last characters around stars or dots."""
    for cover in _COVER.finditer(text):
        start, end = cover.span()
        before = _BEFORE.search(text[max(0, start - _REACH) : start])
        after = _AFTER.match(text[end : end + _REACH])
        head, tail = before[0] if before else "", after[0] if after else ""
        if _is_rest_of_a_key(head, tail, keys):
            yield (start - len(head), end + len(tail))


def _is_rest_of_a_key(head: str, tail: str, keys: list[str]) -> bool:
    public = _PUBLIC_PREFIX.match(head)
    if public and len(tail) >= 2:
        return True
    shown = len(head) - (len(public[0]) if public else 0)
    return any(
        (len(tail) >= 3 and key.endswith(tail)) or (shown > 0 and len(head) >= 4 and key.startswith(head))
        for key in keys
    )


def _replaced(text: str, spans: list[Span]) -> str:
    parts: list[str] = []
    done = 0
    for start, end in _merged(spans):
        parts += [text[done:start], MASK]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


def _merged(spans: list[Span]) -> Iterator[Span]:
    ordered = sorted(spans)
    if not ordered:
        return
    start, end = ordered[0]
    for next_start, next_end in ordered[1:]:
        if next_start > end:
            yield start, end
            start, end = next_start, next_end
        else:
            end = max(end, next_end)
    yield start, end
