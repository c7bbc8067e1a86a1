"""Days and times in words, whatever their order: "tomorrow in the morning" says "tomorrow morning"."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from byok_widgets.grounding.reading.calendar_words import MONTHS, WEEKDAYS
from byok_widgets.grounding.reading.numbers import number_named
from byok_widgets.grounding.reading.words import BORDER, Index, Word, Words, index_of, words_of

_PARTS = {
    **dict.fromkeys(("morning", "afternoon", "evening", "noon", "midnight", "lunch", "dinner", "breakfast"), ""),
    "midday": "noon",
    "lunchtime": "lunch",
    "dinnertime": "dinner",
    "night": "evening",
}
"""Parts of a day, each with the word for the same where there is one."""
_HOURS = {"morning": (4, 12), "noon": (12, 13), "afternoon": (12, 18), "evening": (17, 24), "night": (18, 24)}
_SAME = {
    "beginning": "early",
    "start": "early",
    "end": "late",
    "middle": "mid",
    "following": "next",
    "coming": "next",
    "midnite": "midnight",
    "fall": "autumn",
    "immediately": "now",
    "min": "minute",
    "hr": "hour",
}
_OTHER_WORDS = """
    today tomorrow yesterday day week month year hour minute second weekend weekday quarter early late mid
    first thing last next now soon possible after before every each other spring summer autumn winter
    christmas easter eve new holiday am pm later ago
"""
_OTHERS = frozenset(_OTHER_WORDS.split())
_SMALL_WORDS = """
    a an and around about as at away between by come for from in is it of off on once or right s so some
    sometime the then this through till time to until within
"""
_FILLERS = frozenset(_SMALL_WORDS.split())
_UNITS = frozenset({"day", "week", "month", "year", "hour", "minute", "quarter"})
_ROOM = 4
"""How many words more than the value a dialogue may use for it, beside those between any two of them."""


def in_other_order(words: Words, value: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of a day or time are close together; nothing for a value that is neither."""
    wanted = _wanted(value)
    if not wanted:
        return
    said, known = words.kept(_meanings), words.kept(_by_meaning)
    room = 2 * len(wanted) + _ROOM
    for first in sorted(at for meaning in wanted for at in known.get(meaning, ())):
        at, missing = said[first][0], set(wanted)
        for number in range(first, len(said)):
            there, other = said[number]
            if there - at >= room or other == BORDER:
                break
            missing.discard(other)
            if not missing:
                yield words[at].start, words[there].end
                break


def is_part_of_another_day(words: Words, place: tuple[int, int]) -> bool:
    """Whether "tomorrow" is said only in "the day after tomorrow"."""
    at = bisect.bisect_left(words, place[0], key=lambda word: word.start)
    if at == len(words):
        return False
    return words[at].bare in ("tomorrow", "yesterday") and words[at - 1].bare in ("after", "before") and at > 0


def is_in_part(hour: int, minute: int, part: str) -> bool:
    """Whether a time is in a part of the day such as "morning"; noon is where the afternoon begins."""
    name = part.strip().casefold()
    first, end = _HOURS.get(name, (0, 0))
    return first <= hour < end and not (name == "afternoon" and (hour, minute) == (first, 0))


def names_a_time(text: str) -> bool:
    """Whether a text has a word for a day, a part of one or a duration, or a year; "am" and "pm" are none."""
    meanings = {meaning for _, meaning in _meanings(words_of(text))} - {_UNKNOWN, "am", "pm"}
    return any(not meaning.isdecimal() or _is_year(meaning) for meaning in meanings)


_UNKNOWN = "?"
_IS_TIME = re.compile(r"\d(?:st|nd|rd|th)\b|^\D*\d+\s*(?:[-–]|to|and|through|until)\s*\d+\D*$", re.IGNORECASE)
"""Days such as "24th", and two numbers from and until when, such as "5-9"."""


@lru_cache(maxsize=1024)
def _wanted(value: str) -> frozenset[str]:
    found = [meaning for _, meaning in _meanings(words_of(value))]
    is_time = any(not meaning.isdecimal() for meaning in found) or _IS_TIME.search(value)
    return frozenset(found) if is_time and _UNKNOWN not in found else frozenset()


def _meanings(words: Sequence[Word]) -> list[tuple[int, str]]:
    """Return what words mean, each with its index; small words mean nothing."""
    found: list[tuple[int, str]] = []
    for at, word in enumerate(words):
        before = words[at - 1].bare if at else ""
        found += ((at, meaning) for meaning in _meant(word.bare, before))
    return list(_with_sums(found))


def _by_meaning(words: Words) -> Index:
    return index_of((number, meaning) for number, (_, meaning) in enumerate(words.kept(_meanings)))


def _meant(name: str, before: str) -> Iterator[str]:
    if name == BORDER:
        yield BORDER
        return
    number = number_named(name)
    digits = re.fullmatch(r"(\d+)(?:st|nd|rd|th|ish)?", name)
    if name == "tonight":
        yield from ("today", "evening")
    elif name == "asap":
        yield from ("soon", "possible")
    elif name == "fortnight":
        yield from ("2", "week")
    elif name in WEEKDAYS:
        yield f"weekday {WEEKDAYS[name]}"
    elif name in MONTHS:
        yield f"month {MONTHS[name]}"
    elif digits:
        yield str(int(digits[1]))
    elif name in ("away", "once") and before in ("right", "at"):
        yield "now"
    elif name not in _FILLERS and number is not None and name not in _OTHERS:
        yield f"{number:f}"
    elif name not in _FILLERS:
        yield from _named(_stem(name), before)


def _named(name: str, before: str) -> Iterator[str]:
    if name in _PARTS:
        yield _PARTS[name] or name
        if before == "this":
            yield "today"
    elif name in WEEKDAYS:
        yield f"weekday {WEEKDAYS[name]}"
    elif name in _OTHERS:
        yield name
        if name in _UNITS and before in ("a", "an"):
            yield "1"
    else:
        yield _UNKNOWN


def _stem(name: str) -> str:
    """Return a word in the singular, without "-ish"."""
    name = _SAME.get(name, name)
    if name in _OTHERS or name in _PARTS:
        return name
    short = name.removesuffix("ish") if name.endswith("ish") else name.removesuffix("s")
    return _SAME.get(short, short)


def _with_sums(found: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield meanings with tens and units put together: 24 for "twenty-fourth"."""
    skip = False
    for place, (at, meaning) in enumerate(found):
        after = found[place + 1] if place + 1 < len(found) else (-1, "")
        if skip:
            skip = False
        elif meaning in ("20", "30") and after[0] == at + 1 and after[1] in _DIGITS:
            yield after[0], str(int(meaning) + int(after[1]))
            skip = True
        else:
            yield at, meaning


_DIGITS = frozenset("123456789")


def _is_year(digits: str) -> bool:
    return re.fullmatch(r"(?:19|20|21)\d\d", digits) is not None
