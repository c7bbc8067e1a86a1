"""Estimates what a comparison will take, before its first call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from byok_widgets.cases.assertions import Question
from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.running.setup import Setup
from byok_widgets.compare.spending.prices import CostEstimate, ExpectedCalls
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.judging import Judge


def estimate_of(setup: Setup, store: CellStore, known: Mapping[Key, ResultCell]) -> CostEstimate:
    """Return what the missing cells will probably cost, from this flow's own token counts where there are any."""
    estimate = _Estimate(setup, store, known)
    for case in setup.cases:
        estimate.add(case)
    return estimate.found


class _Estimate:
    """The sum of what is expected, case by case."""

    def __init__(self, setup: Setup, store: CellStore, known: Mapping[Key, ResultCell]) -> None:
        self._task, self._judge, self._known = setup.task, setup.judge, known
        self._limit_usd = setup.limits.usd
        variants = setup.task.variants
        self._tokens = {variant.id: store.tokens([variant.id]) for variant in variants}
        self._counted = store.tokens([variant.id for variant in variants])
        self._asked: dict[str, set[Question]] = {}
        self._calls = self._cells = self._finished = 0
        self._usd, self._is_priced = Decimal(0), False
        self._unpriced: dict[str, None] = {}
        self._reserved: Decimal | None = Decimal(0)
        self._is_rough, self._has_bound = setup.task.reserves_by_call, True

    def add(self, case: Case) -> None:
        """Add a case; one that is equal to another has its cells, and questions of its own."""
        case_id = self._task.known_id(case)
        if case_id is None or case_id not in self._asked:
            self._add_cells(case, case_id)
        asked = self._asked.setdefault(case_id, set()) if case_id else set[Question]()
        if self._judge is not None and case.questions:
            self._add_questions(self._judge, case, case_id, asked)

    def _add_cells(self, case: Case, case_id: str | None) -> None:
        task, bounds, cells = self._task, self._task.bounds(case), self._cells
        for variant in task.variants:
            missing = sum(cell is None for cell in self._finished_of(variant, case_id))
            self._finished += task.sampling.repeat - missing
            self._cells += missing
            self._calls += missing * task.expected_calls(case)
            most = None if bounds is None else bounds.get(variant.id, Decimal(0)) * missing
            self._reserved = None if most is None or self._reserved is None else self._reserved + most
            expected = task.expected(variant, case, self._tokens[variant.id] or self._counted)
            self._add_usd([variant.name], expected, missing)
        if case_id is None:
            self._expect(task.expected_before(case), 1)
        if missing_of_all := self._cells - cells:
            self._expect(task.expected_beside(case), missing_of_all)

    def _add_questions(self, judge: Judge, case: Case, case_id: str | None, asked: set[Question]) -> None:
        new = set(case.questions) - asked
        asked |= new
        count = 0
        for variant in self._task.variants:
            for cell in self._finished_of(variant, case_id):
                count += len(new if cell is None else new.intersection(judge.due(case, cell)))
        if count:
            self._expect(judge.expected(case, count), 1)
            self._has_bound &= self._task.prices.is_free(judge.ref)  # nobody knows what it will have to read

    def _finished_of(self, variant: Variant, case_id: str | None) -> Iterator[ResultCell | None]:
        """Yield the cells of a case that are there and count, and `None` for each that is missing."""
        for repeat in range(1, self._task.sampling.repeat + 1):
            cell = self._known.get((variant.id, case_id or "", repeat))
            yield cell if cell is not None and cell.counts else None

    def _expect(self, each: ExpectedCalls | None, times: int) -> None:
        if each is None:
            return
        self._is_rough = True
        self._calls += each.calls * times
        prices = self._task.prices
        usd = prices.mean_usd(each.refs, each.read, each.written)
        unpriced = [ref for ref in each.refs if not prices.is_priced(ref)]
        self._add_usd(unpriced, usd, each.calls * times)

    def _add_usd(self, names: Iterable[str], usd: Decimal | None, times: int) -> None:
        """Add what something costs, or else the names of what has no price."""
        if usd is None:
            self._unpriced.update(dict.fromkeys(names))
        else:
            self._is_priced, self._usd = True, self._usd + usd * times

    @property
    def found(self) -> CostEstimate:
        """What is expected of all cases together."""
        of_all = self._reserved if self._has_bound else None
        known_most = [most for most in (of_all, self._limit_usd) if most is not None]
        return CostEstimate(
            self._calls,
            self._finished,
            self._usd if self._is_priced else None,
            min(known_most) if known_most and not self._unpriced else None,
            self._reserved,
            tuple(self._unpriced),
            self._counted is not None,
            self._cells,
            self._is_rough,
        )
