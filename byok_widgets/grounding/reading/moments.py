"""Dates and times as values: whether a dialogue names them, in whatever way it writes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from operator import itemgetter
from typing import TypeVar

from byok_widgets.grounding.reading.clock import TimeSaid
from byok_widgets.grounding.reading.dates import DateSaid, date_of
from byok_widgets.grounding.reading.passage import Passage, covered
from byok_widgets.grounding.reading.text_search import without_tail
from byok_widgets.grounding.reading.words import Word, Words

_Said = TypeVar("_Said", TimeSaid, DateSaid)

_FILLERS = frozenset(
    {
        "at",
        "on",
        "in",
        "the",
        "of",
        "this",
        "next",
        "coming",
        "by",
        "around",
        "about",
        "and",
        "year",
        "um",
        "am",
        "le",
    }
)
_VAGUE = frozenset(
    {
        "morning",
        "noon",
        "afternoon",
        "evening",
        "night",
        "tonight",
        "lunch",
        "now",
        "asap",
        "hour",
        "hours",
        "minutes",
    }
)
"""Words for a time of day that leave the clock open."""


@dataclass(frozen=True)
class Moment:
    """A date, a time of day, or both.

    Attributes:
        dates: What the date may be, since 3/4 is read in two ways; empty without a date.
        time: The time of day; `None` without one.
    """

    dates: tuple[DateSaid, ...] = ()
    time: TimeSaid | None = None


@dataclass(frozen=True)
class Support:
    """A place that supports a date or a time.

    Attributes:
        start: Index of its first character.
        end: Index after its last one.
        is_full: Whether it says the same, rather than a part of it.
        is_relative: Whether it is counted from a day that it does not name.
    """

    start: int
    end: int
    is_full: bool
    is_relative: bool = False


def moment_of(value: object) -> Moment | None:
    """Return a date, a time, or a text that is one from beginning to end; `None` for everything else."""
    if isinstance(value, str):
        return _from_iso(value) or _from_words(value)
    if isinstance(value, datetime):
        return Moment((date_of(value),), _clock(value.time(), may_be_absent=True))
    if isinstance(value, date):
        return Moment((date_of(value),))
    return Moment(time=_clock(value)) if isinstance(value, time) else None


def is_form_of_words(text: str) -> bool:
    """Whether a text that was not said literally has no more in it than what was: it is no date, and no longer."""
    return moment_of(text) is None and not without_tail(text)


def says_another_time(value: str, text: str) -> bool:
    """Whether two texts name times of day that differ: "7 pm" and "7:15 pm"."""
    wanted, said = Passage(value).times, Passage(text).times
    is_same = (one.means(two.hour, two.minute, is_exact=two.is_exact) for one in said for two in wanted)
    return bool(wanted and said) and not any(is_same)


def typed_moment(value: object) -> Moment | None:
    """Return the value of a field for dates or times; an ISO time is exact, as its type is."""
    if isinstance(value, str):
        try:
            return moment_of(time.fromisoformat(value.strip()))
        except ValueError:
            pass
    return moment_of(value)


def date_places(moment: Moment, passage: Passage) -> Iterator[Support]:
    """Yield the places that name the date, or a part of it, and the first one of a day that is counted."""
    forms = {form for wanted in moment.dates for form in wanted.agreeing_forms}
    near = dict(each for form in forms for each in passage.dates_by_day.get(form, ()))
    for _, said in sorted(near.items(), key=itemgetter(0)):
        if any(wanted.agrees(said) for wanted in moment.dates):
            yield Support(
                said.start, said.end, any(wanted.agrees(said) and said.covers(wanted) for wanted in moment.dates)
            )
    counted = passage.first_relative_date
    if counted and any(wanted.month for wanted in moment.dates):
        yield Support(counted.start, counted.end, is_full=False, is_relative=True)


def time_places(moment: Moment, passage: Passage) -> Iterator[Support]:
    """Yield the places that name the time of day, and the first words that leave it open."""
    wanted = moment.time
    if wanted is None:
        return
    for said in passage.times_by_minute.get(wanted.minute, ()):
        if said.means(wanted.hour, wanted.minute, is_exact=wanted.is_exact):
            yield Support(said.start, said.end, is_full=True)
    vague = passage.words.kept(_first_vague)
    if vague:
        yield Support(vague.start, vague.end, is_full=False, is_relative=True)


def _first_vague(words: Words) -> Word | None:
    return next((word for word in words if word.bare in _VAGUE), None)


def number_places(moment: Moment, passage: Passage) -> Iterator[Support]:
    """Yield the numbers that may be the day or the hour, in a language that is not known here."""
    wanted = {said.day for said in moment.dates if said.day is not None}
    if moment.time and not moment.time.minute:
        wanted |= {moment.time.hour, moment.time.hour % 12 or 12}
    found = dict(each for number in wanted for each in passage.loose_numbers.get(Decimal(number), ()))
    for _, said in sorted(found.items(), key=itemgetter(0)):
        yield Support(said.start, said.end, is_full=False)


def _clock(value: time, *, may_be_absent: bool = False) -> TimeSaid | None:
    """Return a time; midnight may stand for no time, since many write a date as a date and time."""
    if may_be_absent and value.replace(tzinfo=None) == time():
        return None
    return TimeSaid(value.hour, value.minute, is_exact=True, start=0, end=0)


def _from_iso(text: str) -> Moment | None:
    if not re.match(r"\s*\d{4}-\d\d", text):
        return None
    try:
        return moment_of(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None


def _from_words(text: str) -> Moment | None:
    """Return what a text of nothing but a date, a time and small words names."""
    if len(text) > _LONGEST:
        return None
    passage = Passage(text)
    times, dates = _longest(passage.times), _longest(passage.dates)
    if not times and not dates:
        return None
    spans = [(said.start, said.end) for said in times] + [(said.start, said.end) for said in dates]
    taken = covered(spans)
    open_words = [word for word in passage.words if word.start not in taken]
    weekdays = [said.weekday for said in dates if said.weekday is not None]
    if any(word.bare not in _FILLERS for word in open_words) or (times and times[0].is_bare and not dates):
        return None
    full = [said for said in dates if said.day is not None or not any(other.day for other in dates)]
    if weekdays:
        full = [
            replace(said, weekday=said.weekday if said.weekday is not None else min(weekdays)) for said in full
        ]
    named = tuple(said for said in full if not said.is_relative)
    if dates and len(named) < len(full):
        return None
    return Moment(named, times[0] if times else None)


_LONGEST = 60


def _longest(found: Iterable[_Said]) -> list[_Said]:
    """Return those that are not part of a longer one."""
    said = list(found)
    return [each for each in said if not any(_is_inside(each, other) for other in said)]


def _is_inside(one: TimeSaid | DateSaid, other: TimeSaid | DateSaid) -> bool:
    longer = other.end - other.start > one.end - one.start
    return longer and other.start <= one.start and one.end <= other.end
