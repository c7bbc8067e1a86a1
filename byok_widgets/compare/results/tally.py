"""`Tally`: the figures of one variant, kept with each cell, so that nobody goes through all cells for them.

`Column` is the same for single figures: a place for each repeat of each case, in the order of the cases.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.results.quantiles import quantile


@dataclass(frozen=True)
class Summary:
    """What is known of one variant.

    Attributes:
        finished: Cells that ended, failed ones included.
        failed: Cells whose provider failed: they are missing in its score.
        declined: Cells that were refused or invalid: they score 0.
        usd_per_1000: Cost of a thousand conversations that come as often as the weights of the cases say; `None`
            where a price is missing.
        usd_per_cell: Mean cost of a cell; `None` where a price is missing.
        unpriced: Cells whose cost is not known.
        usd: Known cost in all.
        first_token_s: Median seconds to the first token.
        p50_s: Median seconds of the provider's own time.
        p95_s: 95th percentile of it.
        wait_s: Median seconds of our own waiting.
        retries: Requests beyond the first.
        tokens_per_s: Median tokens written a second, after the first one; `None` where answers came as a whole.
    """

    finished: int
    failed: int
    declined: int
    usd_per_1000: Decimal | None
    usd_per_cell: Decimal | None
    unpriced: int
    usd: Decimal
    first_token_s: float | None
    p50_s: float | None
    p95_s: float | None
    wait_s: float | None
    retries: int
    tokens_per_s: float | None


class Tally:
    """The figures of the cells of one variant."""

    def __init__(self) -> None:
        self._finished = self._failed = self._declined = self._retries = 0
        self._paid = self._unpriced = 0
        self._usd = self._weighted = self._weight = Decimal(0)
        self._first, self._totals, self._waits, self._speeds = _Amounts(), _Amounts(), _Amounts(), _Amounts()

    def add(self, cell: ResultCell, weight: Decimal, *, is_new: bool) -> None:
        """Add a cell of a case with a weight; equal cases share one, which is paid only where it is new."""
        self._finished += 1
        self._failed += cell.status == "failed"
        self._declined += cell.status in ("refused", "invalid")
        self._retries += cell.retries
        if cell.is_paid:
            usd = cell.cost.known_usd
            self._weighted += weight * usd
            self._weight += weight
            if is_new:
                self._paid += 1
                self._unpriced += cell.usd is None
                self._usd += usd
        self._first.add(cell.first_token_s)
        if cell.counts:
            self._totals.add(cell.total_s)
        if cell.total_s is not None:
            self._waits.add(cell.wait_s)
            self._speeds.add(_speed(cell))

    @property
    def seconds(self) -> list[float]:
        """The provider's own seconds of each cell that counts, the shortest first."""
        return [*self._totals]

    @property
    def summary(self) -> Summary:
        """What is known of the variant."""
        is_priced = self._paid and not self._unpriced
        return Summary(
            finished=self._finished,
            failed=self._failed,
            declined=self._declined,
            usd_per_1000=self._weighted * 1000 / self._weight if is_priced else None,
            usd_per_cell=self._usd / self._paid if is_priced else None,
            unpriced=self._unpriced,
            usd=self._usd,
            first_token_s=quantile(self._first, 0.5),
            p50_s=quantile(self._totals, 0.5),
            p95_s=quantile(self._totals, 0.95),
            wait_s=quantile(self._waits, 0.5),
            retries=self._retries,
            tokens_per_s=quantile(self._speeds, 0.5),
        )


_BLOCK = 1000
"""Amounts of a block at most."""


class _Amounts(Sequence[float]):
    """Amounts in order, in blocks that are in order, too: one that is new moves only some of its block."""

    def __init__(self) -> None:
        self._blocks: list[list[float]] = [[]]
        self._last: list[float] = [-math.inf]  # of each block
        self._count = 0

    def add(self, value: float | None) -> None:
        if value is None:
            return
        at = min(bisect_left(self._last, value), len(self._last) - 1)
        block = self._blocks[at]
        insort(block, value)
        self._last[at] = block[-1]
        self._count += 1
        if len(block) > _BLOCK:
            halves = block[: _BLOCK // 2], block[_BLOCK // 2 :]
            self._blocks[at : at + 1] = halves
            self._last[at : at + 1] = [half[-1] for half in halves]

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[float]:
        return chain.from_iterable(self._blocks)

    def __getitem__(self, place: Any) -> Any:
        for block in self._blocks:
            if place < len(block):
                return block[place]
            place -= len(block)
        raise IndexError(place)


class Column:
    """The scores of one variant, and what its cells cost and took.

    Attributes:
        scores: The scores, nan for what is missing.
        usd: What each cell cost that counts; nan where that is not known.
        seconds: The provider's own seconds of each cell that counts.
        ended: 1 for each cell that has ended, with a score or without.
    """

    def __init__(self, cases: int, repeat: int) -> None:
        self.scores, self.usd, self.seconds = (array("d", [math.nan]) * (cases * repeat) for _ in range(3))
        self.ended = bytearray(cases * repeat)
        self._repeat = repeat
        self._sums, self._counts = array("d", [0.0]) * cases, array("L", [0]) * cases
        self._total, self._scored = 0.0, 0

    def keep(self, case: int, cell: ResultCell) -> None:
        """Keep what a cell of a case, by its number, cost and took."""
        place = case * self._repeat + cell.repeat - 1
        self.usd[place] = math.nan if cell.usd is None or not cell.counts else float(cell.usd)
        self.seconds[place] = math.nan if cell.total_s is None or not cell.counts else cell.total_s

    def set(self, case: int, repeat: int, score: float | None) -> None:
        """Set the score of a repeat of a case, by their numbers."""
        place = case * self._repeat + repeat - 1
        self._count(case, self.scores[place], -1)
        self.scores[place] = math.nan if score is None else score
        self.ended[place] = 1
        self._count(case, self.scores[place], 1)

    def _count(self, case: int, score: float, by: int) -> None:
        """Add a score to those of its case, or take it away."""
        if math.isnan(score):
            return
        before, total = self._counts[case], self._sums[case]
        self._counts[case], self._sums[case] = now, left = before + by, total + by * score
        self._total += (left / now if now else 0.0) - (total / before if before else 0.0)
        self._scored += (now > 0) - (before > 0)

    def of_case(self, case: int) -> list[float | None]:
        """Return the scores of the repeats of a case."""
        found = self.scores[case * self._repeat : (case + 1) * self._repeat]
        return [None if math.isnan(score) else score for score in found]

    @property
    def mean(self) -> float | None:
        """The mean of the mean scores of the cases; `None` where there are none."""
        return self._total / self._scored if self._scored else None


_FASTEST = 10_000
"""Tokens per second that no model writes: an answer that seems to was sent as a whole, which tells no speed."""


def _speed(cell: ResultCell) -> float | None:
    if cell.output_tokens is None or cell.total_s is None or cell.first_token_s is None:
        return None
    took = cell.total_s - cell.first_token_s
    return cell.output_tokens / took if cell.output_tokens < _FASTEST * took else None
