"""`Asked`: a value that is looked for, and where a message says it or another one of its sort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from byok_widgets.grounding.dialogue import Kind
from byok_widgets.grounding.reading.choices import choice_places
from byok_widgets.grounding.reading.moments import Moment, moment_of, typed_moment
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.sentences import sentence_places
from byok_widgets.grounding.reading.text_search import literal
from byok_widgets.grounding.reading.words import words_of

Place = tuple[int, int]


@dataclass(frozen=True)
class Asked:
    """A value that is looked for.

    Attributes:
        name: The name of its field.
        value: The value.
        kind: What it is.
        allowed: For a choice, all allowed values.
    """

    name: str
    value: Any
    kind: Kind
    allowed: Sequence[Any] = ()

    @cached_property
    def moment(self) -> Moment | None:
        """The date or the time that it is."""
        return typed_moment(self.value) if self.kind == "moment" else moment_of(self.value)

    @property
    def is_text(self) -> bool:
        """Whether nothing tells which other values are of its sort."""
        return self.kind == "text" and self.moment is None

    @property
    def is_day_in_words(self) -> bool:
        """Whether it is a day that is counted from another one, such as "tomorrow"."""
        return self.is_text and _is_counted_day(str(self.value))

    def places_in(self, passage: Passage) -> list[Place]:
        """Return where a message says it."""
        if self.kind == "choice" and isinstance(self.value, str):
            return list(choice_places(passage.words, self.value, self.allowed))
        moment = self.moment
        if moment is None and isinstance(self.value, str):
            return list(literal(passage.words, words_of(self.value)))
        if moment is None:
            return [(said.start, said.end) for said in passage.counting(Decimal(str(self.value)))]
        return list(_moments_of(moment, passage))

    def is_only_asked_for(self, passage: Passage) -> bool:
        """Whether a message says it in questions only."""
        spans = [
            span for span in sentence_places(passage.text) if passage.text[slice(*span)].rstrip().endswith("?")
        ]
        return all(any(start <= at < end for start, end in spans) for at, _ in self.places_in(passage))

    def others_in(self, passage: Passage, *, is_relative: bool = True) -> list[Place]:
        """Return where a message says other values of the same sort.

        Args:
            passage: The message.
            is_relative: Whether days count that it does not name, such as "tomorrow".
        """
        if self.kind == "choice" and isinstance(self.value, str):
            others = [each for each in self.allowed if isinstance(each, str) and each != self.value]
            return [at for each in others for at in choice_places(passage.words, each, self.allowed)]
        moment = self.moment
        if moment is None and self.is_day_in_words:
            own = set(self.places_in(passage))
            return [(day.start, day.end) for day in passage.dates if (day.start, day.end) not in own]
        if moment is None:
            numbers = () if isinstance(self.value, str) else passage.counts
            number = Decimal(str(self.value)) if numbers else None
            hours = {each.start for each in passage.times} if numbers else set()
            counted = [each for each in numbers if number not in each.values and each.start not in hours]
            return [(each.start, each.end) for each in counted]
        said = [(each.start, each.end) for each in passage.times] if moment.time else []
        days = [each for each in passage.dates if is_relative or not each.is_relative] if moment.dates else []
        said += [(each.start, each.end) for each in days]
        known = set(_moments_of(moment, passage))
        return [place for place in said if place not in known]


@lru_cache(maxsize=1024)
def _is_counted_day(text: str) -> bool:
    """Whether a text is nothing but a day that is counted from another one."""
    dates = Passage(text).dates
    return len(dates) == 1 and dates[0].is_relative and text.strip() == text[dates[0].start : dates[0].end]


def _moments_of(moment: Moment, passage: Passage) -> Iterator[Place]:
    """Yield the places of times and dates that agree with one."""
    time = moment.time
    for said in passage.times_by_minute.get(time.minute, ()) if time else ():
        if time and said.means(time.hour, time.minute, is_exact=time.is_exact):
            yield said.start, said.end
    yield from ((day.start, day.end) for day in passage.dates if any(map(day.agrees, moment.dates)))
