"""`Runner`: starts the cells of a comparison, case by case, within the budget, and writes each as soon as it ends.

The order of the cases is shuffled once and stored. All cells of a case start together, so that what is finished is
about a prefix of that order: evidence while it runs is read from the prefix alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from byok_widgets.compare.budget import Budget
from byok_widgets.compare.call_gate import USED_UP, CallGate, CostNotes
from byok_widgets.compare.cases import Case, hashed
from byok_widgets.compare.cell_writer import Scores
from byok_widgets.compare.failures import of_error
from byok_widgets.compare.judging import Judge
from byok_widgets.compare.result_cell import Key, ResultCell
from byok_widgets.compare.scoring import Metric
from byok_widgets.compare.store import CellStore
from byok_widgets.compare.task import Task
from byok_widgets.compare.variant import Variant
from byok_widgets.engine.callbacks import Progress, Waiting
from byok_widgets.engine.workers import call_in_worker
from byok_widgets.errors import ByokError
from byok_widgets.nodes.admission import admitted_by
from byok_widgets.usage import Cost

ROOM = 200
"""Cells that are under way at once and do not wait; more would only fill this machine's memory."""
AHEAD = 16
"""Cases of which is got ahead what stands before their cells."""
METRIC_LIMIT_S = 60.0
GRACE_S = 30.0
"""How long cells under way are waited for after a fault: their answers are paid."""

OnCell = Callable[[Case, ResultCell, "float | None"], None]
"""Told of each cell that is finished: the case, the cell, and its score."""


class Runner:
    """One run of a comparison.

    Attributes:
        budget: What was spent.
        cases: The cases in the order in which they are started.
        stopped_for: Why not everything was run: `budget`, `store`, or empty.
        beside: What calls cost that belong to no finished cell: those before a cell, and in cells that were given
            up.
    """

    def __init__(
        self,
        task: Task,
        cases: Sequence[Case],
        *,
        metric: Metric,
        store: CellStore,
        budget: Budget,
        on_cell: OnCell,
        flow: str,
        judge: Judge | None = None,
    ) -> None:
        self.budget, self.stopped_for = budget, ""
        self._task, self._metric, self._store, self._on_cell, self._flow = task, metric, store, on_cell, flow
        self._judge = judge
        self.cases = shuffled(cases, store)
        self._known: dict[Key, ResultCell] = {}
        self._turns = {variant.id: asyncio.Semaphore(task.parallel(variant)) for variant in task.variants}
        self._waiting = 0
        self._prepared: set[str] = set()
        self._ahead: dict[str, asyncio.Future[str]] = {}
        self._gates_ahead: set[CallGate] = set()
        self._changed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._problem: BaseException | None = None
        self.beside: list[Cost] = []

    def know(self, cells: Mapping[Key, ResultCell]) -> None:
        """Take over cells that are finished already: they are not run again."""
        self._known.update(cells)

    async def run(self) -> None:
        """Run all cells that are missing.

        Raises:
            ByokError: The store or the metric failed; what was finished before is kept.
        """
        await self._store.write_again()
        try:
            for number, case in enumerate(self.cases):
                await self._room()
                self._look_ahead(number)
                if self._problem or self.stopped_for or not await self._start(case):
                    break
            while self._running and not self._problem:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            if self._running:
                await asyncio.wait(self._running, timeout=GRACE_S)
            if self.stopped_for and not self._problem:
                await self._end_ahead()
        finally:
            unfinished: list[asyncio.Future[Any]] = [*self._running, *self._ahead.values()]
            for running in unfinished:
                running.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        if self._problem is not None:
            raise self._problem

    async def _start(self, case: Case) -> bool:
        """Start all missing cells of a case; whether there was money for them."""
        try:
            case_id = await self._ahead.pop(case.name)
        except ByokError as error:
            if error.kind == USED_UP:
                self.stopped_for = "budget"
                return False
            for variant in self._task.variants:
                for repeat in self._repeats:
                    key = (variant.id, case.input_id, repeat)
                    self._on_cell(case, ResultCell(*key, **of_error(error)), None)
            return True
        missing = [
            (variant, repeat)
            for repeat in self._repeats
            for variant in self._task.variants
            if (variant.id, case_id, repeat) not in self._known
        ]
        await self._tell_known(case, case_id)
        if not missing:
            return True
        if not await (
            self._begin_open(case, missing) if self._task.reserves_by_call else self._begin(case, missing)
        ):
            self.stopped_for = "budget"
            return False
        return True

    async def _begin(self, case: Case, missing: Sequence[tuple[Variant, int]]) -> bool:
        """Start cells of one call each, if there is money for the worst case of all of them."""
        limited = self.budget.usd is not None
        worst = {variant.id: self._task.worst(variant, case) if limited else Decimal(0) for variant, _ in missing}
        if not await self.budget.reserve(sum((worst[v.id] for v, _ in missing), Decimal(0)), len(missing)):
            return False
        for variant, repeat in missing:
            self._run_beside(self._reserved_cell(variant, case, repeat, worst[variant.id]))
        return True

    async def _begin_open(self, case: Case, missing: Sequence[tuple[Variant, int]]) -> bool:
        """Start cells with any number of calls, if there is money for what they will probably cost."""
        limited = self.budget.usd is not None
        for variant, repeat in missing:
            expected = (self._task.expected(variant, case, None) if limited else None) or Decimal(0)
            if not await self.budget.begin_cell(expected):
                return False
            self._run_beside(self._open_cell(variant, case, repeat, expected))
        return True

    def _run_beside(self, cell: Coroutine[Any, Any, None]) -> None:
        running = asyncio.ensure_future(cell)
        self._running.add(running)
        running.add_done_callback(self._ended)

    async def _tell_known(self, case: Case, case_id: str) -> None:
        for variant in self._task.variants:
            for repeat in self._repeats:
                cell = self._known.get((variant.id, case_id, repeat))
                if cell is None:
                    continue
                if self._judge and self._judge.is_due(case, cell):
                    self._run_beside(self._keep(case, cell))
                else:
                    self._on_cell(case, cell, await self._scored(case, cell))

    @property
    def _repeats(self) -> range:
        return range(1, self._task.sampling.repeat + 1)

    async def _reserved_cell(self, variant: Variant, case: Case, repeat: int, worst: Decimal) -> None:
        cell, sent = None, False
        try:
            async with self._turn(variant) as held_s:
                sent, notes = True, CostNotes()
                with admitted_by(notes):
                    cell = await self._run_cell(variant, case, repeat, held_s)
                cell = cell if cell.usd is not None else replace(cell, usd=notes.usd)
        finally:
            self.budget.settle(worst, cell.usd if cell else None, sent=sent)
        await self._keep(case, cell)

    async def _open_cell(self, variant: Variant, case: Case, repeat: int, expected: Decimal) -> None:
        """Run a cell whose calls are reserved one by one; it is given up where one of them is not admitted."""
        gate, cell = CallGate(self.budget, self._task.prices, expected), None
        try:
            async with self._turn(variant) as held_s:
                with admitted_by(gate):
                    cell = await self._run_cell(variant, case, repeat, held_s)
        finally:
            gate.close()
            self.budget.end_cell()
            if cell is None or cell.error == USED_UP:
                self.beside += gate.costs
        if cell.error == USED_UP:
            self.stopped_for = "budget"
        else:
            await self._keep(case, cell)

    @contextlib.asynccontextmanager
    async def _turn(self, variant: Variant) -> AsyncIterator[float]:
        """Wait for a variant's turn; gives the seconds that took."""
        began = asyncio.get_running_loop().time()
        async with self._turns[variant.id]:
            yield asyncio.get_running_loop().time() - began

    async def _run_cell(self, variant: Variant, case: Case, repeat: int, held_s: float) -> ResultCell:
        slot = _Slot(self)
        with slot:
            found = await self._task.run(variant, case, repeat, slot.on_progress)
        return replace(found, wait_s=found.wait_s + held_s)

    async def _keep(self, case: Case, found: ResultCell) -> None:
        """Write a cell, score and tell it; one that cannot be judged for want of money is written without that."""
        try:
            cell = await self._judged(case, found)
        except ByokError as error:
            if error.kind != USED_UP:
                raise
            cell, self.stopped_for = found, "budget"
        try:
            score = await self._scored(case, cell)
        except ByokError:  # the metric's fault: the answer was paid, and is there to be scored again
            await self._write(case, cell, {}, None)
            raise
        await self._write(case, cell, {self._metric.id_for(case): score} if cell.counts else {}, score)

    async def _write(self, case: Case, cell: ResultCell, scores: Scores, score: float | None) -> None:
        """Write a cell and tell it; one that cannot be written is told all the same."""
        try:
            cell = await self._store.put(cell, scores)
        finally:
            self._on_cell(case, cell, score)

    async def _judged(self, case: Case, cell: ResultCell) -> ResultCell:
        if self._judge is None or not self._judge.is_due(case, cell):
            return cell
        gate = CallGate(self.budget, self._task.prices)
        try:
            with admitted_by(gate):
                return replace(cell, output=await self._judge.judged(case, cell))
        finally:
            self.beside += gate.costs

    async def _scored(self, case: Case, cell: ResultCell) -> float | None:
        if self._metric.function is None and not any(a.function for a in case.assertions):
            return self._metric.score(case, cell)
        return await call_in_worker(
            lambda: self._metric.score(case, cell), limit_s=METRIC_LIMIT_S, flow=self._flow, name="a metric"
        )

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        self._changed.set()
        if not running.cancelled() and running.exception() is not None and self._problem is None:
            self._problem = running.exception()

    async def _room(self) -> None:
        """Wait until there is room for one more case."""
        wide = len(self._task.variants) * self._task.sampling.repeat
        while self._running and len(self._running) - self._waiting + wide > ROOM and not self._problem:
            self._changed.clear()
            await self._changed.wait()

    def _look_ahead(self, number: int) -> None:
        """Begin to get what stands before the cells of the next cases, which may take calls itself."""
        for case in self.cases[number : number + AHEAD]:
            if case.name not in self._prepared:
                self._prepared.add(case.name)
                self._ahead[case.name] = asyncio.ensure_future(self._ready(case))

    async def _ready(self, case: Case) -> str:
        """Get what stands before a case's cells; its calls count towards the limits, too."""
        gate = CallGate(self.budget, self._task.prices)
        self._gates_ahead.add(gate)
        try:
            with admitted_by(gate):
                return await self._task.ready(case)
        finally:
            self._gates_ahead.remove(gate)
            self.beside += gate.costs

    async def _end_ahead(self) -> None:
        """Wait for the calls that are under way before cells: they are charged, and then it is known how much."""
        for gate in self._gates_ahead:
            gate.shut()
        await asyncio.gather(*self._ahead.values(), return_exceptions=True)

    def change_waiting(self, by: int) -> None:
        """Take note that a cell begins or ends to wait for its provider: others may start meanwhile."""
        self._waiting += by
        if by > 0:
            self._changed.set()


class _Slot:
    """One cell's place among those under way; it is given back while the cell waits to be sent again."""

    def __init__(self, runner: Runner) -> None:
        self._runner, self._waits = runner, False

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._waits:
            self._runner.change_waiting(-1)

    def on_progress(self, progress: Progress) -> None:
        waits = isinstance(progress, Waiting)
        if waits != self._waits:
            self._waits = waits
            self._runner.change_waiting(1 if waits else -1)


def shuffled(cases: Sequence[Case], store: CellStore) -> list[Case]:
    """Return cases in an order that is shuffled once and then stays."""
    ordered = sorted(cases, key=lambda case: case.name)
    seed = store.seed_of(hashed([[case.name, case.input_id] for case in ordered]), secrets.randbits(31))
    random.Random(seed).shuffle(ordered)  # noqa: S311 - an order, not a secret
    return ordered
