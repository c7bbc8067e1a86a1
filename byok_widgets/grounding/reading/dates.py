"""Dates in a text, as far as the text names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from byok_widgets.grounding.reading.calendar_words import MONTHS, RELATIVE, RELATIVE_SIGNS, SPANS, WEEKDAYS
from byok_widgets.grounding.reading.letters import bare, folded
from byok_widgets.grounding.reading.numbers import number_in_signs, number_named
from byok_widgets.grounding.reading.words import Word


@dataclass(frozen=True)
class DateSaid:
    """A date, or a part of one, in a text.

    Attributes:
        year: The year; `None` where it is not said.
        month: The month, from 1.
        day: The day of the month.
        weekday: The weekday, from 0 for Monday.
        is_relative: Whether it is counted from a day that is not named, as "tomorrow" is.
        direction: -1 for a weekday before today, as "last Friday" is, 1 for one after; 0 where it is not said.
        start: Index of its first character.
        end: Index after its last one.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    is_relative: bool = False
    start: int = 0
    end: int = 0
    direction: int = 0

    def agrees(self, other: DateSaid) -> bool:
        """Whether nothing that both say differs, and both say a day."""
        pairs = [(self.year, other.year), (self.month, other.month), (self.day, other.day)]
        pairs += [(_weekday(self), _weekday(other))]
        both = [one == two for one, two in pairs if one is not None and two is not None]
        both += [self.direction * other.direction >= 0]
        shares_day = None not in (self.day, other.day) or None not in (_weekday(self), _weekday(other))
        return shares_day and all(both)

    @property
    def day_forms(self) -> Iterator[str]:
        """Yield forms of its day; see `agreeing_forms`."""
        if self.day is not None:
            yield f"{self.day}/{self.month or 'any'}"
        weekday = _weekday(self)
        if weekday is not None:
            yield f"{'other' if self.day is None else 'same'} {weekday}"

    @property
    def agreeing_forms(self) -> Iterator[str]:
        """Yield the forms of the days of all dates with which it may agree."""
        if self.day is not None:
            months = (self.month,) if self.month else range(1, 13)
            yield from (f"{self.day}/{month}" for month in (*months, "any"))
        weekday = _weekday(self)
        if weekday is not None:
            yield f"other {weekday}"
            yield from () if self.day is not None else (f"same {weekday}",)

    def covers(self, other: DateSaid) -> bool:
        """Whether it says day and month, or the weekday, wherever the other does; people leave the year out."""
        return (self.month is not None or other.month is None) and (self.day is not None or other.day is None)


_ISO = re.compile(r"(?<![\d.-])(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})(?!\d)")
_SLASHED = re.compile(
    r"(?<![\d./-])(?P<one>\d{1,2})(?P<sign>[./-])(?P<two>\d{1,2})(?:(?P=sign)(?P<year>\d{4}|\d{2}))?(?![\d/-])"
)
_SIGNS = "[一二三四五六七八九十]"
_EAST = re.compile(
    r"(?:(?P<year>\d{4}|[〇零一二三四五六七八九]{4})\s?[年년]\s?)?"
    rf"(?:(?P<month>\d{{1,2}}|{_SIGNS}{{1,2}})\s?[月월]\s?)(?P<day>\d{{1,2}}|{_SIGNS}{{1,3}})\s?[日号號일]"
)
_SHORT_YEAR, _LATEST_SHORT_YEAR = 2, 29
"""Digits of a short year, and the last one that is not read as one of the last century."""
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|º|ª)?")
_YEAR = re.compile(r"(?:19|20|21)\d\d")
_LINKS = frozenset({"of", "the", "de", "del", "di", "den", "der", "le", "el", "il", "this", "al"})
_BEFORE_DAY = frozenset({"the", "on", "den", "der", "am", "le", "el", "il", "dia", "day", "by", "until", "till"})


def date_of(value: date) -> DateSaid:
    """Return a date in the form in which it is compared."""
    return DateSaid(value.year, value.month, value.day, value.weekday())


def dates_in(text: str, words: tuple[Word, ...]) -> Iterator[DateSaid]:
    """Yield the dates of a text with these words, and its parts of dates."""
    for found in _ISO.finditer(text):
        yield from _checked(found, found["year"], found["month"], found["day"])
    for found in _SLASHED.finditer(text):
        # Day or month first: both readings count, since nobody can tell.
        yield from _checked(found, found["year"], found["two"], found["one"])
        yield from _checked(found, found["year"], found["one"], found["two"])
    for found in _EAST.finditer(text):
        yield from _checked(found, found["year"], found["month"], found["day"])
    for sign in RELATIVE_SIGNS:
        at = text.find(sign)
        if at >= 0:
            yield DateSaid(is_relative=True, start=at, end=at + len(sign))
    yield from _named(words, text)


def _checked(found: re.Match[str], year: str | None, month: str, day: str) -> Iterator[DateSaid]:
    if 1 <= _whole(month) <= 12 and 1 <= _whole(day) <= 31:
        for full in _years(year):
            yield DateSaid(full, _whole(month), _whole(day), start=found.start(), end=found.end())


def _years(year: str | None) -> Iterator[int | None]:
    """Yield the years that may be meant: who is born in "84" is not born in 2084."""
    if not year or len(year) > _SHORT_YEAR:
        yield _whole(year) if year else None
        return
    yield 2000 + int(year)
    if int(year) > _LATEST_SHORT_YEAR:
        yield 1900 + int(year)


def _whole(number: str) -> int:
    return int(number) if number.isdecimal() else number_in_signs(number)


def _named(words: tuple[Word, ...], text: str) -> Iterator[DateSaid]:
    for at, word in enumerate(words):
        name = word.bare
        # In small letters, these are words of other meanings: "may I", "he sat".
        if name in MONTHS and not (name in ("may", "mar") and not text[word.start].isupper()):
            yield _around_month(words, at, MONTHS[name])
        elif name in WEEKDAYS and not (name in ("sat", "sun", "mar") and not text[word.start].isupper()):
            direction = _direction(words, at)
            yield DateSaid(weekday=WEEKDAYS[name], start=word.start, end=word.end, direction=direction)
        elif name in RELATIVE:
            yield DateSaid(is_relative=True, start=word.start, end=word.end)
        elif name in SPANS and at and (words[at - 1].bare in _COUNTING or _day(words[at - 1]) is not None):
            yield DateSaid(is_relative=True, start=words[at - 1].start, end=word.end)
        elif _is_day_alone(words, at):
            day, first, last = _day_around(words, at)
            yield DateSaid(day=day, start=words[first].start, end=words[last].end)


_COUNTING = frozenset({"next", "this", "a", "following", "coming", "few", "couple", "same", "another"})


_PAST = frozenset({"last", "past", "previous"})
_COMING = frozenset({"next", "this", "coming", "following"})


def _direction(words: tuple[Word, ...], at: int) -> int:
    """Return whether a weekday is before or after today; "the last Friday of March" may be either."""
    before = words[at - 1].bare if at else ""
    after = words[at + 1].bare if at + 1 < len(words) else ""
    if before in _PAST:
        return 0 if after in ("of", "in") else -1
    return 1 if before in _COMING else 0


def _around_month(words: tuple[Word, ...], at: int, month: int) -> DateSaid:
    """Return the date around a month's name: "March 3rd, 2027", "the 3rd of March"."""
    found = DateSaid(month=month, start=words[at].start, end=words[at].end)
    before = at - 1
    while before >= 0 and words[before].bare in _LINKS:
        before -= 1
    after = at + 1
    while after < len(words) and words[after].bare in _LINKS:
        after += 1
    if before >= 0 and _day(words[before]) is not None:
        day, first, _ = _day_around(words, before)
        found = replace(found, day=day, start=words[first].start)
    elif after < len(words) and _day(words[after]) is not None:
        day, _, last = _day_around(words, after)
        found = replace(found, day=day, end=words[last].end)
        after = last + 1
    if after < len(words) and _YEAR.fullmatch(words[after].bare):
        found = replace(found, year=int(words[after].bare), end=words[after].end)
    return found


def _day_around(words: tuple[Word, ...], at: int) -> tuple[int | None, int, int]:
    """Return the day of which a word is all or a part, "twenty-seventh", and its first and its last word."""
    for first in (at, at - 1):
        parts = words[max(0, first) : first + 2]
        if len(parts) < 2 or first < 0 or parts[0].bare not in _TENS or parts[1].start - parts[0].end > 1:
            continue
        unit = _day(parts[1])
        if unit in range(1, 10) and unit is not None and not parts[1].bare.isdecimal():
            return _TENS[parts[0].bare] + unit, first, first + 1
    return _day(words[at]), at, at


_TENS = {"twenty": 20, "thirty": 30}


def _day(word: Word) -> int | None:
    digits = _DAY.fullmatch(word.bare)
    number = int(digits[1]) if digits else number_named(word.bare)
    whole = number is not None and number == int(number) and 1 <= number <= 31
    return int(number) if whole and number is not None else None


def _is_day_alone(words: tuple[Word, ...], at: int) -> bool:
    """Whether a word is a day of an unnamed month: "the 3rd", "on the first"."""
    word = words[at]
    if _day(word) is None or (
        number_named(word.bare) is not None and not word.bare.endswith(("st", "nd", "rd", "th"))
    ):
        return False
    if at + 1 < len(words) and words[at + 1].bare in _ORDERED:
        return False
    return not word.bare.isdecimal() or (at > 0 and words[at - 1].bare in _BEFORE_DAY)


_ORDERED = frozenset(
    [
        "attempt",
        "child",
        "class",
        "edition",
        "floor",
        "generation",
        "grade",
        "lane",
        "level",
        "person",
        "place",
        "row",
        "section",
        "semester",
        "storey",
        "story",
        "team",
        "term",
        "time",
        "try",
        "visit",
    ]
)
"""What is in an order other than that of days: "the 3rd floor"."""


def _weekday(said: DateSaid) -> int | None:
    if said.weekday is not None or None in (said.year, said.month, said.day):
        return said.weekday
    try:
        return date(said.year or 1, said.month or 1, said.day or 1).weekday()
    except ValueError:
        return None


def is_month_name(text: str) -> bool:
    """Whether a word is the name of a month or a weekday."""
    name = bare(folded(text))
    return name in MONTHS or name in WEEKDAYS
