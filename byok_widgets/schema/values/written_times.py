"""Dates and times as people and models write them: "3 pm", "9:30", "27 November 2026", "11/27/2026"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time

from byok_widgets.schema.values import language_words
from byok_widgets.schema.values.locales import DateOrder, Locale, unclear
from byok_widgets.text_forms import same_form, with_european_digits

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_DAY = r"(?:the\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>\d{4})"
_IN_WORDS = tuple(
    re.compile(_WEEKDAY + pattern, re.IGNORECASE | re.ASCII)
    for pattern in (rf"{_DAY}[\s-]+(?:of\s+)?{_MONTH},?[\s-]+{_YEAR}", rf"{_MONTH}[\s-]+{_DAY},?[\s-]+{_YEAR}")
)
_IN_LANGUAGE = re.compile(
    r"(?:am\s+|op\s+)?(?:(?P<weekday>[a-z-]+)\.?,?\s+)??(?:(?:den|der|dem|am|le|el|il|de|op|o|dia|em)\s+|l')*"
    r"(?P<day>\d{1,2})(?:\.|er|[oa\u00ba\u00b0])?\s+(?:de\s+)?(?P<month>[a-z]+)\.?,?\s+(?:de[l]?\s+|do\s+)?"
    + _YEAR,
    re.ASCII,
)
"""In small letters and without accents."""
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?:(?<=\d)\.)?", re.ASCII)
_WITH_SIGNS = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号일]", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4})", re.ASCII)
_USUAL_YEARS = range(1900, 2061)
"""In the digits of other scripts, years outside of these are counted in other calendars."""
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?:\s?(?P<sign>[:.h])\s?(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r"(?:\s*(?P<half>[ap])\.?\s?m\.?|\s?(?P<word>uhr|h))?",
    re.ASCII,
)
_EASTERN_CLOCK = re.compile(
    r"(?:(?P<early>上午|午前|오전)|(?P<late>下午|午後|오후))?\s?(?P<hour>\d{1,2})\s?[点點時时시]"
    r"(?:\s?(?P<minute>\d{1,2})\s?[分분]|\s?(?P<thirty>半|반))?",
    re.ASCII,
)
_SPAN = re.compile(r"(?:\d{4}-\d\d-\d\d )?\d{1,2}:\d\d ?[-–] ?\d{1,2}:\d\d", re.ASCII)
"""As people write "from 9:30 to 10:00", and as ISO 8601 writes a time ten hours behind UTC."""
_COUNTED = re.compile(
    r"(?:(?:on|by)\s+)?(?:(?:the\s+)?day\s+(?:after|before)\s+)?(?:today|tonight|tomorrow|yesterday"
    r"|(?:(?:next|this|coming|last)\s+)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tue|wed|thu|fri|sat|sun)"
    r"|(?:next|this|last)\s+(?:week|weekend|month|year)|in\s+\w+\s+(?:days?|weeks?|months?))\b(?!.*\d{4})",
    re.IGNORECASE,
)
_ISO_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2})?", re.ASCII)
_LONGEST = 100
"""No date or time has more characters; in a longer text, each place where a date may end would be tried."""
_NOON = 12
_FIRST_YEAR_AHEAD = 2400
_NAMED_TIMES = {"noon": time(12), "midnight": time(0)}
_BETWEEN = re.compile(r"(?:T|,?\s+(?:at\s+)?)(?=\d|noon|midnight)", re.IGNORECASE)


def written_date(text: str, locale: Locale | None = None) -> str | None:
    """Return the date that a text is, as ISO 8601 writes it; `None` if it is none.

    Raises:
        ValueError: Day and month may be exchanged.
    """
    plain = " ".join(with_european_digits(same_form(text)).split())
    if midnight := _MIDNIGHT.fullmatch(plain):
        return midnight[1]
    found = list(dict.fromkeys(_dates(plain, locale)))
    if not any(char.isdecimal() and char.isascii() for char in same_form(text)) and not (
        locale and locale.years_ahead
    ):
        found = [day for day in found if day.year in _USUAL_YEARS]
    if locale and locale.years_ahead:
        found = [_in_common_years(day, locale.years_ahead) for day in found]
    if len(found) > 1:
        raise unclear(found, locale)
    return found[0].isoformat() if found else None


def refuse_counted_day(text: str) -> None:
    """Refuse a day that is counted from another one, such as "next Friday".

    Raises:
        ValueError: It is such a day.
    """
    if _COUNTED.match(text.strip()):
        raise ValueError("this day is counted from one that is not known here; it needs a date with its year")


def written_time(text: str) -> str | None:
    """Return the time of day that a text is, as ISO 8601 writes it; `None` if it is none."""
    plain = " ".join(with_european_digits(same_form(text)).split()).casefold()
    if plain in _NAMED_TIMES:
        return _NAMED_TIMES[plain].isoformat()
    if western := _CLOCK.fullmatch(plain):
        read = _western_time(western)
    else:
        eastern = _EASTERN_CLOCK.fullmatch(plain)
        read = _eastern_time(eastern) if eastern else None
    if read is None:
        return None
    return plain if _ISO_TIME.fullmatch(plain) else read.isoformat()


def _western_time(found: re.Match[str]) -> time | None:
    hour, half = int(found["hour"]), found["half"]
    if found["sign"] == "." and not (half or found["word"] == "uhr"):
        return None  # a number
    if not (found["minute"] or half or (found["word"] and hour > _NOON)):
        return None  # which half of the day is not said
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    return _time(hour, found["minute"], found["second"])


def _eastern_time(found: re.Match[str]) -> time | None:
    hour, is_late = int(found["hour"]), bool(found["late"])
    if not (found["early"] or is_late or found["minute"] or found["thirty"] or hour > _NOON):
        return None
    if found["early"] and hour > _NOON:
        return None
    if (found["early"] or is_late) and hour <= _NOON:
        hour = hour % _NOON + (_NOON if is_late else 0)
    return _time(hour, "30" if found["thirty"] else found["minute"])


def _time(hour: int, minute: str | None, second: str | None = None) -> time | None:
    try:
        return time(hour, int(minute or 0), int(second or 0))
    except ValueError:
        return None


def refuse_span(text: str) -> None:
    """Refuse a text that is a span of time, as a time of day or a moment.

    Raises:
        ValueError: It is one, or is meant as a time with its distance from UTC: nobody can tell.
    """
    if _SPAN.fullmatch(" ".join(text.split())):
        raise ValueError("this may be a span of time, or a time with its distance from UTC; give one time")


def written_moment(text: str, locale: Locale | None = None) -> str | None:
    """Return the date and time that a text is, as ISO 8601 writes them; `None` if it is not both.

    Raises:
        ValueError: Day and month may be exchanged.
    """
    plain = " ".join(text.split())
    for gap in _BETWEEN.finditer(plain) if len(plain) <= _LONGEST else ():
        clock = written_time(plain[gap.end() :])
        day = written_date(plain[: gap.start()], locale) if clock else None
        if day:
            return f"{day}T{clock}"
    return None


def _dates(text: str, locale: Locale | None) -> Iterator[date]:
    """Yield each date that a text may be."""
    if with_signs := _WITH_SIGNS.fullmatch(text):
        yield from _date(*with_signs.groups())
    elif year_first := _YEAR_FIRST.fullmatch(text):
        yield from _date(year_first[1], year_first[3], year_first[4])
    elif year_last := _YEAR_LAST.fullmatch(text):
        one, other, year = year_last[1], year_last[3], year_last[4]
        order: DateOrder | None = locale.date_order if locale else None
        both = [*_date(year, other, one), *_date(year, one, other)]
        by_locale = {"day first": both[:1], "month first": both[1:]}.get(order or "", both)
        yield from by_locale if len(both) > 1 else both
    for pattern in _IN_WORDS:
        if words := pattern.fullmatch(text):
            month = str(_MONTHS.index(words["month"][:3].lower()) + 1)
            for day in _date(words["year"], month, words["day"]):
                if not words["weekday"] or _DAYS[day.weekday()] == words["weekday"].lower():
                    yield day
    if locale and (named := _IN_LANGUAGE.fullmatch(language_words.plain(text))):
        yield from _named_date(named, locale)


def _named_date(found: re.Match[str], locale: Locale) -> Iterator[date]:
    """Yield the date whose month, and perhaps weekday, has a name in the language of the locale."""
    words = language_words.words_of(locale.tag)
    if words is None or found["month"] not in words.months:
        return
    for day in _date(found["year"], str(words.months[found["month"]]), found["day"]):
        if not found["weekday"] or words.weekdays.get(found["weekday"]) == day.weekday():
            yield day


def _in_common_years(day: date, ahead: int) -> date:
    """Return a date whose year is counted as in Thailand, where 2569 is 2026; one that is not as it is."""
    return day.replace(year=day.year - ahead) if day.year >= _FIRST_YEAR_AHEAD else day


def _date(year: str, month: str, day: str) -> list[date]:
    try:
        return [date(int(year), int(month), int(day))]
    except ValueError:
        return []
