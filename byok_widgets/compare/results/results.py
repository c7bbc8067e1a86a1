"""`Results`: the cells of a comparison with their scores, by variant, case and repeat."""

from __future__ import annotations

import statistics
import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from byok_widgets.cases.assertions import JUDGED
from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.failures import FLOW_FAULTS
from byok_widgets.compare.cells.left_out import LEFT_OUT
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import MISSING, Score
from byok_widgets.compare.cells.units import groups_of, weights_of
from byok_widgets.compare.cells.variant import Variant, Variants
from byok_widgets.compare.results.case_order import CaseOrder, Noted
from byok_widgets.compare.results.tally import Column, Summary, Tally
from byok_widgets.usage import NOT_CHARGED, Cost, CostTotal

_ONE = Decimal(1)
Place = tuple[str, str, int]
"""Variant id, name of the case, repeat."""


class Results:
    """The finished cells of a comparison. Thread-safe: the runner adds while others read.

    Attributes:
        order: The cases as a page asks for them.
        scored: How often all scores were replaced.
        replaced: How often a cell or a score took the place of another one.
    """

    def __init__(self, variants: Sequence[Variant], cases: Sequence[Case], repeat: int) -> None:
        self.variants, self.cases, self.repeat = Variants(variants), tuple(cases), repeat
        self._cells: dict[Place, ResultCell] = {}
        self._scores: dict[Place, Score] = {}
        self._order: list[Place] = []
        self._tallies: dict[str, Tally] = {variant.id: Tally() for variant in self.variants}
        self._columns = {variant.id: Column(len(self.cases), repeat) for variant in self.variants}
        self._told: set[Place] = set()
        self._costs: dict[Key, Cost] = {}
        self._cost: CostTotal | None = CostTotal()
        self._unsummed: list[Cost] = []
        self.order = CaseOrder(self.cases)
        self._numbers = {variant.id: number for number, variant in enumerate(self.variants)}
        self.scored = self.replaced = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        with self._lock:
            finished = len(self._cells)
        return f"Results({finished} of {len(self.variants) * len(self.cases) * self.repeat} cells)"

    def add(self, case: Case, cell: ResultCell, score: Score) -> None:
        """Add a cell, or replace one that failed before."""
        place = (cell.variant, case.name, cell.repeat)
        with self._lock:
            self._count(case, place, cell)
            self._cells[place] = cell
            self._order.append(place)
            self._note_cost(cell)
            self._columns[cell.variant].keep(self.order.number_of(case.name), cell)
            self.order.note([self._note_score(place, score)])

    def _count(self, case: Case, place: Place, cell: ResultCell) -> None:
        """Add a cell to the figures of its variant; where it replaces one, they are counted again later."""
        before = self._cells.get(place)
        if before is None and cell.variant in self._tallies:
            self._tallies[cell.variant].add(cell, self._weight_of(case), is_new=cell.key not in self._costs)
        elif before is not None and before != cell:
            self.replaced += 1
            self._tallies.pop(cell.variant, None)

    def _tally(self, variant: Variant) -> Tally:
        """Return the figures of a variant; under the lock."""
        if variant.id not in self._tallies:
            self._tallies[variant.id] = tally = Tally()
            counted: set[Key] = set()
            for case, cell in self._cells_of([variant]):
                tally.add(cell, self._weight_of(case), is_new=cell.key not in counted)
                counted.add(cell.key)
        return self._tallies[variant.id]

    def _weight_of(self, case: Case) -> Decimal:
        return _ONE if self.weights is None else Decimal(str(case.weight))

    def _note_score(self, place: Place, score: Score) -> Noted:
        variant, case, repeat = place
        number = self.order.number_of(case)
        self.replaced += self._scores.get(place, score) != score
        self._scores[place] = score
        self._columns[variant].set(number, repeat, score.value)
        (self._told.add if _is_told(self._cells[place], score) else self._told.discard)(place)
        return number, self._numbers[variant], repeat, score.value

    def _note_cost(self, cell: ResultCell) -> None:
        """Add what a cell cost to the total; equal cases share a cell, and one that failed may be replaced."""
        before, now = self._costs.get(cell.key), cell.cost if cell.is_paid else NOT_CHARGED
        if before is None:
            self._unsummed += [now] if cell.is_paid else []
        elif before != now:
            self._cost = None
        self._costs[cell.key] = now

    @property
    def cost(self) -> CostTotal:
        """What the finished cells cost, those of earlier runs included."""
        with self._lock:
            if self._cost is None:
                paid = {cell.key: cell for cell in self._cells.values() if cell.is_paid}
                self._cost = CostTotal.of(cell.cost for cell in paid.values())
            elif self._unsummed:
                self._cost += CostTotal.of(self._unsummed)
            self._unsummed.clear()
            return self._cost

    @property
    def added(self) -> int:
        """How many cells were added, those that replaced one included."""
        return len(self._order)

    def added_since(self, count: int) -> list[Place]:
        """Return the places of the cells that were added after the first `count`, in their order."""
        with self._lock:
            return self._order[count:]

    def replace_scores(self, scores: Mapping[Place, Score]) -> None:
        """Put other scores in place of those that there are."""
        with self._lock:
            self.order.note([self._note_score(place, score) for place, score in scores.items()])
            self.scored += 1

    @cached_property
    def groups(self) -> list[Any] | None:
        """The group of each case; `None` where there are no groups."""
        return groups_of(self.cases)

    @cached_property
    def weights(self) -> list[float] | None:
        """The weight of each case; `None` where all count the same."""
        return weights_of(self.cases)

    @cached_property
    def has_simulated(self) -> bool:
        """Whether models play callers in it."""
        return any(case.simulated for case in self.cases)

    @property
    def total(self) -> int:
        """How many cells there are in all."""
        return len(self.variants) * len(self.cases) * self.repeat

    def __len__(self) -> int:
        with self._lock:
            return len(self._cells)

    def cell(self, variant: Variant, case: Case, repeat: int) -> ResultCell | None:
        """Return a cell; `None` where it has not ended."""
        return self._cells.get((variant.id, case.name, repeat))

    def score(self, variant: Variant, case: Case, repeat: int) -> float | None:
        """Return the score of a cell; `None` where it is missing."""
        return self._scores.get((variant.id, case.name, repeat), MISSING).value

    @property
    def unscored(self) -> list[str]:
        """Why scores are missing of cells that there are, where a person's function is the reason."""
        return [score.problem for _, _, score in self.told() if score.problem]

    def told(self) -> list[tuple[Variant, ResultCell, Score]]:
        """Return what a reader should know: cells that failed, ran differently, or could not be scored.

        Those that ran into a fault of the flow's own are among them: somebody has to mend the flow.
        """
        with self._lock:
            places = [*self._told]
        order, numbers = self.order, self._numbers
        places.sort(key=lambda place: (order.number_of(place[1]), numbers[place[0]], place[2]))
        return [(self.variants[numbers[at[0]]], self._cells[at], self._scores[at]) for at in places]

    def distinct(self, variant: Variant | None = None) -> list[ResultCell]:
        """Return the finished cells, of one variant or of all; one that equal cases share is there once."""
        found = self._cells_of(self.variants if variant is None else [variant])
        return list({cell.key: cell for _, cell in found}.values())

    def _cells_of(self, variants: Sequence[Variant]) -> Iterator[tuple[Case, ResultCell]]:
        """Yield the finished cells of variants with their cases, in the order of cases, variants and repeats."""
        ids, repeats, cells = [variant.id for variant in variants], range(1, self.repeat + 1), self._cells
        for case in self.cases:
            for own in ids:
                for repeat in repeats:
                    cell = cells.get((own, case.name, repeat))
                    if cell is not None:
                        yield case, cell

    def items(self) -> Iterator[tuple[Variant, Case, ResultCell, float | None]]:
        """Yield all that is finished, in the order of cases, variants and repeats."""
        cells, scores, repeats = self._cells, self._scores, range(1, self.repeat + 1)
        for case in self.cases:
            for variant in self.variants:
                for repeat in repeats:
                    place = (variant.id, case.name, repeat)
                    cell = cells.get(place)
                    if cell is not None:
                        yield variant, case, cell, scores.get(place, MISSING).value

    def column(self, variant: Variant) -> tuple[array[float], bytes]:
        """Return the scores of a variant and which cells have ended: the repeats of one case after the other."""
        with self._lock:
            column = self._columns[variant.id]
            return column.scores[:], bytes(column.ended)

    def amounts(self, variant: Variant) -> tuple[array[float], array[float]]:
        """Return the costs and the seconds of a variant's cells that count, in the order of `column`."""
        with self._lock:
            column = self._columns[variant.id]
            return column.usd[:], column.seconds[:]

    def scores_of(self, variant: Variant) -> dict[str, list[float]]:
        """Return the scores of a variant's repeats by the name of the case, without those that are missing."""
        column = self._columns[variant.id]
        found = ((case.name, column.of_case(number)) for number, case in enumerate(self.cases))
        kept = {name: [score for score in scores if score is not None] for name, scores in found}
        return {name: scores for name, scores in kept.items() if scores}

    def means_of(self, variant: Variant) -> dict[str, float]:
        """Return the mean score of a variant's repeats by the name of the case, without cases that have none."""
        return {name: statistics.fmean(scores) for name, scores in self.scores_of(variant).items()}

    def mean_of(self, variant: Variant) -> float | None:
        """Return the mean of a variant's mean scores of cases; `None` where there are none."""
        return self._columns[variant.id].mean

    def seconds_of(self, variant: Variant) -> list[float]:
        """Return the provider's own seconds of each cell that counts, the shortest first."""
        with self._lock:
            return self._tally(variant).seconds

    def summary(self, variant: Variant) -> Summary:
        """Return what is known of a variant."""
        with self._lock:
            return self._tally(variant).summary


def _is_told(cell: ResultCell, score: Score) -> bool:
    unanswered = any("error" in entry for entry in cell.output.get(JUDGED) or ())
    ended_badly = cell.status == "failed" or cell.error in FLOW_FAULTS
    return ended_badly or bool(score.problem) or LEFT_OUT in cell.output or unanswered
