"""`Results`: the cells of a comparison with their scores, by variant, case and repeat."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from byok_widgets.cases.case import Case
from byok_widgets.compare.case_order import CaseOrder, Noted
from byok_widgets.compare.quantiles import quantile
from byok_widgets.compare.result_cell import Key, ResultCell
from byok_widgets.compare.scoring import MISSING, Score
from byok_widgets.compare.variant import Variant
from byok_widgets.usage import NOT_CHARGED, Cost, CostTotal

Place = tuple[str, str, int]
"""Variant id, name of the case, repeat."""


@dataclass(frozen=True)
class Summary:
    """What is known of one variant.

    Attributes:
        finished: Cells that ended, failed ones included.
        failed: Cells whose provider failed: they are missing in its score.
        declined: Cells that were refused or invalid: they score 0.
        usd_per_1000: Cost of a thousand cells; `None` where a price is missing.
        unpriced: Cells whose cost is not known.
        usd: Known cost in all.
        first_token_s: Median seconds to the first token.
        p50_s: Median seconds of the provider's own time.
        p95_s: 95th percentile of it.
        wait_s: Median seconds of our own waiting.
        retries: Requests beyond the first.
        tokens_per_s: Median tokens written a second, after the first one.
    """

    finished: int
    failed: int
    declined: int
    usd_per_1000: Decimal | None
    unpriced: int
    usd: Decimal
    first_token_s: float | None
    p50_s: float | None
    p95_s: float | None
    wait_s: float | None
    retries: int
    tokens_per_s: float | None


class Results:
    """The finished cells of a comparison. Thread-safe: the runner adds while others read.

    Attributes:
        order: The cases as a page asks for them.
        scored: How often all scores were replaced.
    """

    def __init__(self, variants: Sequence[Variant], cases: Sequence[Case], repeat: int) -> None:
        self.variants, self.cases, self.repeat = tuple(variants), tuple(cases), repeat
        self._cells: dict[Place, ResultCell] = {}
        self._scores: dict[Place, Score] = {}
        self._order: list[Place] = []
        self._summaries: dict[str, tuple[int, Summary]] = {}
        self._costs: dict[Key, Cost] = {}
        self._cost: CostTotal | None = CostTotal()
        self.order = CaseOrder(self.cases)
        self._columns = {variant.id: number for number, variant in enumerate(self.variants)}
        self.scored = 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        with self._lock:
            finished = len(self._cells)
        return f"Results({finished} of {len(self.variants) * len(self.cases) * self.repeat} cells)"

    def add(self, case: Case, cell: ResultCell, score: Score) -> None:
        """Add a cell, or replace one that failed before."""
        place = (cell.variant, case.name, cell.repeat)
        with self._lock:
            self._cells[place], self._scores[place] = cell, score
            self._order.append(place)
            self._note_cost(cell)
            self.order.note([self._noted(place, score)])

    def _noted(self, place: Place, score: Score) -> Noted:
        variant, case, repeat = place
        return self.order.number_of(case), self._columns[variant], repeat, score.value

    def _note_cost(self, cell: ResultCell) -> None:
        """Add what a cell cost to the total; equal cases share a cell, and one that failed may be replaced."""
        before, now = self._costs.get(cell.key), cell.cost if cell.is_paid else NOT_CHARGED
        if before is None and self._cost is not None:
            self._cost += CostTotal.of([now] if cell.is_paid else [])
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
            self._scores = dict(scores)
            self.order.note([self._noted(place, score) for place, score in scores.items()])
            self.scored += 1

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
        with self._lock:
            return [score.problem for score in self._scores.values() if score.problem]

    def distinct(self, variant: Variant | None = None) -> list[ResultCell]:
        """Return the finished cells, of one variant or of all; one that equal cases share is there once."""
        found = self._cells_of(self.variants if variant is None else [variant])
        return list({cell.key: cell for cell in found}.values())

    def _cells_of(self, variants: Sequence[Variant]) -> Iterator[ResultCell]:
        """Yield the finished cells of variants, in the order of cases, variants and repeats."""
        ids, repeats, cells = [variant.id for variant in variants], range(1, self.repeat + 1), self._cells
        for case in self.cases:
            for own in ids:
                for repeat in repeats:
                    cell = cells.get((own, case.name, repeat))
                    if cell is not None:
                        yield cell

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

    def score_table(self, variant: Variant) -> list[list[float | None]]:
        """Return the scores of a variant, a row of repeats for each case; `None` for what is missing."""
        own, repeats, scores = variant.id, range(1, self.repeat + 1), self._scores
        return [[scores.get((own, case.name, each), MISSING).value for each in repeats] for case in self.cases]

    def scores_of(self, variant: Variant) -> dict[str, list[float]]:
        """Return the scores of a variant's repeats by the name of the case, without those that are missing."""
        found = zip(self.cases, self.score_table(variant), strict=True)
        kept = {case.name: [score for score in scores if score is not None] for case, scores in found}
        return {name: scores for name, scores in kept.items() if scores}

    def means_of(self, variant: Variant) -> dict[str, float]:
        """Return the mean score of a variant's repeats by the name of the case, without cases that have none."""
        return {name: statistics.fmean(scores) for name, scores in self.scores_of(variant).items()}

    def seconds_of(self, variant: Variant) -> list[float]:
        """Return the provider's own seconds of each cell that counts, the shortest first."""
        counted = (cell.total_s for cell in self._cells_of([variant]) if cell.counts)
        return sorted(seconds for seconds in counted if seconds is not None)

    def prefix(self) -> list[Case]:
        """Return the cases of which all cells have ended, up to the first in the order of which not all have."""
        done: list[Case] = []
        for case in self.cases:
            repeats = range(1, self.repeat + 1)
            if any(self.cell(variant, case, repeat) is None for variant in self.variants for repeat in repeats):
                break
            done.append(case)
        return done

    def summary(self, variant: Variant) -> Summary:
        """Return what is known of a variant; a board asks for it more than once."""
        added, known = self._summaries.get(variant.id, (-1, None))
        now = self.added
        if known is None or added != now:
            known = self._summary(variant)
            self._summaries[variant.id] = (now, known)
        return known

    def _summary(self, variant: Variant) -> Summary:
        cells = list(self._cells_of([variant]))
        paid = [cell for cell in self.distinct(variant) if cell.is_paid]
        known = [cell.usd for cell in paid if cell.usd is not None]
        answered = [cell for cell in cells if cell.total_s is not None]
        totals = self.seconds_of(variant)
        return Summary(
            finished=len(cells),
            failed=sum(cell.status == "failed" for cell in cells),
            declined=sum(cell.status in ("refused", "invalid") for cell in cells),
            usd_per_1000=sum(known, Decimal(0)) * 1000 / len(known) if known and len(known) == len(paid) else None,
            unpriced=len(paid) - len(known),
            usd=sum((cell.cost.known_usd for cell in paid), Decimal(0)),
            first_token_s=_median([cell.first_token_s for cell in cells]),
            p50_s=quantile(totals, 0.5),
            p95_s=quantile(totals, 0.95),
            wait_s=_median([cell.wait_s for cell in answered]),
            retries=sum(cell.retries for cell in cells),
            tokens_per_s=_median([_speed(cell) for cell in answered]),
        )


def _speed(cell: ResultCell) -> float | None:
    if cell.output_tokens is None or cell.total_s is None or cell.first_token_s is None:
        return None
    took = cell.total_s - cell.first_token_s
    return cell.output_tokens / took if took > 0 else None


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return quantile(sorted(known), 0.5)
