"""`HeldKeys`: finds the keys that are held in this process in a text, whole or in pieces, in any form.

Keys and texts are compared in canonical form (`canonical_text`), a key also reversed, in hex, base64 and rot13. A
piece of a key is eight or more consecutive characters after the public prefix. Of a key that is short or made of
words, pieces have twelve characters or are the whole key, so that ordinary text stands.

Whole texts are also searched for keys in disguise: with signs between their characters, as numbers, or in an
encoding of an encoding (`unpacked`). A text that is still being streamed is not: each piece would cost more.

A form is known by the hashes of its runs of four and of eight characters, salted per process; no part of a key is
kept. Each run of eight contains a run of four that starts at a multiple of five: only those are looked up.
"""

from __future__ import annotations

import base64
import codecs
import re
import string
import sys
from collections.abc import Iterable, Iterator
from itertools import compress
from typing import NamedTuple

from byok_widgets.secrets.canonical_text import as_written, positions, readings, without_unfinished_escape
from byok_widgets.secrets.key_formats import exact_key, prefixes
from byok_widgets.secrets.key_shapes import PUBLIC_PREFIX
from byok_widgets.secrets.secret import live_secrets, live_state
from byok_widgets.secrets.unpacking import unpacked
from byok_widgets.secrets.without_signs import without_signs, without_tags

Span = tuple[int, int]
Reading = tuple[str, bool]
"""A text in canonical form, and whether its escapes are resolved in it."""

PIECE = 8
"""Shortest piece of a key that is removed, in characters after the public prefix."""

_PIECE_OF_WORDS = 12
"""The same for a key that is short or made of words: a piece of it may stand in any text."""

_SHORT = 20
"""A key with fewer characters after the public prefix is short."""

_NO_WORD = 16
"""A key of at least this length is never treated as a plain word."""

_WORD = re.compile("[A-Z]?[a-z]+|[A-Z]+")
_PART = re.compile("[A-Za-z]*[0-9]*")
_MEAN_WORD, _MEAN_WORD_IN_CAMEL_CASE = 3, 4.5
"""Least mean length of the words in a key that is made of words, in characters; in a random one it is about 2."""

_SEQUENCES = "01234567890123456789 abcdefghijklmnopqrstuvwxyz"
"""What people type in place of a key; a part of it may stand in any text."""

_LONGEST = 8192
"""How many characters of a held key are searched for; no key is longer."""

_GRAM, _PROBE = 8, 4
_STEP = _GRAM - _PROBE + 1
_NEVER = sys.maxsize

_PIECE_BETWEEN_SIGNS = 20
"""Shortest piece of a key that is removed where signs stand between its characters."""
_STRIDE = _PIECE_BETWEEN_SIGNS - _GRAM + 1
"""Each run of 20 characters contains a run of eight that starts at a multiple of this."""

_MOST_CLEAR = 4096
"""How many texts without keys are known by their hashes, which differ between processes."""

_LONGEST_GAP = 64
"""Longest white space inside a key that is still being streamed, in characters; longer white space ends it."""

_SIGNS = frozenset(string.punctuation) - frozenset("%\\&")


class Grams(NamedTuple):
    """What is known of one key, or of several.

    Attributes:
        eights: For the hash of each run of eight characters, how long a piece with it must be to count.
        fours: The hashes of the runs of four characters.
        threes: The hashes of the runs of three characters.
        starts: The hashes of the first two and three characters of each form, and of each key's first one.
        letters: All characters that occur.
    """

    eights: dict[int, int]
    fours: set[int]
    threes: set[int]
    starts: set[int]
    letters: set[str]

    def add(self, more: Grams) -> None:
        """Take in what is known of other keys."""
        shared = self.eights.keys() & more.eights.keys()
        least = {gram: min(self.eights[gram], more.eights[gram]) for gram in shared}
        self.eights.update(more.eights)
        self.eights.update(least)
        self.fours.update(more.fours)
        self.threes.update(more.threes)
        self.starts.update(more.starts)
        self.letters.update(more.letters)


class Known(NamedTuple):
    """What is known of one key, or of several, as they are written, and in letters and digits alone."""

    written: Grams
    bare: Grams


class HeldKeys:
    """The keys that were held when this was made.

    Attributes:
        known: What is known of them.
        grams: The same, as they are written.
        breaks: Signs that occur in no form, so that no piece of a key extends past one.
    """

    def __init__(self, known: Iterable[Known]) -> None:
        self.known = Known(_no_grams(), _no_grams())
        for one in known:
            self.known.written.add(one.written)
            self.known.bare.add(one.bare)
        self.grams = self.known.written
        self._clear: set[int] = set()
        self.breaks = frozenset(sign for sign in _SIGNS if as_written(sign) not in self.grams.letters)

    def spans(self, text: str) -> list[Span]:
        """Return where keys and pieces of keys stand in `text`."""
        return self._spans_in(text, readings(text))

    def spans_in_whole(self, text: str) -> list[Span]:
        """Return where keys and pieces of keys stand in a whole text, also in disguise."""
        if len(text) < _GRAM and text.isascii():  # as many are; other characters may stand for several letters
            return []
        read, untagged = readings(text), without_tags(text)
        found = self._spans_in(text, read)
        found += self._spans_between_signs(untagged, read if untagged is text else readings(untagged))
        for start, end, inner in unpacked(text):
            is_known = any(begins < end and start < ends for begins, ends in found)
            if not is_known and self.spans(inner):
                found.append((start, end))
        return found

    def are_clear(self, texts: Iterable[str]) -> bool:
        """Whether no key or piece of one is in whole texts, also in disguise.

        A dialogue is sent again with each of its turns: a text that was found clear is not searched again.
        """
        for text in texts:
            if hash(text) in self._clear:
                continue
            if self.spans_in_whole(text):
                return False
            if len(self._clear) >= _MOST_CLEAR:
                self._clear.clear()
            self._clear.add(hash(text))
        return True

    def _spans_in(self, text: str, read: Iterable[Reading]) -> list[Span]:
        found: list[Span] = []
        for reading, resolve in read:
            if runs := _long_enough(self.grams, reading):
                places = positions(text, resolve=resolve)
                found += [(places[start][0], places[end - 1][1]) for start, end in runs]
        return found

    def _spans_between_signs(self, text: str, read: Iterable[Reading]) -> list[Span]:
        found: list[Span] = []
        bare, eights = self.known.bare, self.known.bare.eights.keys()
        for reading, resolve in read:
            letters = without_signs(reading)
            if eights.isdisjoint([hash(letters[at : at + _GRAM]) for at in range(0, len(letters), _STRIDE)]):
                continue
            if runs := _long_enough(bare, letters):
                places = list(compress(positions(text, resolve=resolve), map(without_signs, reading)))
                found += [(places[start][0], places[end - 1][1]) for start, end in runs]
        return found

    def is_clear(self, text: str, reading: str) -> bool:
        """Whether `text`, without escapes, surely has no piece of a key, and at its end not the beginning of one.

        Args:
            text: The text.
            reading: Its canonical form.
        """
        probes = [reading[at : at + _PROBE or None] for at in range(-_PROBE, -len(reading) - 1, -_STEP)]
        if not self.grams.fours.isdisjoint(map(hash, probes)):
            return False
        starts = self.grams.starts
        for length in (1, 2, 3):
            is_inside_word = len(text) > length and text[-length - 1 :].isalnum()
            if not is_inside_word and hash(reading[-length:]) in starts:
                return False
        return True

    def begins_in(self, reading: str) -> bool:
        """Whether the last three characters of a canonical text occur in a key."""
        return hash(reading[-3:]) in self.grams.threes

    def pending(self, text: str) -> int:
        """Return where the longest suffix of `text` starts that may begin a piece of a key; its length if none.

        A suffix counts from four characters on, and from fewer where a word begins: from one if a key begins like
        that, from two if one of its other forms does. What is passed on of a key is less than a piece.
        """
        if len(text) - len(text.rstrip()) > _LONGEST_GAP:
            return len(text)
        text = without_unfinished_escape(text)
        return min(self._pending(text, reading, resolve) for reading, resolve in readings(text))

    def _pending(self, text: str, reading: str, resolve: bool) -> int:  # noqa: FBT001 - a pair of `readings`
        length = self._open_run(reading)
        starts = [n for n in (3, 2, 1) if n <= len(reading) and hash(reading[-n:]) in self.grams.starts]
        if not length and not starts:
            return len(text)
        places = positions(text, resolve=resolve)
        if length:
            return places[-length][0]
        return next((at for at in (places[-n][0] for n in starts) if not text[at - 1 : at].isalnum()), len(text))

    def _open_run(self, reading: str) -> int:
        """Return the length of the longest suffix that may be a piece of a key, or its beginning."""
        length = 0
        while length < _GRAM - 1 and hash(reading[-length - _PROBE : len(reading) - length]) in self.grams.fours:
            length += 1
        if not length:
            return 0
        at = len(reading) - _GRAM
        while at >= 0 and hash(reading[at : at + _GRAM]) in self.grams.eights:
            at -= 1
        whole = len(reading) - at - 1
        return whole if whole >= _GRAM else min(length + _PROBE - 1, _GRAM - 1)


def _long_enough(grams: Grams, reading: str) -> list[Span]:
    """Return where runs of known characters that are long enough to be a piece start and end."""
    return [(start, end) for start, end, needed in _runs(grams, reading) if end - start >= needed]


def _runs(grams: Grams, reading: str) -> Iterator[tuple[int, int, int]]:
    """Yield where runs of known characters start and end, and how long each must be to count."""
    fours, eights, last = grams.fours, grams.eights, len(reading) - _GRAM
    at = done = 0
    while at <= len(reading) - _PROBE:
        probed, at = at, at + _STEP
        if hash(reading[probed : probed + _PROBE]) not in fours:
            continue
        for start in range(max(done, probed - _STEP + 1), min(probed, last) + 1):
            needed = eights.get(hash(reading[start : start + _GRAM]))
            if needed is None:
                continue
            end = start
            while end < last and (more := eights.get(hash(reading[end + 1 : end + 1 + _GRAM]))) is not None:
                end, needed = end + 1, min(needed, more)
            yield start, end + _GRAM, needed
            at = done = end + 2
            break


_known: dict[int, Known] = {}
_current: dict[bool, tuple[object, frozenset[int], HeldKeys | None]] = {}
_shortness: list[tuple[object, bool]] = []


def has_short_keys() -> bool:
    """Whether a key is held that is too short to have pieces."""
    state = live_state()
    if not _shortness or _shortness[0][0] is not state:
        _shortness[:] = [(state, any(0 < len(secret.reveal()) < PIECE for secret in live_secrets()))]
    return _shortness[0][1]


def held_keys(*, words: bool) -> HeldKeys | None:
    """Return what finds the keys that are held now; `None` if there are none.

    Args:
        words: Whether keys that are plain words count, such as "none" for a server that needs no key.
    """
    state = live_state()
    current = _current.get(words)
    if current and current[0] is state:
        return current[2]
    keys = {secret.reveal()[:_LONGEST] for secret in live_secrets()}
    keys = {key for key in keys if len(key) >= PIECE and (words or not is_word(key))}
    hashes = frozenset(map(hash, keys))
    known_before, finder = current[1:] if current else (frozenset[int](), None)
    if hashes != known_before:
        before = [finder.known] if finder and known_before < hashes else []  # copied: faster than one by one
        more = [_known_of(key) for key in keys if not before or hash(key) not in known_before]
        finder = HeldKeys([*before, *more]) if keys else None
    _current[words] = (state, hashes, finder)
    _forget_the_rest()
    return finder


def _known_of(key: str) -> Known:
    known = _known.get(hash(key))
    return known or _known.setdefault(hash(key), Known(_grams(key), _bare_grams(key)))


def _forget_the_rest() -> None:
    used = frozenset[int]().union(*(hashes for _, hashes, _ in _current.values()))
    for gone in _known.keys() - used:
        _known.pop(gone, None)


def is_word(key: str) -> bool:
    """Whether a key is a plain word, or several, which any text may contain."""
    return len(key) < _NO_WORD and re.fullmatch("[A-Za-z]+(?:[-_ ][A-Za-z]+)*", key) is not None


def _no_grams() -> Grams:
    return Grams({}, set(), set(), set(), set())


def _grams(key: str) -> Grams:
    grams = _no_grams()
    forms = sorted(_forms(_written(key)), key=_needed, reverse=True)  # the shortest piece counts
    _learn(grams, forms)
    for form, _, _ in forms:
        grams.threes.update(_hashes(form, 3))
        grams.starts.update(hash(form[:length]) for length in (2, 3))
        grams.letters.update(form)
    grams.starts.add(hash(key[:1].lower()))
    return grams


def _bare_grams(key: str) -> Grams:
    grams = _no_grams()
    _learn(grams, sorted(_forms(_bare(key)), key=_needed, reverse=True))
    return grams


def _learn(grams: Grams, forms: Iterable[tuple[str, int, slice]]) -> None:
    for form, needed, public in forms:
        runs = _hashes(form, _GRAM)
        grams.eights.update(dict.fromkeys(runs, needed))
        grams.eights.update(dict.fromkeys(runs[public], _NEVER))
        in_sequence = [run for at, run in enumerate(runs) if form[at : at + _GRAM] in _SEQUENCES]
        grams.eights.update(dict.fromkeys(in_sequence, min(_PIECE_OF_WORDS, len(form))))
        grams.fours.update(_hashes(form, _PROBE))


def _hashes(form: str, length: int) -> list[int]:
    return [hash(form[at : at + length]) for at in range(len(form) - length + 1)]


def _needed(form: tuple[str, int, slice]) -> int:
    return form[1]


def _forms(written: Iterable[tuple[str, int, int]]) -> Iterator[tuple[str, int, slice]]:
    """Yield each form and its reverse, with the shortest piece that counts and where its public runs stand."""
    for form, piece, public in written:
        needed, known = min(piece, len(form)), max(0, public - _GRAM // 2)
        yield form, needed, slice(known)
        yield form[::-1], needed, slice(max(0, len(form) - _GRAM + 1 - known), None)


def _written(key: str) -> Iterator[tuple[str, int, int]]:
    """Yield the ways of writing a key forwards, with the shortest piece and the length of the public prefix."""
    plain, public = as_written(key), _public_length(key)
    piece = _shortest_piece(key)
    data = key.encode("utf-8", "surrogatepass")
    yield plain, piece, public
    yield as_written(codecs.encode(key, "rot13")), piece, public
    yield data.hex(), 2 * piece, 2 * public
    yield data.hex(":"), 3 * piece, 3 * public
    for shift in range(3):
        # Only the characters that depend on nothing but the key: its neighbours in the encoded text are unknown.
        encoded = base64.b64encode(bytes(shift) + data + bytes(3))
        sure = as_written(encoded[-(-8 * shift // 6) : 8 * (shift + len(data)) // 6].decode())
        yield sure, (8 * piece - 4) // 6, public * 4 // 3


def _bare(key: str) -> Iterator[tuple[str, int, int]]:
    """Yield a key's letters and digits as they may be written with signs between them; see `_written`."""
    public, piece, data = _public_length(key), _shortest_piece(key), key.encode("utf-8", "surrogatepass")
    numbers = "".join(map(str, data))
    plain = (
        (key, piece, public),
        (codecs.encode(key, "rot13"), piece, public),
        (data.hex(), 2 * piece, 2 * public),
        (numbers, 3 * piece, 3 * public),
    )
    for form, needed, known in plain:
        letters = without_signs(as_written(form))
        yield letters, max(needed, _PIECE_BETWEEN_SIGNS), len(without_signs(as_written(form[:known])))


def _shortest_piece(key: str) -> int:
    is_random = len(as_written(key)) - _public_length(key) >= _SHORT and not _is_of_words(key)
    return PIECE if is_random else _PIECE_OF_WORDS


def _public_length(key: str) -> int:
    known = (len(prefix) for prefix, _ in prefixes() if key.startswith(prefix))
    general = PUBLIC_PREFIX.match(key)
    return max([*known, len(general[0]) if general else 0])


def _is_of_words(key: str) -> bool:
    """Whether a key is made of words and numbers, as people make one up; never a key of a known format."""
    if exact_key(key).fullmatch(key) or not all(map(_PART.fullmatch, re.split("[-_. ]", key))):
        return False
    words = _WORD.findall(key)
    mean = _MEAN_WORD_IN_CAMEL_CASE if re.search("[a-z][A-Z]", key) else _MEAN_WORD
    return sum(map(len, words)) >= mean * len(words) > 0
