"""`redact`: removes every live key from a text, in all the forms in which keys are echoed.

The second line of defence: what we show, log or save goes through here, because
providers, proxies and backends quote keys in their messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from byok_widgets.secrets.held_keys import PIECE, Span, has_short_keys, held_keys, is_word
from byok_widgets.secrets.key_formats import registered_shape
from byok_widgets.secrets.key_shapes import KEY_SHAPE, PUBLIC_PREFIX, QUOTED_KEY
from byok_widgets.secrets.secret import MASK, live_secrets

BETWEEN = "\0"
"""Separates texts that are searched together: no key extends past it."""
_COVER = re.compile(r"[*•●·…█]+|\.{3,}|[xX]{4,}")
_WIDE_COVER_MARKS = "•●·…█"
_BEFORE = re.compile(r"[A-Za-z0-9_-]*\Z")
_AFTER = re.compile(r"[A-Za-z0-9_-]*")
_REACH = 64


def redact(text: str, *, words: bool = True) -> str:
    """Return `text` with `[API key]` in place of every key that is held anywhere in this process.

    Also replaced: any piece of a key with eight or more characters after the public prefix; its upper-case,
    reversed, base64 (at any alignment, both alphabets), hex and escaped forms, also broken by white space; the
    masked form in which a provider echoes it (`sk-****wxyz`); and anything that has the shape of a known vendor's
    key, held or not.

    Args:
        text: Any text.
        words: Whether to replace keys that are plain words, such as "none" for a server that needs no key.
    """
    return replaced(text, _all(text, words=words))


def redact_held(text: str) -> str:
    """Return `text` with `[API key]` in place of held keys and pieces of them, and nothing else.

    For what a model writes: it may write about keys, and a short key or a plain word may be part of any answer.
    """
    return replaced(text, _held(text, words=False))


def contains_held_key(texts: Iterable[str]) -> bool:
    """Whether one of the texts contains a whole key that is held here, as it is written."""
    joined = BETWEEN.join(texts)
    return any(len(key) >= PIECE and key in joined for key in _revealed(words=False))


def are_clear_of_held_keys(texts: Iterable[str]) -> bool:
    """Whether `redact_held` leaves each text as it is; while the keys are the same, a text is searched once."""
    keys = held_keys(words=False)
    return keys is None or keys.are_clear(texts)


def redact_in(texts: Sequence[str], *, words: bool = True) -> list[str]:
    """Return each text as `redact` does: one search through all costs little more than through the first."""
    return _each(partial(redact, words=words), texts)


def redact_held_in(texts: Sequence[str]) -> list[str]:
    """Return each text as `redact_held` does, with one search."""
    return _each(redact_held, texts)


def _each(search: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    joined = BETWEEN.join(texts)
    cleaned = search(joined)
    if cleaned == joined:
        return list(texts)
    redacted = cleaned.split(BETWEEN)
    if joined.count(BETWEEN) == len(texts) - 1 == len(redacted) - 1:
        return redacted
    return [search(text) for text in texts]  # one has the separator in it, or a key was found across one


def redact_quotes(text: str) -> str:
    """Return `text` as `redact` does, also without whatever looks like a key although none is held.

    For messages that quote what somebody typed: there may be a key in the wrong place.
    """
    shapes = (QUOTED_KEY, registered_shape(any_case=True))
    unheld = [match.span() for shape in shapes for match in shape.finditer(text)]
    return replaced(text, [*_all(text, words=False), *unheld])


def replaced(text: str, spans: Iterable[Span]) -> str:
    """Return `text` with a mask in place of what stands at `spans`."""
    found = sorted(spans)
    if not found:
        return text
    parts: list[str] = []
    done = 0
    for start, end in _merged(found):
        parts += [text[done:start], MASK]
        done = end
    return "".join([*parts, text[done:]])


def _all(text: str, *, words: bool) -> list[Span]:
    spans = [match.span() for match in registered_shape().finditer(text)]
    if "sk-" in text:
        spans += [match.span() for match in KEY_SHAPE.finditer(text)]
    spans += _held(text, words=words)
    if has_short_keys():
        spans += _short(text, words=words)
    if _may_be_covered(text):
        spans += _masked(text, _revealed(words=words))
    return spans


def _may_be_covered(text: str) -> bool:
    if "*" in text or "..." in text or "xxxx" in text or "XXXX" in text:
        return True
    return not text.isascii() and any(mark in text for mark in _WIDE_COVER_MARKS)


def _held(text: str, *, words: bool) -> list[Span]:
    keys = held_keys(words=words)
    return keys.spans_in_whole(text) if keys else []


def _short(text: str, *, words: bool) -> Iterator[Span]:
    """Find the keys that are too short to have pieces, where they stand alone: they may be words."""
    for key in _revealed(words=words):
        if len(key) < PIECE and key in text:
            pattern = rf"(?<![A-Za-z0-9]){re.escape(key)}(?![A-Za-z0-9])"
            yield from (match.span() for match in re.finditer(pattern, text))


def _revealed(*, words: bool) -> list[str]:
    keys = {secret.reveal() for secret in live_secrets()}
    return [key for key in keys if key and (words or not is_word(key))]


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
    public = PUBLIC_PREFIX.match(head)
    if public and len(tail) >= 2:
        return True
    shown = len(head) - (len(public[0]) if public else 0)
    return any(
        (len(tail) >= 3 and key.endswith(tail)) or (shown > 0 and len(head) >= 4 and key.startswith(head))
        for key in keys
    )


def _merged(ordered: Sequence[Span]) -> Iterator[Span]:
    start, end = ordered[0]
    for next_start, next_end in ordered[1:]:
        if next_start > end:
            yield start, end
            start, end = next_start, next_end
        else:
            end = max(end, next_end)
    yield start, end
