"""`Execution`: runs the cells of a comparison on the engine, again where it is resumed, and notifies observers."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import time
from collections.abc import Callable, Mapping
from decimal import Decimal

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import Metric, Score
from byok_widgets.compare.results.results import Results
from byok_widgets.compare.running.keeper import Keeper
from byok_widgets.compare.running.runner import Runner
from byok_widgets.compare.running.setup import Setup
from byok_widgets.compare.spending.budget import Budget
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.batching import cancel_open
from byok_widgets.compare.tasks.judging import Judge
from byok_widgets.engine import ENGINE
from byok_widgets.engine.garbage import few_collections
from byok_widgets.engine.quota import shared_by
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.usage import CostSource, CostTotal

OnChange = Callable[[], None]


class Execution:
    """The runs of one comparison.

    Attributes:
        started_at: When it was made, in seconds since 1970.
        ended_at: When the last run ended; `None` while there is none that has.
    """

    def __init__(self, store: CellStore, results: Results, known: Mapping[Key, ResultCell]) -> None:
        self._store, self._results = store, results
        self._known = dict(known)
        self._runner: Runner | None = None
        self._judge: Judge | None = None
        self._future: concurrent.futures.Future[None] | None = None
        self._observers: list[OnChange] = []
        self._spent = CostTotal()
        self._sources: frozenset[CostSource] = frozenset()
        self.started_at = time.time()
        self.ended_at: float | None = None

    @property
    def running(self) -> bool:
        """Whether cells are still being run."""
        # Observers learn of the end from this very future, which is not done at that moment.
        return self._future is not None and not self._future.done() and self.ended_at is None

    @property
    def spent(self) -> CostTotal:
        """What its calls cost here, also in cells that were given up; what was there is not paid again."""
        return self._spent + self._runner.budget.spent if self._runner else self._spent

    @property
    def sources(self) -> frozenset[CostSource]:
        """Where the costs of its calls are known from; empty where cells were there before."""
        if any(cell.started_at < self.started_at for _, _, cell, _ in self._results.items()):
            return frozenset()
        return self._sources.union(self._runner.budget.sources if self._runner else ())

    @property
    def given_up(self) -> int:
        """Number of cells that had begun when the last run was stopped, and that gave no result."""
        return self._runner.given_up if self._runner else 0

    @property
    def used(self) -> tuple[Decimal, int]:
        """The money and the calls that the last run used of its limits."""
        budget = self._runner.budget if self._runner else Budget(None, None)
        return budget.bound_usd, budget.calls

    @property
    def stopped_for(self) -> str:
        """Why it ended before everything was run: `budget` or `stopped`; empty while it runs or has not begun."""
        if self._runner is None or self.running:
            return ""
        return self._runner.stopped_for or "stopped"

    @property
    def problem(self) -> ByokError | None:
        """What ended it early, such as a store that cannot be written; `None` if nothing did."""
        if self._future is None or not self._future.done() or self._future.cancelled():
            return None
        error = self._future.exception()
        if error is None or isinstance(error, ByokError):
            return error
        return FlowError(
            f"The comparison ended early: {describe_exception(error)}.",
            kind="comparison",
            fix="What was finished is kept; resume() continues.",
        )

    def start(self, setup: Setup, metric: Metric) -> None:
        """Run what is missing, in the background; does nothing while it runs."""
        if self.running:
            return
        self._spent, self._sources, self._judge = self.spent, self.sources, setup.judge
        budget = Budget(setup.limits.usd, setup.limits.max_calls)
        keeper = self._keeper(setup, metric, budget)
        self._runner = Runner(
            setup.task,
            self._results.cases,
            store=self._store,
            budget=budget,
            keeper=keeper,
            executor=setup.executor,
            batch=setup.batch,
        )
        self._runner.know({key: cell for key, cell in self._known.items() if cell.counts})
        self.ended_at = None
        self._future = ENGINE.submit(self._run(self._runner, setup.shard.count))

    def _keeper(self, setup: Setup, metric: Metric, budget: Budget) -> Keeper:
        return Keeper(
            metric=metric,
            judge=setup.judge,
            store=self._store,
            budget=budget,
            prices=setup.task.prices,
            flow=setup.flow,
            on_cell=self._add,
        )

    def rescore(self, setup: Setup, metric: Metric) -> None:
        """Score what is finished by another metric. Calls that it makes itself count, and what they cost.

        Raises:
            ConfigError: The metric fails for every cell; then nothing is changed.
        """
        budget = Budget(setup.limits.usd, setup.limits.max_calls)
        try:
            ENGINE.run(self._rescored(self._keeper(setup, metric, budget)))
        finally:
            self._spent += budget.spent

    async def _rescored(self, keeper: Keeper) -> None:
        finished = [(case, cell) for _, case, cell, _ in self._results.items()]
        scored = [(case, cell, await keeper.score(case, cell)) for case, cell in finished]
        problems = [score.problem for _, cell, score in scored if cell.counts]
        if problems and all(problems):
            raise ConfigError(problems[0], kind="metric", fix="Correct the metric, and score again.")
        self._results.replace_scores({(cell.variant, case.name, cell.repeat): s for case, cell, s in scored})
        self._store.scored((cell.key, keeper.score_id(case), s) for case, cell, s in scored if cell.counts)
        self.notify()

    def wait(self, tick: Callable[[], None] | None = None) -> None:
        """Wait until it has ended. A keyboard interrupt stops it; finished cells stay.

        Args:
            tick: Called in this thread now and then while it waits.

        Raises:
            ByokError: The store failed.
        """
        if self._future is None:
            return
        if self._future.done():  # what has ended can be asked where no sync call could wait
            if not self._future.cancelled():
                self._future.result()
            return
        try:
            ENGINE.run(self._ended(self._future), tick=tick)
        except KeyboardInterrupt:
            self.stop()
            raise

    async def await_(self) -> None:
        """Async variant of `wait`; cancelling it stops the run."""
        if self._future is not None:
            try:
                await ENGINE.arun(self._ended(self._future))
            except asyncio.CancelledError:
                self.stop()
                raise

    def stop(self) -> None:
        """Give up the cells under way; finished ones stay. `wait` waits until they are kept."""
        if self._runner is not None and self.running:
            ENGINE.loop.call_soon_threadsafe(self._runner.stop)

    def cancel_batches(self, setup: Setup) -> list[str]:
        """Ask the providers to end the batches of the store; returns their ids."""
        return ENGINE.run(cancel_open(self._store.batches, setup.context)) if setup.context else []

    def observe(self, observer: OnChange) -> Callable[[], None]:
        """Call `observer` after each cell and at the end, on the engine's loop; returns what ends that."""
        self._observers.append(observer)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self._observers.remove(observer)

        return end

    def notify(self) -> None:
        """Tell the observers that something has changed."""
        for observer in list(self._observers):
            observer()

    async def _run(self, runner: Runner, quota_users: int) -> None:
        try:
            with shared_by(quota_users), few_collections():
                await runner.run()
        finally:
            self.ended_at = time.time()
            self.notify()

    @staticmethod
    async def _ended(future: concurrent.futures.Future[None]) -> None:
        with contextlib.suppress(asyncio.CancelledError, concurrent.futures.CancelledError):
            await asyncio.shield(asyncio.wrap_future(future))

    def _add(self, case: Case, cell: ResultCell, score: Score) -> None:
        seen = cell if self._judge is None else self._judge.seen(cell)
        self._results.add(case, seen, score)
        self._known[cell.key] = cell  # with what every judge said; only what is shown leaves others out
        self.notify()
