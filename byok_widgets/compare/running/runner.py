"""`Runner`: starts the cells of a comparison, case by case, within the budget, and writes each as soon as it ends.

The order of the cases is shuffled once and stored. All cells of a case start together, so that what is finished is
about a prefix of that order: evidence while it runs is read from the prefix alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.failures import of_others
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.executors.base import LOCAL, CellExecutor
from byok_widgets.compare.results.validity import with_earlier
from byok_widgets.compare.running.cell_runs import CellRuns
from byok_widgets.compare.running.keeper import Keeper
from byok_widgets.compare.spending.budget import Budget
from byok_widgets.compare.spending.call_gate import USED_UP
from byok_widgets.compare.spending.limits import Limits
from byok_widgets.compare.storage.elsewhere import Elsewhere
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.batching import Batches
from byok_widgets.compare.tasks.lookahead import Lookahead
from byok_widgets.compare.tasks.task import Task
from byok_widgets.errors import ByokError

ROOM = 250
"""Cells that are under way at once and do not wait, until they are stored; more would only fill memory."""
BUSY_S = 0.01
"""A turn of the event loop that takes longer leaves answers unread, and their provider would seem slow."""
BUSY_TURNS = 10
"""How many turns the next case waits for a shorter one: code of a notebook may keep all of them long."""
STARTED_AT_ONCE = 16
"""Cells, of whole cases, that begin in one turn. A turn for each case would take a quarter of the work around its
calls; to begin this many takes about half of `BUSY_S`."""
CLAIMED_AT_ONCE = 50
"""Cases whose cells are claimed together for this kernel: a commit for each would take longer than the rest."""
GRACE_S = 30.0
"""How long cells under way are waited for after a fault: their answers are paid."""


class Runner:
    """One run of a comparison.

    Attributes:
        budget: What may be spent, and what was.
        cases: The cases in the order in which they are started.
    """

    def __init__(
        self,
        task: Task,
        cases: Sequence[Case],
        *,
        store: CellStore,
        budget: Budget,
        keeper: Keeper,
        executor: CellExecutor = LOCAL,
        batch: bool = False,
    ) -> None:
        self.budget = budget
        self.cases = list(cases)
        self._task, self._keeper, self._store = task, keeper, store
        self._executor, workers = executor, executor.workers
        self._most = ROOM * workers
        self._wide = len(task.variants) * task.sampling.repeat
        self._together = max(1, STARTED_AT_ONCE // self._wide)
        self._known: dict[Key, ResultCell] = {}
        self._under_way: dict[Key, list[Case]] = {}
        self._batches = Batches(store.batches, self.change_waiting) if batch else None
        self._begun: set[Key] = set()
        self._cells = CellRuns(task, budget, self._batches, workers=workers, change_waiting=self.change_waiting)
        self._waiting = 0
        self._ahead = Lookahead(task, self.cases, budget)
        self._elsewhere, self._following = Elsewhere(store), False
        self._changed = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._problem: BaseException | None = None
        self._main: asyncio.Task[Any] | None = None
        self._is_stopped = False

    @property
    def given_up(self) -> int:
        """Number of cells that had begun when it was stopped, and that gave no result."""
        return self._cells.given_up

    @property
    def stopped_for(self) -> str:
        """Why not everything was run: `budget`, or empty."""
        return "budget" if self.budget.is_used_up else ""

    def know(self, cells: Mapping[Key, ResultCell]) -> None:
        """Take over cells that are finished already: they are not run again."""
        self._known.update(cells)

    async def run(self) -> None:
        """Run all cells that are missing. At its end all answers are kept, also where it was stopped.

        Raises:
            ByokError: The store failed; what was finished before is kept.
        """
        self._main = asyncio.current_task()
        if self._is_stopped:
            return
        try:
            await self._store.write_again()
            limits = Limits(self.budget.usd, self.budget.max_calls)
            async with self._executor.opened(self._task, limits) as self._cells.run_one:
                await self._run_all()
        except asyncio.CancelledError:
            if not self._is_stopped:
                raise
        finally:
            await self._elsewhere.end()

    def stop(self) -> None:
        """Give up the cells under way; on the loop."""
        if not self._is_stopped:
            self._is_stopped = True
            if self._main is not None:
                self._main.cancel()

    async def _run_all(self) -> None:
        beside = [asyncio.ensure_future(self._elsewhere.renew())]
        beside[0].add_done_callback(self._ended)
        beside += [asyncio.ensure_future(self._batches.run())] if self._batches else []
        try:
            for number, case in enumerate(self.cases):
                await self._room()
                if self._batches is None and number % self._together == 0:
                    await self._calm()
                if number % CLAIMED_AT_ONCE == 0:
                    await asyncio.sleep(0)  # cases that are finished wait for nothing, and others want the loop
                    await self._claim(self.cases[number : number + CLAIMED_AT_ONCE])
                self._ahead.look(number)
                if self._problem or self.stopped_for or not await self._start(case):
                    break
            if self._batches:
                self._batches.all_started()
            while self._running and not self._problem:
                self._changed.clear()
                await self._changed.wait()
            if self._running:
                await asyncio.wait(self._running, timeout=GRACE_S)
            if self.stopped_for and not self._problem:
                await self._ahead.end()
        finally:
            unfinished: list[asyncio.Future[Any]] = [*self._running, *self._ahead.under_way, *beside]
            for running in unfinished:
                running.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)
        if self._problem is not None:
            raise self._problem

    async def _start(self, case: Case) -> bool:
        """Start all missing cells of a case; whether there was money for them."""
        try:
            case_id = await self._ahead.take(case)
        except Exception as error:  # noqa: BLE001 - whatever a person's code raises is reported in the cells
            if isinstance(error, ByokError) and error.kind == USED_UP:
                return False
            for variant, repeat in self._cells_of_a_case:
                failed = ResultCell(variant.id, case.input_id, repeat, usd=Decimal(0), **of_others(error))
                await self._keeper.tell(case, failed)
            return True
        missing = []
        await self._elsewhere.claim(self._missing_keys(case_id))
        for variant, repeat in self._cells_of_a_case:
            key = (variant.id, case_id, repeat)
            if key in self._known:
                await self._tell_known(case, self._known[key])
            elif key in self._under_way:
                self._under_way[key].append(case)
            elif key in self._store.under_way or key in self._store.finished:
                self._under_way[key] = []
                self._run_beside(self._of_another(case, variant, key))
            elif self._elsewhere.has(key):
                self._under_way[key] = []
                self._elsewhere.wait_for(key, case, variant)
            else:
                missing.append((variant, repeat))
        self._follow()
        return not missing or await self._start_cells(case, case_id, missing)

    async def _claim(self, cases: Sequence[Case]) -> None:
        """Claim the cells of cases for this kernel, where their ids are known before they are played."""
        ids = [self._task.own_id(case) for case in cases]
        await self._elsewhere.claim(key for own in ids if own is not None for key in self._missing_keys(own))

    def _missing_keys(self, case_id: str) -> list[Key]:
        keys = [(variant.id, case_id, repeat) for variant, repeat in self._cells_of_a_case]
        return [key for key in keys if key not in self._known]

    def _follow(self) -> None:
        """Follow what other kernels run of this comparison, if they do."""
        if self._elsewhere.is_waited_for and not self._following:
            self._following = True
            self._run_beside(self._follow_others())

    async def _follow_others(self) -> None:
        try:
            while self._elsewhere.is_waited_for and not self.stopped_for:
                for key, case, variant in await self._elsewhere.settled(judged=self._keeper.asks_judge):
                    await self._room()
                    await self._take_over(case, variant, key)
        finally:
            self._following = False

    async def _start_cells(self, case: Case, case_id: str, missing: Sequence[tuple[Variant, int]]) -> bool:
        keys = {(variant.id, case_id, repeat) for variant, repeat in missing}
        self._begun -= keys
        self._under_way.update({key: [] for key in keys})
        self._store.under_way.update({key: asyncio.get_running_loop().create_future() for key in keys})
        begin = self._begin_open if self._task.reserves_by_call else self._begin
        try:
            return await begin(case, case_id, missing)
        finally:
            for key in keys - self._begun:
                self._release(key)

    async def _of_another(self, case: Case, variant: Variant, key: Key) -> None:
        """Take a cell that another comparison of this kernel runs, or has just finished."""
        while key in self._store.under_way:
            # it is the other comparison's, whoever is cancelled here
            await asyncio.shield(self._store.under_way[key])
        await self._take_over(case, variant, key)

    async def _take_over(self, case: Case, variant: Variant, key: Key) -> None:
        """Take a cell that another comparison has finished; where it has given that up, run it here."""
        found = self._store.cell(key)
        if found is None or not found.counts:
            await self._elsewhere.claim([key])
            if self._elsewhere.has(key):  # a third one was faster
                self._elsewhere.wait_for(key, case, variant)
                self._follow()
                return
            equal = self._under_way.pop(key)
            if await self._start_cells(case, key[1], [(variant, key[2])]):
                self._under_way.setdefault(key, []).extend(equal)
            return
        self._known[key] = found
        for each in [case, *self._under_way.pop(key)]:
            await self._tell_known(each, found)

    def _release(self, key: Key) -> None:
        """Let other comparisons in this process know that a cell is not under way here any more."""
        if key in self._known:
            self._store.finished.add(key)
        self._store.under_way.pop(key).set_result(None)

    async def _begin(self, case: Case, case_id: str, missing: Sequence[tuple[Variant, int]]) -> bool:
        """Start cells of one call each, if there is money for the worst case of all of them."""
        limited = self.budget.usd is not None
        worst = {variant.id: self._task.worst(variant, case) if limited else Decimal(0) for variant, _ in missing}
        if not await self.budget.reserve(sum((worst[v.id] for v, _ in missing), Decimal(0)), len(missing)):
            return False
        for variant, repeat in missing:
            run = partial(self._cells.run_reserved, variant, case, repeat, worst[variant.id])
            self._run_cell_beside((variant.id, case_id, repeat), self._run_and_keep(case, run))
        return True

    async def _begin_open(self, case: Case, case_id: str, missing: Sequence[tuple[Variant, int]]) -> bool:
        """Start cells with any number of calls, a few at a time where little money is left."""
        limited = self.budget.usd is not None
        for variant, repeat in missing:
            expected = (self._task.expected(variant, case, None) if limited else None) or Decimal(0)
            if not await self.budget.begin_cell(expected):
                return False
            run = partial(self._cells.run_open, variant, case, repeat, expected)
            self._run_cell_beside((variant.id, case_id, repeat), self._run_and_keep(case, run))
        return True

    def _run_cell_beside(self, key: Key, cell: Coroutine[Any, Any, None]) -> None:
        self._begun.add(key)
        self._run_beside(cell).add_done_callback(lambda _: self._release(key))

    def _run_beside(self, cell: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        running = asyncio.ensure_future(cell)
        self._running.add(running)
        running.add_done_callback(self._ended)
        return running

    async def _tell_known(self, case: Case, cell: ResultCell) -> None:
        """Tell a cell that there is already; a judge that has not answered yet is asked beside others."""
        if self._keeper.is_done(case, cell):
            await self._keeper.tell(case, cell)
        else:
            self._run_beside(self._judge_known(case, cell))

    async def _judge_known(self, case: Case, cell: ResultCell) -> None:
        self._known[cell.key] = await self._keeper.keep(case, cell)

    @property
    def _cells_of_a_case(self) -> Iterator[tuple[Variant, int]]:
        for repeat in range(1, self._task.sampling.repeat + 1):
            for variant in self._task.variants:
                yield variant, repeat

    async def _run_and_keep(self, case: Case, run: Callable[[], Awaitable[ResultCell | None]]) -> None:
        """Store a cell when it has ended, and tell it to all cases that are equal."""
        cell = await run()
        if cell is None:
            return
        kept = await self._keeper.keep(case, with_earlier(cell, self._store) if case.simulated else cell)
        if kept.counts:
            self._known[kept.key] = kept
        elif self._batches:
            self._batches.forget(kept.key)
        for equal in self._under_way.pop(kept.key, ()):
            await self._tell_known(equal, kept)

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        self._changed.set()
        if not running.cancelled() and running.exception() is not None and self._problem is None:
            self._problem = running.exception()

    async def _room(self) -> None:
        """Wait until there is room for one more case."""
        while self._running and len(self._running) - self._waiting + self._wide > self._most and not self._problem:
            self._changed.clear()
            await self._changed.wait()

    async def _calm(self) -> None:
        """Wait a little while this process is too busy to read answers: that is no time of their providers."""
        loop = asyncio.get_running_loop()
        for _ in range(BUSY_TURNS if self._running else 0):
            began = loop.time()
            await asyncio.sleep(0)
            if loop.time() - began < BUSY_S:
                return

    def change_waiting(self, by: int) -> None:
        """Take note that a cell begins or ends to wait for its provider: others may start meanwhile."""
        self._waiting += by
        if by > 0:
            self._changed.set()
