"""`Passage`: a text with the words, numbers, dates and times in it, each found once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from byok_widgets.grounding.clock import TimeSaid, times_in
from byok_widgets.grounding.dates import DateSaid, dates_in
from byok_widgets.grounding.numbers import NumberSaid, numbers_in
from byok_widgets.grounding.words import Word, words_of


class Passage:
    """A text in which values are looked for.

    Attributes:
        text: The text.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """Its words."""
        return words_of(self.text)

    @cached_property
    def numbers(self) -> tuple[NumberSaid, ...]:
        """Its numbers."""
        return tuple(numbers_in(self.text))

    @cached_property
    def dates(self) -> tuple[DateSaid, ...]:
        """Its dates, and parts of dates."""
        return tuple(dates_in(self.text, self.words))

    @cached_property
    def times(self) -> tuple[TimeSaid, ...]:
        """Its times of day."""
        return tuple(times_in(self.text))

    @cached_property
    def counts(self) -> tuple[NumberSaid, ...]:
        """Its numbers without those of its dates and times, which count nothing."""
        if not self.numbers:
            return ()
        spans = list(self._moments())
        return tuple(
            number for number in self.numbers if not any(start <= number.start < end for start, end in spans)
        )

    def _moments(self) -> Iterator[tuple[int, int]]:
        """Yield the places of full dates and times."""
        yield from ((said.start, said.end) for said in self.times if not said.is_bare)
        for said in self.dates:
            if said.day and (said.month or self.text[said.start : said.start + 1].isdigit()):
                yield said.start, said.end
