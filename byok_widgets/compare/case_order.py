"""`CaseOrder`: the cases of a comparison as a page asks for them: in an order, all or where variants disagree.

It follows the results, so that an order of very many cases is there at once, too. Other threads go on meanwhile:
what takes long is sorted in parts.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Literal

from byok_widgets.compare.results import Results

Order = Literal["run", "name", "gap"]
"""The order of the run, by name, or those first on which variants are the widest apart."""
_PART = 5_000
"""So many are sorted at once."""
_DIGITS = re.compile(r"\d+")


class CaseOrder:
    """The cases of some results, by their numbers there."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._numbers = {case.name: number for number, case in enumerate(results.cases)}
        self._gaps = [0.0] * len(results.cases)
        self._followed, self._scored = 0, results.scored
        self._widest: tuple[object, list[int]] = (None, [])

    def number_of(self, name: str) -> int:
        """Return the number of a case."""
        return self._numbers[name]

    def numbers(self, order: Order, *, apart: bool) -> Sequence[int]:
        """Return the numbers of the cases in an order.

        Args:
            order: The order.
            apart: Whether to leave out cases on which variants do not disagree.
        """
        if order == "gap" or apart:
            self.follow()
        found: Sequence[int] = range(len(self._gaps))
        if order != "run":
            found = self._by_name if order == "name" else self._by_gap()
        return [number for number in found if self._gaps[number]] if apart else found

    def follow(self) -> None:
        """Take note of scores that have come since; `numbers` does that, too, and then has less to do."""
        results = self._results
        changed: Iterable[int]
        if results.scored != self._scored:
            self._scored, self._followed, changed = results.scored, results.added, range(len(self._gaps))
        else:
            places = results.added_since(self._followed)
            self._followed += len(places)
            changed = {self._numbers[name] for _, name, _ in places}
        for number in changed:
            self._gaps[number] = results.gap(results.cases[number])

    def _by_gap(self) -> list[int]:
        of = (self._followed, self._scored)
        if self._widest[0] != of:
            self._widest = (of, _in_order([-gap for gap in self._gaps]))
        return self._widest[1]

    @cached_property
    def _by_name(self) -> list[int]:
        return _in_order([_as_counted(case.name) for case in self._results.cases])


def _as_counted(name: str) -> str:
    """Return what a name is sorted by: `case 9` comes before `case 10`."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(20), name.casefold())


def _in_order(keys: Sequence[Any]) -> list[int]:
    """Return the numbers of keys by the keys; equal ones stay as they are."""
    starts = range(0, len(keys), _PART)
    parts = [sorted(range(start, min(start + _PART, len(keys))), key=keys.__getitem__) for start in starts]
    return list(heapq.merge(*parts, key=keys.__getitem__))
