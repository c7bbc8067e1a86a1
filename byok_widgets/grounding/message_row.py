"""`MessageRow`: the messages of a dialogue in a row, so that one search goes through the words of all of them."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from byok_widgets.grounding.evidence import Evidence
from byok_widgets.grounding.reading.passage import Passage
from byok_widgets.grounding.reading.signs import is_common_word, is_whole
from byok_widgets.grounding.reading.time_words import is_part_of_another_day
from byok_widgets.grounding.reading.unspaced import is_in_longer_word
from byok_widgets.grounding.reading.words import BORDER, Word, Words

Place = tuple[int, int]
Search = Callable[[Words], Iterator[Place]]
"""Finds places in the words of a text."""


class MessageRow:
    """Messages in the order in which they are searched.

    Args:
        passages: All messages of the dialogue.
        order: The indices of those that are searched, the first one first.
    """

    def __init__(self, passages: Sequence[Passage], order: Sequence[int]) -> None:
        self._passages = passages
        self._order = order

    def first(
        self,
        search: Search,
        value: str,
        among: Sequence[int] | None = None,
        *,
        is_choice: bool = False,
        is_hint: bool = False,
    ) -> Evidence | None:
        """Return the first place that a search finds and that says the value, with its signs and as a whole.

        Args:
            search: What is looked for.
            value: The value.
            among: The messages that count; they come first in the order.
            is_choice: Whether the value is one of the allowed ones.
            is_hint: Whether the place may be within a longer word of a script without spaces.
        """
        for found in search(self._words):
            number, place = self._local(found)
            passage = self._passages[number]
            if among is not None and number not in among:
                return None
            if is_part_of_another_day(passage.words, place) or not is_whole(passage, place, value):
                continue
            if not is_hint and self._is_in_longer_word(passage, place):
                continue
            if not (is_choice and is_common_word(passage, place, value)):
                return Evidence.of(number, passage.text, place)
        return None

    @cached_property
    def _words(self) -> Words:
        """The words of all messages, and a border behind each message."""
        found: list[Word] = []
        for number, first in zip(self._order, self._starts, strict=True):
            words = self._passages[number].words
            found += (Word(text, bare, first + start, first + end) for text, bare, start, end in words)
            found.append(Word(BORDER, BORDER, first, first))
        return Words(found)

    @cached_property
    def _starts(self) -> Sequence[int]:
        """Where each message begins in the text of all."""
        lengths = (len(self._passages[number].text) for number in self._order)
        return list(accumulate(lengths, initial=0))[:-1]

    def _local(self, place: Place) -> tuple[int, Place]:
        """Return the message in which a place in the text of all is, and the place in it."""
        at = bisect.bisect_right(self._starts, place[0]) - 1
        return self._order[at], (place[0] - self._starts[at], place[1] - self._starts[at])

    def _is_in_longer_word(self, passage: Passage, place: Place) -> bool:
        shown = passage.is_japanese
        return is_in_longer_word(passage.text, place, is_japanese=self._is_japanese if shown is None else shown)

    @cached_property
    def _is_japanese(self) -> bool:
        """Whether any message is: an answer such as "東京都" does not show it."""
        return any(passage.is_japanese for passage in self._passages)
