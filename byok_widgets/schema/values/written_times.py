"""Dates and times as people and models write them: "3 pm", "9:30", "27 November 2026", "11/27/2026"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, time

from byok_widgets.schema.values import language_words
from byok_widgets.schema.values.locales import DateOrder, Locale, unclear
from byok_widgets.text_forms import same_form

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
    for pattern in (rf"{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}", rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}")
)
_IN_LANGUAGE = re.compile(
    r"(?:am\s+|op\s+)?(?:(?P<weekday>[a-z-]+)\.?,?\s+)??(?:(?:den|der|dem|am|le|el|il|de|op|o|dia|em)\s+|l')*"
    r"(?P<day>\d{1,2})(?:\.|er|[oa\u00ba\u00b0])?\s+(?:de\s+)?(?P<month>[a-z]+)\.?,?\s+(?:de[l]?\s+|do\s+)?"
    + _YEAR,
    re.ASCII,
)
"""In small letters and without accents."""
_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:?\d{2})?", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_WITH_SIGNS = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号일]", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?\s*(?P<half>[ap])?(?(half)\.?\s?m\.?)",
    re.IGNORECASE | re.ASCII,
)
_ISO_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2})?", re.ASCII)
_FIRST_YEAR_AHEAD = 2400
_NAMED_TIMES = {"noon": time(12), "midnight": time(0)}
_BETWEEN = re.compile(r"(?:T|,?\s+(?:at\s+)?)(?=\d|noon|midnight)", re.IGNORECASE)


def written_date(text: str, locale: Locale | None = None) -> str | None:
    """Return the date that a text is, as ISO 8601 writes it; `None` if it is none.

    Raises:
        ValueError: Day and month may be exchanged.
    """
    plain = " ".join(same_form(text).split())
    if midnight := _MIDNIGHT.fullmatch(plain):
        return midnight[1]
    found = list(dict.fromkeys(_dates(plain, locale)))
    if locale and locale.years_ahead:
        found = [_in_common_years(day, locale.years_ahead) for day in found]
    if len(found) > 1:
        raise unclear(found, locale)
    return found[0].isoformat() if found else None


def written_time(text: str) -> str | None:
    """Return the time of day that a text is, as ISO 8601 writes it; `None` if it is none."""
    plain = " ".join(same_form(text).split()).casefold()
    if plain in _NAMED_TIMES:
        return _NAMED_TIMES[plain].isoformat()
    found = _CLOCK.fullmatch(plain)
    if found is None or not (found["minute"] or found["half"]):
        return None
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    try:
        read = time(hour, int(found["minute"] or 0), int(found["second"] or 0))
    except ValueError:
        return None
    return plain if _ISO_TIME.fullmatch(plain) else read.isoformat()


def written_moment(text: str, locale: Locale | None = None) -> str | None:
    """Return the date and time that a text is, as ISO 8601 writes them; `None` if it is not both.

    Raises:
        ValueError: Day and month may be exchanged.
    """
    plain = " ".join(text.split())
    for gap in _BETWEEN.finditer(plain):
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
