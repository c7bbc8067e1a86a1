"""`Passage`: a text with the words, numbers, dates and times in it, each found once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from byok_widgets.grounding.reading.clock import TimeSaid, times_in
from byok_widgets.grounding.reading.dates import DateSaid, dates_in
from byok_widgets.grounding.reading.joined_numbers import joined
from byok_widgets.grounding.reading.letters import in_usual_signs
from byok_widgets.grounding.reading.numbers import NumberSaid, numbers_in
from byok_widgets.grounding.reading.unspaced import is_japanese
from byok_widgets.grounding.reading.words import Words, words_of

Said = TypeVar("Said")
Form = TypeVar("Form", bound=Hashable)


class Passage:
    """A text in which values are looked for.

    Attributes:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._usual = in_usual_signs(text)

    @cached_property
    def words(self) -> Words:
        """Its words."""
        return words_of(self.text)

    @cached_property
    def is_japanese(self) -> bool | None:
        """Whether it is Japanese rather than Chinese; `None` if it shows neither."""
        return None if self.text.isascii() else is_japanese(self.text)

    @cached_property
    def numbers(self) -> tuple[NumberSaid, ...]:
        """Its numbers."""
        return tuple(joined(numbers_in(self._usual), self._usual))

    @cached_property
    def dates(self) -> tuple[DateSaid, ...]:
        """Its dates, and parts of dates."""
        return tuple(dates_in(self._usual, self.words))

    @cached_property
    def times(self) -> tuple[TimeSaid, ...]:
        """Its times of day."""
        return tuple(times_in(self._usual))

    @cached_property
    def figures(self) -> Sequence[tuple[int, int]]:
        """The places of its times, dates and numbers."""
        times = [(said.start, said.end) for said in self.times]
        dates = [(said.start, said.end) for said in self.dates]
        return [*times, *dates, *((said.start, said.end) for said in self.numbers)]

    @cached_property
    def counts(self) -> tuple[NumberSaid, ...]:
        """Its numbers without those of its dates and times, which count nothing."""
        if not self.numbers:
            return ()
        taken = covered(self._moments())
        return tuple(number for number in self.numbers if not {number.start, number.end - 1} <= taken)

    @cached_property
    def dates_by_day(self) -> Mapping[str, Sequence[tuple[int, DateSaid]]]:
        """Its dates, each with its index, by the forms of their days."""
        return grouped((each, each[1].day_forms) for each in enumerate(self.dates))

    @cached_property
    def first_relative_date(self) -> DateSaid | None:
        """The first date that is counted from a day which it does not name."""
        return next((said for said in self.dates if said.is_relative), None)

    @cached_property
    def times_by_minute(self) -> Mapping[int, Sequence[TimeSaid]]:
        """Its times of day by their minute."""
        return grouped((said, (said.minute,)) for said in self.times)

    @cached_property
    def all_numbers(self) -> frozenset[Decimal]:
        """What its numbers may mean."""
        return frozenset(number for said in self.numbers for number in said.values)

    @cached_property
    def loose_numbers(self) -> Mapping[Decimal, Sequence[tuple[int, NumberSaid]]]:
        """Its numbers without those of times and of dates with a month, each with its index, by what they mean."""
        known = covered((said.start, said.end) for said in self.times if not said.is_bare)
        known |= covered((said.start, said.end) for said in self.dates if said.month)
        loose = ((at, said) for at, said in enumerate(self.numbers) if said.start not in known)
        return grouped((each, each[1].values) for each in loose)

    def counting(self, number: Decimal) -> Sequence[NumberSaid]:
        """Return those of its counts that may mean a number."""
        return self._by_number.get(number, ())

    @cached_property
    def _by_number(self) -> Mapping[Decimal, Sequence[NumberSaid]]:
        return grouped((said, said.values) for said in self.counts)

    @cached_property
    def sentence_ends(self) -> Sequence[int]:
        """Where its sentences end, and 0."""
        return [0, *(found.end() for found in _STOP.finditer(self.text)), len(self.text) + 1]

    @cached_property
    def decimals(self) -> tuple[tuple[int, int], ...]:
        """The places of its numbers with decimals or groups, in order, without dates: their parts are said."""
        found = sorted({found.span() for found in _SEPARATED.finditer(self._usual)})
        dates = covered((said.start, said.end) for said in self.dates if said.year) if found else set()
        return tuple(span for span in found if dates.isdisjoint(range(*span)))

    def _moments(self) -> Iterator[tuple[int, int]]:
        """Yield the places of full dates and times; "3.5" may be the third of May, and is a number too."""
        yield from ((said.start, said.end) for said in self.times if not said.is_bare)
        for said in self.dates:
            is_decimal = said.year is None and _DECIMAL.fullmatch(self._usual[said.start : said.end])
            if said.day and not is_decimal and (said.month or self._usual[said.start : said.start + 1].isdigit()):
                yield said.start, said.end


def grouped(found: Iterable[tuple[Said, Iterable[Form]]]) -> Mapping[Form, Sequence[Said]]:
    """Return things by each of their forms, in order."""
    groups: dict[Form, list[Said]] = defaultdict(list)
    for said, forms in found:
        for form in forms:
            groups[form].append(said)
    return dict(groups)


def covered(spans: Iterable[tuple[int, int]]) -> set[int]:
    """Return each place within some of the spans: looked up once, and not compared with each."""
    return {at for start, end in spans for at in range(start, end)}


_SEPARATED = re.compile(r"(?<![\w.,:/-])\d+(?:[.,]\d+)+(?![\w:/])", re.ASCII)
_DECIMAL = re.compile(r"\d+\.\d+", re.ASCII)
_STOP = re.compile(r"(?<=[^.\s]{2}[.?!])\s+(?=[A-Z])|[?!]")
