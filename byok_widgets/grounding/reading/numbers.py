"""Numbers in a text: in digits with separators, in words, and with a unit or a multiplier."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from byok_widgets.grounding.reading.letters import bare, folded
from byok_widgets.grounding.reading.number_phrases import FIRST_WORDS, LONGEST, PHRASES, WORDS


@dataclass(frozen=True)
class NumberSaid:
    """A number in a text.

    Attributes:
        values: What it may mean: "1.234" is 1234 or 1.234, "12 %" is 12 or 0.12.
        start: Index of its first character.
        end: Index after its last one.
    """

    values: frozenset[Decimal]
    start: int
    end: int


_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "grand": 1000}
_SUFFIXES = {"k": 1000, "m": 10**6, "bn": 10**9, "mio": 10**6}
_OTHERS: dict[str, int | Decimal] = {
    "couple": 2, "pair": 2, "both": 2, "twice": 2, "double": 2, "thrice": 3, "once": 1, "single": 1, "alone": 1,
    "dozen": 12, "half": Decimal("0.5"), "quarter": Decimal("0.25"), "myself": 1,
}  # fmt: skip
_WORDS: dict[str, Decimal] = {
    **{word: Decimal(number) for word, number in {**WORDS, **_OTHERS}.items()},
    **{word: Decimal(10 * (at + 2)) for at, word in enumerate(_TENS.split())},
    **{word.replace("y", "ieth"): Decimal(10 * (at + 2)) for at, word in enumerate(_TENS.split())},
    **{word: Decimal(at) for at, word in enumerate(_ORDINALS.split())},
    **{word: Decimal(at) for at, word in enumerate(_UNITS.split())},
}
_SIGNS = {char: at for at, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_SIGN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000}
_SIGNS_RUN = re.compile(f"[{''.join((*_SIGNS, *_SIGN_SCALES))}]{{1,12}}")
_KOREAN = ("한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "열한", "열두")
_COUNTED_IN_KOREAN = re.compile(
    rf"(?<![\uac00-\ud7a3])(?P<number>{'|'.join(sorted(_KOREAN, key=len, reverse=True))})\s?"
    r"(?:명|분|사람|개|살|잔|병|마리|장|권|대|번)"
)
"""Numbers that stand before the word for what they count; alone, they are other words too."""
_FRACTION = re.compile(r"(?:(?P<whole>(?<![\d.,])\d{1,9})\s?)?(?P<part>[\u00bc-\u00be\u215b-\u215e])")
_MIXED = re.compile(r"(?<![\d.,/])(?P<whole>\d{1,9})[ -](?P<part>\d)/(?P<parts>\d{1,2})(?![\d/])", re.ASCII)
"""One and a half, in digits."""

_DIGITS = re.compile(
    r"(?<![\w.,])[-−]?\d+(?:[.,'’ \u00a0\u202f]\d{3})*(?:[.,]\d+)?(?=(?:st|nd|rd|th)?(?![\d]))"
    r"(?P<scale>\s?(?:k|m|bn|mio|thousand|million|billion|hundred|grand)\b)?"
    r"(?P<percent>\s?(?:%|percent\b|per cent\b))?",
    re.IGNORECASE,
)
_ONE_BEFORE = re.compile(
    r"\b(?:this|that|the|which|another|other|next|last|first|second|third|each|every|any|some|no"
    r"|good|great|nice|cheap\w*|earl\w+|late\w*)\s+$",
    re.IGNORECASE,
)
_ONE_AFTER = re.compile(r"[\s-]+(?:of|is|that|which|way)\b", re.IGNORECASE)
_FIRST = re.compile("first|second|third", re.IGNORECASE)
_IDIOM_AFTER = re.compile(
    r"(?:\s+(?:of\s+all|off|names?|thoughts?|things?|party|hand|aid|class)\b)", re.IGNORECASE
)
_IDIOM_BEFORE = re.compile(r"\b(?:at|just\s+a|a|one)\s+$", re.IGNORECASE)
_LOOK_BACK = 12
_WORD = re.compile(r"[^\W\d_]+")
_ONE_OF = re.compile(
    rf"\ba\s+(?P<scale>{'|'.join(_SCALES)})\b(?!\s+(?:and|(?:\w+\s+)?(?:{'|'.join(_SCALES)}))\b)", re.IGNORECASE
)
"""A thousand, but not a hundred thousand, nor a hundred and five."""


def number_of(word: str) -> Decimal | None:
    """Return the number that one word stands for; `None` for other words."""
    return number_named(bare(folded(word)))


def number_named(name: str) -> Decimal | None:
    """Return the number that a word without case and accents stands for; `None` for other words."""
    return _WORDS.get(name)


def numbers_in(text: str) -> Iterator[NumberSaid]:
    """Yield the numbers of a text."""
    mixed = {at for found in _MIXED.finditer(text) for at in range(*found.span())}
    for found in _DIGITS.finditer(text):
        values = frozenset() if found.start() in mixed else _meant(found)
        if values:
            yield NumberSaid(values, found.start(), found.end())
    for found in _MIXED.finditer(text):
        whole, share, shares = (int(found[name]) for name in ("whole", "part", "parts"))
        if share < shares:
            yield NumberSaid(frozenset({whole + Decimal(share) / shares}), *found.span())
    for found in _FRACTION.finditer(text):
        part = Decimal(str(unicodedata.numeric(found["part"])))
        yield NumberSaid(frozenset({part + int(found["whole"] or 0)}), *found.span())
    yield from _in_words(text)
    for found in _ONE_OF.finditer(text):
        yield NumberSaid(frozenset({Decimal(_SCALES[found["scale"].casefold()])}), *found.span())
    for found in _COUNTED_IN_KOREAN.finditer(text):
        yield NumberSaid(frozenset({Decimal(_KOREAN.index(found["number"]) + 1)}), *found.span("number"))
    for found in _SIGNS_RUN.finditer(text):
        yield NumberSaid(frozenset({Decimal(number_in_signs(found[0]))}), *found.span())


def number_in_signs(signs: str) -> int:
    """Return the number that Chinese or Japanese signs stand for: "二十三" is 23, "二〇二六" is 2026."""
    if not any(sign in _SIGN_SCALES for sign in signs):
        return int("".join(str(_SIGNS[sign]) for sign in signs))
    total, part, digit = 0, 0, 0
    for sign in signs:
        scale = _SIGN_SCALES.get(sign)
        if scale is None:
            digit = _SIGNS[sign]
        elif scale < _SIGN_SCALES["万"]:
            part, digit = part + (digit or 1) * scale, 0
        else:  # the myriad multiplies all that stands before it
            total, part, digit = total + (part + digit or 1) * scale, 0, 0
    return total + part + digit


def _meant(found: re.Match[str]) -> frozenset[Decimal]:
    scale, percent = found["scale"] or "", found["percent"] or ""
    plain = found[0].removesuffix(percent).removesuffix(scale)
    name = scale.strip().casefold()
    factor = Decimal(_SCALES.get(name) or _SUFFIXES.get(name) or 1)
    values = {number * factor for number in _readings(plain)}
    if name == "m":  # also a unit
        values |= set(_readings(plain))
    if percent:
        values |= {number / 100 for number in values}
    return frozenset(values)


def _readings(digits: str) -> Iterator[Decimal]:
    """Yield what digits with separators may mean, whichever of them marks the decimals."""
    text = digits.replace("−", "-")
    whole = re.sub(r"[.,'’ \u00a0\u202f]", "", text)
    readings = {whole} if re.fullmatch(r"-?\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+|-?\d+", text) else set()
    head, mark, tail = text.replace(",", ".").rpartition(".")
    if mark:
        readings.add(f"{re.sub(r'[^-0-9]', '', head)}.{tail}")
    for reading in readings:
        try:
            yield Decimal(reading)
        except InvalidOperation:
            continue


def _in_words(text: str) -> Iterator[NumberSaid]:
    """Yield numbers in words; tens with units and scales are put together."""
    run: list[re.Match[str]] = []
    phrases = list(_phrases(text))
    yield from phrases
    taken = {at for said in phrases for at in range(said.start, said.end)}
    for found in _WORD.finditer(text):
        if found.start() in taken:
            yield from _composed(run)
            run = []
            continue
        word = found[0].casefold()
        joins = bool(run) and text[run[-1].end() : found.start()] in (" ", "-", " and ")
        if number_of(word) is None and word not in _SCALES and not (run and word in ("and", "a", "of")):
            yield from _composed(run)
            run = []
        elif word in ("and", "a", "of"):
            continue
        else:
            if (
                run
                and not joins
                and text[run[-1].end() : found.start()].strip(" -") not in ("", "and", "and a", "a", "of a", "of")
            ):
                yield from _composed(run)
                run = []
            run.append(found)
    yield from _composed(run)


def _phrases(text: str) -> Iterator[NumberSaid]:
    """Yield numbers of several words in other languages than English, the longest at each place."""
    words = list(_WORD.finditer(text))
    names = [found[0].lower() if found[0].isascii() else bare(folded(found[0])) for found in words]
    at = 0
    while at < len(words):
        lengths = range(min(LONGEST, len(words) - at), 1, -1) if names[at] in FIRST_WORDS else ()
        length = next((many for many in lengths if tuple(names[at : at + many]) in PHRASES), 1)
        last = words[at + length - 1]
        if length > 1 and _is_in_a_row(text[words[at].start() : last.end()]):
            number = Decimal(PHRASES[tuple(names[at : at + length])])
            yield NumberSaid(frozenset({number}), words[at].start(), last.end())
        else:
            length = 1
        at += length


def _is_in_a_row(text: str) -> bool:
    return not any(char in ".,;:!?\n" for char in text)


def _composed(run: list[re.Match[str]]) -> Iterator[NumberSaid]:
    """Yield the numbers of a row of words: "twenty one" is one of them, "two four" are two."""
    parts: list[list[re.Match[str]]] = []
    for found in run:
        if parts and _goes_on(parts[-1][-1], found):
            parts[-1].append(found)
        else:
            parts.append([found])
    parts = [part for part in parts if len(part) > 1 or not (_is_pronoun(part[0]) or _is_idiom(part[0]))]
    totals = [(total, part) for part in parts if (total := _total(part)) is not None]
    for total, part in totals:
        yield NumberSaid(frozenset({total}), part[0].start(), part[-1].end())
    for (one, first), (two, second) in pairwise(totals):
        if one in range(1, 100) and two in range(10, 100):  # "twelve fifty", "twenty twenty-six"
            yield NumberSaid(frozenset({one * 100 + two, one + two / 100}), first[0].start(), second[-1].end())


def _is_pronoun(found: re.Match[str]) -> bool:
    """Whether "one" stands for a thing that was named: "that one", "one of them"."""
    text, (start, end) = found.string, found.span()
    before = text[max(0, start - _LOOK_BACK) : start]
    return found[0].casefold() == "one" and bool(_ONE_AFTER.match(text, end) or _ONE_BEFORE.search(before))


def _is_idiom(found: re.Match[str]) -> bool:
    """Whether an ordinal counts nothing: "first of all", "at first", "on second thought", "first name"."""
    text, (start, end) = found.string, found.span()
    before = text[max(0, start - _LOOK_BACK) : start]
    return bool(_FIRST.fullmatch(found[0]) and (_IDIOM_AFTER.match(text, end) or _IDIOM_BEFORE.search(before)))


def _goes_on(last: re.Match[str], found: re.Match[str]) -> bool:
    """Whether a word goes on with the number that another one ends: after tens, a scale, or before a scale."""
    one, two = last[0].casefold(), found[0].casefold()
    number = number_of(two)
    if two in _SCALES or two == "dozen":
        return True
    if number is None:
        return False
    if one in _SCALES:
        return number < _SCALES[one]
    between = found.string[last.end() : found.start()]
    return (one in _TENS.split() and number in range(1, 10) and between in (" ", "-")) or 0 < number < 1


def _total(part: list[re.Match[str]]) -> Decimal | None:
    """Return what words mean that stand for one number; `None` for a scale by itself."""
    if len(part) == 1:
        return number_of(part[0][0])
    total, last = Decimal(0), Decimal(0)
    for found in part:
        word = found[0].casefold()
        scale = 12 if word == "dozen" else _SCALES.get(word)
        if scale is None:
            last += number_of(word) or Decimal(0)
        else:
            last = (last or Decimal(1)) * scale
        if scale is not None and scale > 100:
            total, last = total + last, Decimal(0)
    return total + last
