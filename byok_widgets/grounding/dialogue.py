"""`Dialogue`: looks values up in what was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, Literal, Protocol

from byok_widgets.grounding.evidence import Evidence, Mark
from byok_widgets.grounding.message_row import MessageRow, Place, Search
from byok_widgets.grounding.reading.answer_words import ABSENCE, CORRECTING, NO, NOT, PREFERRING, any_of, pattern
from byok_widgets.grounding.reading.choices import choice_places
from byok_widgets.grounding.reading.language import COMMON_WORDS, is_foreign
from byok_widgets.grounding.reading.moments import (
    Moment,
    Support,
    date_places,
    moment_of,
    number_places,
    says_another_time,
    time_places,
    typed_moment,
)
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.text_search import (
    Turns,
    attached,
    inflected,
    literal,
    same_meaning,
    shortened,
    spelt,
    spelt_out,
    surname_first,
    transliterated,
    without_tail,
)
from byok_widgets.grounding.reading.time_words import in_other_order, is_in_part
from byok_widgets.grounding.reading.words import Word, words_of
from byok_widgets.grounding.reading.yes_or_no import plainly_said

Kind = Literal["text", "choice", "number", "moment", "other"]
"""What is looked up: free text, one of the allowed values, a number, a date or time, or nothing."""

PERSON = "user"
"""Who is believed first: a place in a message of the person counts before one of the model's."""


class Said(Protocol):
    """A message: who says it, and what."""

    @property
    def role(self) -> str:
        """The speaker."""

    @property
    def content(self) -> str:
        """The text."""


@dataclass(frozen=True)
class LookUp:
    """What a look-up has found.

    Attributes:
        mark: How well the dialogue supports the value.
        evidence: Where it was said; `None` if it was not, or cannot be looked up.
    """

    mark: Mark
    evidence: Evidence | None = None


_UNCHECKED = LookUp("unchecked")
_MOST_DIGITS = 9
_DOUBT = pattern(rf"{NOT}|\b{any_of(NO, ABSENCE, CORRECTING, PREFERRING, 'except|but|too|mean|meant|make')}\b")
_MOST_DOUBTS = 20


class Dialogue:
    """What was said, as far as values are looked for in it."""

    def __init__(self, messages: Iterable[Said]) -> None:
        said = list(messages)
        self._passages = [Passage(message.content) for message in said]
        people = [at for at, message in enumerate(said) if message.role == PERSON]
        self._people = frozenset(people)
        self._order = [*people, *(at for at in range(len(said)) if at not in self._people)]
        self._by_themselves: dict[int, Dialogue] = {}

    @property
    def passages(self) -> Sequence[Passage]:
        """Its messages, in order."""
        return self._passages

    def is_by_person(self, number: int) -> bool:
        """Whether a person says a message."""
        return number in self._people

    @cached_property
    def doubtful(self) -> Sequence[int]:
        """The last messages in which people may take something back, and those to which they reply so."""
        said = [at for at in sorted(self._people) if _DOUBT.search(self._passages[at].text)][-_MOST_DOUBTS:]
        return sorted({*said, *(at - 1 for at in said if at and at - 1 not in self._people)})

    def times_said(self, text: str) -> int:
        """Return in how many places people say a text."""
        wanted = words_of(text)
        return sum(1 for at in self._people for _ in literal(self._passages[at].words, wanted))

    def alone(self, number: int) -> Dialogue:
        """Return a dialogue of one of its messages."""
        if number not in self._by_themselves:
            alone = self._by_themselves[number] = Dialogue(())
            alone._passages, alone._order = [self._passages[number]], [0]
        return self._by_themselves[number]

    def is_foreign(self, locale: str | None = None) -> bool:
        """Whether its people are shown to speak another language than English; without people, the model.

        Args:
            locale: The declared locale; it decides where there is one.
        """
        said = [self._passages[at] for at in sorted(self._people)]
        spoken = said if any(passage.words for passage in said) else self._passages
        return is_foreign(((passage.text, passage.words) for passage in spoken), locale)

    def says_opposite(self, name: str, *, value: bool) -> bool:
        """Whether people plainly say yes where a field has no, or the other way round.

        Args:
            name: The name of the field.
            value: Its value.
        """
        said = plainly_said(name, self._passages, [at in self._people for at in range(len(self._passages))])
        return said is not None and said != value

    def is_hour_said_in_reply(self, value: Any, place: Evidence) -> bool:
        """Whether a place is the bare hour with which people answer a time: "How about 9?" "Could we do 11?".

        Args:
            value: The value of a field for times.
            place: The place that supports it.
        """
        moment, at = typed_moment(value), place.message
        if moment is None or moment.dates or not at or not self.is_by_person(at):
            return False
        after = words_of(self._passages[at].text[place.end :])[:1]
        is_alone = not place.further and all(word.bare in COMMON_WORDS for word in after)
        return is_alone and not self.is_by_person(at - 1) and bool(self._passages[at - 1].times)

    def look_up(self, value: Any, kind: Kind, allowed: Sequence[Any] = ()) -> LookUp:
        """Return how well the dialogue supports a value, and where.

        Args:
            value: A value without parts.
            kind: What it is; a choice that is a number is looked up as one.
            allowed: For a choice, all allowed values.
        """
        if kind == "other" or value is None or isinstance(value, bool):
            return _UNCHECKED
        if kind == "moment":
            moment = typed_moment(value)
            return _UNCHECKED if moment is None else self._moment(moment, is_typed=True) or LookUp("ungrounded")
        if kind == "number" or not isinstance(value, str):
            return self._number(value)
        return self._choice(value, allowed) if kind == "choice" else self._text(value)

    def _text(self, value: str) -> LookUp:
        wanted = words_of(value)
        if not wanted:
            return self._symbols(value)
        searches: list[Search] = [
            lambda words: literal(words, wanted),
            lambda words: same_meaning(words, wanted),
            lambda words: attached(words, wanted),
            lambda words: transliterated(words, wanted),
            lambda words: surname_first(words, value),
            lambda words: spelt(words, value),
            lambda words: spelt_out(words, value),
            lambda words: in_other_order(words, value),
        ]
        for search in searches:
            found = self._row.first(search, value)
            if found and not says_another_time(value, found.text):
                return LookUp("said", found)
        if found := self._number_in_words(value.strip()):
            return LookUp("said", found)
        moment = moment_of(value)
        by_moment = self._moment(moment, is_typed=False) if moment else None
        return by_moment or self._in_pieces(wanted) or self._hinted(value, wanted) or LookUp("ungrounded")

    def _symbols(self, value: str) -> LookUp:
        """Look up a value without any letter or digit, such as an emoji, as it is."""
        text = value.strip()
        for number in self._order if text else ():
            at = self._passages[number].text.find(text)
            if at >= 0:
                return LookUp("said", self._evidence(number, (at, at + len(text))))
        return _UNCHECKED

    def _hinted(self, value: str, wanted: Sequence[Word]) -> LookUp | None:
        """Return a hint: another ending, an abbreviation, or what a person says, with a remark behind a comma."""
        searches: list[Search] = [
            lambda words: literal(words, wanted),  # within a longer word
            lambda words: inflected(words, wanted),
            lambda words: shortened(words, wanted),
        ]
        for search in searches:
            if found := self._row.first(search, value, is_hint=True):
                return LookUp("not_literal", found)
        head = () if _repeats_itself(value) else without_tail(value)
        found = self._row.first(lambda words: same_meaning(words, head), "", self._of_people) if head else None
        return LookUp("not_literal", found) if found else None

    def _in_pieces(self, wanted: Sequence[Word]) -> LookUp | None:
        places = [self._evidence(number, place) for number, place in self._turns.in_pieces(wanted)]
        return LookUp("said", _joined(places)) if places else None

    def _choice(self, value: str, allowed: Sequence[Any]) -> LookUp:
        searches: list[Search] = [lambda words: choice_places(words, value, allowed)]
        searches += [lambda words: in_other_order(words, value)]
        places = (self._row.first(search, value, is_choice=True) for search in searches)
        found = next(filter(None, places), None) or self._in_part_of_day(value)
        return LookUp("said", found) if found else LookUp("not_literal")

    def _in_part_of_day(self, value: str) -> Evidence | None:
        """Return a time of day that says which part of it is meant: "at 9 am" for "morning"."""
        for number in self._order:
            for said in self._passages[number].times:
                if said.is_exact and is_in_part(said.hour, said.minute, value):
                    return self._evidence(number, (said.start, said.end))
        return None

    def _number(self, value: Any) -> LookUp:
        try:
            wanted = Decimal(str(value))
        except InvalidOperation:
            return _UNCHECKED
        for number in self._order:
            for said in self._passages[number].counting(wanted)[:1]:
                return LookUp("said", self._evidence(number, (said.start, said.end)))
        return LookUp("not_literal")

    def _number_in_words(self, value: str) -> Evidence | None:
        """Return where a text of digits is said as a number in words: "27" in "twenty-seven"."""
        if not value.isdecimal() or value.startswith("0") or len(value) > _MOST_DIGITS:
            return None
        found = self._number(int(value)).evidence
        return None if found is None or any(map(str.isdigit, found.text)) else found

    def _moment(self, moment: Moment, *, is_typed: bool) -> LookUp | None:
        """Return what supports a date or a time; in a free text a day counted from today is no support."""
        parts = [self._best(date_places, moment)] if moment.dates else []
        parts += [self._best(time_places, moment)] if moment.time else []
        if is_typed:
            parts = [part or self._best(number_places, moment) for part in parts]
        found = [part for part in parts if part and (is_typed or not part[1].is_relative)]
        if len(found) < len(parts):
            return None
        evidence = _joined([self._evidence(number, (place.start, place.end)) for number, place in found])
        is_full = all(place.is_full for _, place in found) and (is_typed or self._says_year_of(moment))
        return LookUp("said" if is_full else "not_literal", evidence)

    def _says_year_of(self, moment: Moment) -> bool:
        """Whether the year of a date in a free text, which need not hold one, is said anywhere."""
        years = {said.year for said in moment.dates if said.year is not None}
        return not years or not years.isdisjoint(self._years)

    @cached_property
    def _years(self) -> frozenset[int | Decimal | None]:
        """The years of its dates, and all its numbers, which may be one."""
        named = {said.year for passage in self._passages for said in passage.dates}
        return frozenset(named.union(*(passage.all_numbers for passage in self._passages)))

    def _best(
        self, search: Callable[[Moment, Passage], Iterator[Support]], moment: Moment
    ) -> tuple[int, Support] | None:
        found = [(number, place) for number in self._order for place in search(moment, self._passages[number])]
        return min(found, key=lambda each: (not each[1].is_full, each[1].is_relative), default=None)

    @cached_property
    def _turns(self) -> Turns:
        return Turns({number: self._passages[number].words for number in sorted(self._people)})

    @cached_property
    def _row(self) -> MessageRow:
        return MessageRow(self._passages, self._order)

    def _evidence(self, number: int, place: Place) -> Evidence:
        return Evidence.of(number, self._passages[number].text, place)

    @property
    def _of_people(self) -> Sequence[int]:
        """The messages of people; all where there are none."""
        return [number for number in self._order if number in self._people] or self._order


def _repeats_itself(value: str) -> bool:
    """Whether a part between commas comes again, as where a small model cannot stop: "Rome, Italy, Italy"."""
    parts = [part.strip() for part in value.casefold().split(",")]
    return len(set(parts)) < len(parts)


def _joined(places: Sequence[Evidence]) -> Evidence:
    first, *further = places
    return Evidence(first.message, first.start, first.end, first.text, tuple(further))
