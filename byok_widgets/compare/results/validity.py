"""How far simulated callers can be trusted: the share of their dialogues in which they did nothing wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from byok_widgets.cases.callers.faults import KINDS
from byok_widgets.cases.checks import CALLER
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.results.figures import percent
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.usage import Cost

if TYPE_CHECKING:
    from byok_widgets.compare.statistics import Estimate


@dataclass(frozen=True)
class Validity:
    """The dialogues of simulated callers with one variant.

    Attributes:
        dialogues: How many there were, those that were repeated included.
        valid: In how many the caller did nothing wrong.
        rate: Their share, with its interval; the unit is the case.
        faults: How often callers went wrong, by kind.
        least: Share below which verdicts are withheld.
        cost: What the callers, and dialogues that do not count, cost.
    """

    dialogues: int
    valid: int
    rate: Estimate
    faults: Mapping[str, int]
    least: float
    cost: Cost

    @property
    def is_enough(self) -> bool:
        """Whether verdicts may be given."""
        return self.rate.estimate >= self.least

    def __str__(self) -> str:
        rate = f"{percent(self.rate.estimate)} ({percent(self.rate.low)} to {percent(self.rate.high)})"
        kinds = ", ".join(f"{KINDS.get(kind, kind)} {count}" for kind, count in self.faults.items())
        wrong = f"; the caller {kinds}" if kinds else ""
        return f"{self.valid} of {self.dialogues} dialogues valid, {rate}{wrong}; cost {self.cost}"


def validity_of(results: Results, variant: Variant) -> Validity | None:
    """Return how far the simulated callers of a variant can be trusted; `None` where there are none."""
    from byok_widgets.compare import statistics

    rows: list[list[bool]] = []
    faults: Counter[str] = Counter()
    least, cost = 0.0, Cost(Decimal(0), "not charged")
    for case in results.cases:
        if case.simulated is None:
            continue
        cells = [results.cell(variant, case, repeat) for repeat in range(1, results.repeat + 1)]
        kept = [cell.output[CALLER] for cell in cells if cell is not None and CALLER in cell.output]
        attempts = [attempt for each in kept for attempt in each["attempts"]]
        rows += [[not attempt["faults"] for attempt in attempts]] if attempts else []
        faults.update(fault["kind"] for attempt in attempts for fault in attempt["faults"][:1])
        least = max(least, case.simulated.min_validity)
        for each in kept:
            cost += Cost(None if each["usd"] is None else Decimal(each["usd"]), "price list")
    if not rows:
        return None
    # weighted by their dialogues: a case is played until it is valid, so that its own share is too good
    rate = statistics.rate(_table(rows), weights=list(map(len, rows)))
    return Validity(sum(map(len, rows)), sum(map(sum, rows)), rate, dict(faults.most_common()), least, cost)


def _table(rows: Sequence[Sequence[bool]]) -> list[list[float]]:
    """Return rows of one length, with nan for what is missing."""
    width = max(map(len, rows))
    return [[*map(float, row), *([math.nan] * (width - len(row)))] for row in rows]


def with_earlier(cell: ResultCell, store: CellStore) -> ResultCell:
    """Return a cell with the dialogues of an earlier try that failed: they count for what callers are worth.

    Raises:
        ConfigError: The store cannot be read.
    """
    own, before = cell.output.get(CALLER), store.cell(cell.key)
    earlier = before.output.get(CALLER) if before is not None else None
    if not own or not earlier:
        return cell
    costs = [None if each["usd"] is None else Decimal(each["usd"]) for each in (earlier, own)]
    usd = None if None in costs else str(sum(filter(None, costs), Decimal(0)))
    both = {**own, "attempts": [*earlier["attempts"], *own["attempts"]], "usd": usd}
    return replace(cell, output={**cell.output, CALLER: both})
