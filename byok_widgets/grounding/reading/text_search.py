"""Looks for a text in a dialogue: in the same words, or in other forms of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from byok_widgets.grounding.reading.letters import bare
from byok_widgets.grounding.reading.numbers import number_named
from byok_widgets.grounding.reading.words import Index, Word, Words, by_bare, firsts, index_of, places, words_of

Place = tuple[int, int]
"""First and last character of a place in a message, the last one exclusive."""

_LEFT_OUT = frozenset({"the", "a", "an", "dr", "mr", "mrs", "ms", "miss", "prof", "md", "phd", "jr", "sr"})
"""Articles and titles: "Dr. Jane Doe" and "Jane Doe, M.D." are one person."""
_GAP = 2
"""How many initials and titles may stand between two parts of a name."""
_LEAST_STEM = 4
_LEAST_INITIALS = 2
_LONGEST_ENDING = 4
_PREFIXES = re.compile(r"(?:[وف]?(?:ال|[بلك]ال|لل|[بلك])?|[והבלמשכ]{1,3})")
"""Arabic and Hebrew words that are written together with the next word."""
_LONGEST_PREFIX = 4
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "å": "aa"})
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)", re.ASCII)
_ADDRESS_WORDS = """st/street/saint ave/av/avenue rd/road blvd/boulevard ln/lane hwy/highway pkwy/parkway
sq/square apt/apartment ste/suite bldg/building mt/mount ft/fort str/strasse
dr/doctor prof/professor mr/mister"""
_IN_ADDRESSES = {word: group[: group.index("/")] for group in _ADDRESS_WORDS.split() for word in group.split("/")}
"""Words that addresses and names have in short: "12 Main St" is in Main Street."""
_REPEATED = {"double": 2, "triple": 3}
_LEAST_SPELT = 3
_ADDED = ("dan", "den", "tan", "ten", "ing")
"""Endings of three letters: "coughing", and Turkish ones that are often written without the apostrophe."""
_SPELT = {"at": "@", "dot": ".", "dash": "-", "hyphen": "-", "minus": "-", "underscore": "_", "slash": "/"}


def literal(words: Words, wanted: Sequence[Word]) -> Iterator[Place]:
    """Yield where the same words are, whatever their case, accents, punctuation and spacing."""
    for first, end in places(words, wanted):
        yield words[first].start, words[end - 1].end


def same_meaning(words: Words, wanted: Sequence[Word]) -> Iterator[Place]:
    """Yield where the words are with number words for digits, without articles, titles and middle initials."""
    core = [_plain(word) for word in wanted if not _is_left_out(word)] or [_plain(word) for word in wanted]
    for at in words.kept(_by_plain).get(core[0], ()):
        end = _gapped_end(words, at, core)
        if end:
            yield words[at].start, words[end - 1].end


def attached(words: Words, wanted: Sequence[Word]) -> Iterator[Place]:
    """Yield where the words are, the first of them written together with a word of one or two letters."""
    head, *tail = [word.bare for word in wanted]
    known = words.kept(_by_rest)
    for at in sorted({*known.get(head, ()), *known.get(head.removeprefix("ا"), ())}):
        rest = [other.bare for other in words[at + 1 : at + 1 + len(tail)]]
        if rest == tail and _has_prefix(words[at].bare, head):
            yield words[at].start, words[at + len(tail)].end


def transliterated(words: Words, wanted: Words) -> Iterator[Place]:
    """Yield where the words are with two letters for one, or one for two: "Mueller" for "Müller"."""
    said, sought = words.kept(_in_two_letters), _in_two_letters(wanted)
    if said is not words or sought is not wanted:
        yield from literal(said, sought)


def surname_first(words: Words, value: str) -> Iterator[Place]:
    """Yield where a name is said that is written with its last part first, "Silva, Ana"; or said so."""
    parts = [words_of(part) for part in value.split(",")]
    if len(parts) == _PARTS_OF_A_NAME and all(parts):
        yield from literal(words, [*parts[1], *parts[0]])
    name = words_of(value)
    if len(parts) == 1 and len(name) > 1:
        for first, end in places(words, [name[-1], *name[:-1]]):
            if words[first + 1].start - words[first].end > 1:  # there is more than a space: a comma
                yield words[first].start, words[end - 1].end


_PARTS_OF_A_NAME = 2


def spelt(words: Words, value: str) -> Iterator[Place]:
    """Yield where an address was said aloud: "ana at example dot com"."""
    if not re.search(r"[@._/-]", value):
        return
    wanted = [word.bare for word in words_of(value)]
    kept, plain = words.kept(_without_signs)
    signs = _signs_in(value)
    for first, end in places(plain, words_of(" ".join(wanted))):
        said = words[kept[first] : kept[end - 1]]
        if any(word.bare in _SPELT for word in said) and _are_signs_of(said, signs):
            yield plain[first].start, plain[end - 1].end


def _signs_in(value: str) -> Mapping[int, str]:
    """Return the signs of an address by how many letters stand before them."""
    found, letters = {}, 0
    for part in re.findall(r"\w+|[^\w\s]|_", value.replace("_", " _ ")):
        if part == "_" or not part[0].isalnum():
            found[letters] = part
        else:
            letters += len(bare(part))
    return found


def _are_signs_of(said: Sequence[Word], signs: Mapping[int, str]) -> bool:
    """Whether each sign that is named stands there, and none in a word; one that is written need not be named."""
    letters, borders = 0, set()
    for word in said:
        sign = _SPELT.get(word.bare)
        letters += 0 if sign else len(word.bare)
        borders.add(letters)
        if sign and signs.get(letters) != sign:
            return False
    return all(at in borders or not 0 < at < letters for at in signs)


def spelt_out(words: Words, value: str) -> Iterator[Place]:
    """Yield where a text was said by its letters and digits: "double five one" for 551, "A, N, A" for Ana."""
    wanted = "".join(word.bare for word in words_of(value))
    if len(wanted) < _LEAST_SPELT:
        return
    for at in words.kept(_by_symbol).get(wanted[0], ()):
        said, end = "", at
        while end < len(words) and said != wanted and wanted.startswith(said):
            symbol, times = _spelling(words, end)
            if not symbol:
                break
            said, end = said + symbol * times, end + (1 if times == 1 else 2)
        if said == wanted:
            yield words[at].start, words[end - 1].end


def inflected(words: Words, wanted: Sequence[Word]) -> Iterator[Place]:
    """Yield where the words have another ending: "pizzas", "в Москве" for "Москва"."""
    known, last = words.kept(_by_stem), len(words) - len(wanted)
    stems = _stems(wanted[0].bare) if wanted else ()
    for at in sorted({at for stem in stems for at in known.get(stem, ()) if at <= last}):
        pairs = zip(words[at : at + len(wanted)], wanted, strict=True)
        if all(_same_stem(said.bare, word.bare) for said, word in pairs):
            yield words[at].start, words[at + len(wanted) - 1].end


def shortened(words: Words, wanted: Sequence[Word]) -> Iterator[Place]:
    """Yield where the text is in short: its initials."""
    initials = "".join(word.bare[0] for word in wanted)
    if len(initials) < _LEAST_INITIALS or not initials.isalpha():
        return
    yield from ((words[at].start, words[at].end) for at in words.kept(by_bare).get(initials, ()))


class Turns:
    """The messages of one side, in which the parts of a name may be said one after another."""

    def __init__(self, messages: Mapping[int, Words]) -> None:
        self._messages = messages
        self._numbers = [number for number, words in messages.items() for _ in words]
        self._words = Words(word for words in messages.values() for word in words)

    def in_pieces(self, wanted: Sequence[Word]) -> list[tuple[int, Place]]:
        """Return where the parts of a name were said in different messages; empty if they were not.

        Each part must be most of what its message says, as the answer to "And your last name?" is.
        """
        for cut in range(1, len(wanted)):
            for parts in ((wanted[:cut], wanted[cut:]), (wanted[cut:], wanted[:cut])):
                found = self._one_after_another(parts)
                if found:
                    return found
        return []

    def _one_after_another(self, parts: Sequence[Sequence[Word]]) -> list[tuple[int, Place]]:
        found: list[tuple[int, Place]] = []
        for part in parts:
            after = found[-1][0] if found else -1
            said = next((said for said in self._answers(part) if said[0] > after), None)
            if said is None:
                return []
            found.append(said)
        return found

    def _answers(self, part: Sequence[Word]) -> Iterator[tuple[int, Place]]:
        """Yield the short messages that say a part, in order."""
        for number in dict.fromkeys(self._numbers[at] for at in firsts(self._words, part)):
            words = self._messages[number]
            place = next(literal(words, part), None) if _is_short(words, part) else None
            if place:
                yield number, place


def _is_short(words: Sequence[Word], part: Sequence[Word]) -> bool:
    return len(words) <= len(part) + _AROUND_A_NAME


_AROUND_A_NAME = 4
"""How many words stand around a name in an answer that gives it: "my last name is Silva"."""


def _gapped_end(words: Sequence[Word], at: int, core: Sequence[str]) -> int:
    gap, end = 0, at
    for number, wanted in enumerate(core):
        while (
            end < len(words) and number and gap < _GAP and _plain(words[end]) != wanted and _may_skip(words[end])
        ):
            end, gap = end + 1, gap + 1
        if end >= len(words) or _plain(words[end]) != wanted:
            return 0
        end, gap = end + 1, 0
    return end


def _spelling(words: Words, at: int) -> tuple[str, int]:
    """Return the symbol that a word adds to a text that is spelt out, and how often: "double five" is 5 twice."""
    times = _REPEATED.get(words[at].bare, 1) if at + 1 < len(words) else 1
    return _symbol(words[at if times == 1 else at + 1].bare), times


def _symbol(word: str) -> str:
    """Return what a word adds to a text that is spelt out: a digit, a letter, or nothing for other words."""
    if len(word) == 1:
        return word
    number = 0 if word == "oh" else number_named(word)
    return str(number) if number is not None and number in range(10) else ""


def _by_plain(words: Words) -> Index:
    return index_of((at, _plain(word)) for at, word in enumerate(words))


def _by_rest(words: Words) -> Index:
    """Return where words stand by what is left of them without what may be written together with it."""
    return index_of(
        (at, word.bare[length:])
        for at, word in enumerate(words)
        if not word.bare.isascii()
        for length in range(1, min(_LONGEST_PREFIX, len(word.bare) - 1) + 1)
        if _PREFIXES.fullmatch(word.bare, 0, length)
    )


def _by_symbol(words: Words) -> Index:
    return index_of((at, _spelling(words, at)[0]) for at in range(len(words)))


def _by_stem(words: Words) -> Index:
    return index_of((at, stem) for at, word in enumerate(words) for stem in _stems(word.bare))


def _stems(word: str) -> frozenset[str]:
    """Return forms of which words that `_same_stem` takes for the same have one in common."""
    return frozenset({_singular(word), word[: _LEAST_STEM - 1]})


def _without_signs(words: Words) -> tuple[Sequence[int], Words]:
    """Return the words without names of signs, and the index of each among all."""
    kept = [at for at, word in enumerate(words) if word.bare not in _SPELT]
    return kept, Words(words[at] for at in kept)


def _in_two_letters(words: Words) -> Words:
    """Return the words with two letters for one; themselves where all of them are ASCII."""
    return words if all(word.text.isascii() for word in words) else Words(map(_with_two_letters, words))


def _plain(word: Word) -> str:
    return _plain_form(word.bare)


@lru_cache(maxsize=4096)
def _plain_form(bare_word: str) -> str:
    """Return a word as it is compared: digits for a number or an ordinal, one form for an abbreviation."""
    ordinal = _ORDINAL.fullmatch(bare_word)
    if ordinal:
        return ordinal[1]
    number = number_named(bare_word)
    return _IN_ADDRESSES.get(bare_word, bare_word) if number is None else str(number)


def _is_left_out(word: Word) -> bool:
    return word.bare in _LEFT_OUT


def _may_skip(word: Word) -> bool:
    return word.bare in _LEFT_OUT or (len(word.bare) == 1 and word.bare.isalpha())


def _with_two_letters(word: Word) -> Word:
    return word if word.text.isascii() else word._replace(bare=bare(word.text.translate(_TWO_LETTERS)))


def _has_prefix(said: str, wanted: str) -> bool:
    if (
        wanted.startswith("ال")
        and said.endswith("ل" + wanted[1:])
        and _PREFIXES.fullmatch(said[: -len(wanted) + 1] or "")
    ):
        return True
    return said != wanted and said.endswith(wanted) and bool(_PREFIXES.fullmatch(said.removesuffix(wanted)))


def _same_stem(said: str, wanted: str) -> bool:
    if said != wanted and any(map(str.isdecimal, said + wanted)):
        return False  # a number has no endings: 1234 is not 12345
    if said == wanted or (wanted.isascii() and _singular(said) == _singular(wanted)):
        return True
    shared = next((at for at, (one, two) in enumerate(zip(said, wanted, strict=False)) if one != two), None)
    stem = min(len(said), len(wanted)) if shared is None else shared
    longest = max(len(said), len(wanted)) - stem
    if wanted.isascii():  # in Latin letters only an ending is added: Martin and Marta are two names
        is_short = longest <= _LONGEST_ENDING - 2 or (said.startswith(wanted) and said[stem:] in _ADDED)
        return stem == min(len(said), len(wanted)) >= _LEAST_STEM and is_short
    return stem >= _LEAST_STEM - 1 and longest <= _LONGEST_ENDING - 2 + (shared is None)


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word.removesuffix('ies')}y"
    is_plural = word.endswith("s") and not word.endswith("ss") and len(word) > _LEAST_SINGULAR
    return word.removesuffix("s") if is_plural else word


_LEAST_SINGULAR = 3


def without_tail(value: str) -> Sequence[Word]:
    """Return the words before the first comma or bracket: "Portland" of "Portland, OR"; none without one."""
    head = re.split(r"[,(\[;]", value, maxsplit=1)[0]
    return () if head == value else words_of(head)
