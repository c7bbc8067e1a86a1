"""`Passage`: a text with the words, numbers, dates and times in it, each found once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from byok_widgets.grounding.clock import TimeSaid, times_in
from byok_widgets.grounding.dates import DateSaid, dates_in
from byok_widgets.grounding.letters import in_usual_signs
from byok_widgets.grounding.numbers import NumberSaid, numbers_in
from byok_widgets.grounding.unspaced import has_kana
from byok_widgets.grounding.words import Word, words_of


class Passage:
    """A text in which values are looked for.

    Attributes:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._usual = in_usual_signs(text)

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Its words."""
        return words_of(self.text)

    @cached_property
    def is_japanese(self) -> bool:
        """Whether it has signs that only Japanese has."""
        return has_kana(self.text)

    @cached_property
    def numbers(self) -> tuple[NumberSaid, ...]:
        """Its numbers."""
        return tuple(numbers_in(self._usual))

    @cached_property
    def dates(self) -> tuple[DateSaid, ...]:
        """Its dates, and parts of dates."""
        return tuple(dates_in(self._usual, self.words))

    @cached_property
    def times(self) -> tuple[TimeSaid, ...]:
        """Its times of day."""
        return tuple(times_in(self._usual))

    @cached_property
    def counts(self) -> tuple[NumberSaid, ...]:
        """Its numbers without those of its dates and times, which count nothing."""
        if not self.numbers:
            return ()
        taken = covered(self._moments())
        return tuple(number for number in self.numbers if not {number.start, number.end - 1} <= taken)

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


def covered(spans: Iterable[tuple[int, int]]) -> set[int]:
    """Return each place within some of the spans: looked up once, and not compared with each."""
    return {at for start, end in spans for at in range(start, end)}


_SEPARATED = re.compile(r"(?<![\w.,:/-])\d+(?:[.,]\d+)+(?![\w:/])", re.ASCII)
_DECIMAL = re.compile(r"\d+\.\d+", re.ASCII)
