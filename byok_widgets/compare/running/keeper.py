"""`Keeper`: judges, scores, stores and reports the results of cells. What was paid for is stored first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.lanes import lane_of
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.scoring import MISSING, Metric, Score
from byok_widgets.compare.spending.budget import Budget
from byok_widgets.compare.spending.call_gate import USED_UP, CallGate
from byok_widgets.compare.spending.prices import Prices
from byok_widgets.compare.storage.cell_writer import Scores
from byok_widgets.compare.storage.store import CellStore
from byok_widgets.compare.tasks.judging import Judge
from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import ByokError
from byok_widgets.nodes.calls.admission import admitted_by
from byok_widgets.nodes.calls.lane import Lane, in_lane

METRIC_LIMIT_S = 60.0
NOT_ASKED = Score(None, "A question was not put to the judge: the limit was reached.")
STOPPED = Score(None, "It was stopped before there was a score.")

OnCell = Callable[[Case, ResultCell, Score], None]
"""Called with each cell when it is stored: the case, the cell, and its score."""


class Keeper:
    """Judges, scores, stores and reports the cells of one run."""

    def __init__(
        self,
        *,
        metric: Metric,
        judge: Judge | None,
        store: CellStore,
        budget: Budget,
        prices: Prices,
        flow: str,
        on_cell: OnCell,
    ) -> None:
        self._metric, self._judge, self._store = metric, judge, store
        self._budget, self._prices, self._flow, self._on_cell = budget, prices, flow, on_cell
        self._score_ids: dict[str, str] = {}

    @property
    def asks_judge(self) -> bool:
        """Whether a judge is asked about cells that are finished."""
        return self._judge is not None

    def is_done(self, case: Case, cell: ResultCell) -> bool:
        """Whether nothing of a cell is missing but its score: its judge has answered."""
        return self._judge is None or not self._judge.is_due(case, cell)

    async def keep(self, case: Case, found: ResultCell) -> ResultCell:
        """Store a cell with its judge's answers, and report it; returns what was stored.

        Raises:
            ConfigError: It could not be stored.
        """
        # A judge may fail, and a person's metric may never return: the answer is stored before.
        if not self.is_done(case, found) or self._metric.runs_code(case):
            await self._written(case, found, {}, MISSING)
        stages = [found]
        try:
            score = await self._judged_and_scored(case, stages)
        except asyncio.CancelledError:  # the answer is paid, and so are those of the judge so far
            kept = await self._written(case, stages[-1], {}, STOPPED)
            self._on_cell(case, kept, STOPPED)
            raise
        cell = stages[-1]
        kept = await self._written(case, cell, {self.score_id(case): score} if cell.counts else {}, score)
        self._on_cell(case, kept, score)
        return kept

    async def _written(self, case: Case, cell: ResultCell, scores: Scores, score: Score) -> ResultCell:
        """Write a cell, and return it as it is kept.

        It is reported even if it cannot be written, or if nobody waits for it any more: the store has it.
        """
        try:
            return await self._store.put(cell, scores)
        except (ByokError, asyncio.CancelledError):
            self._on_cell(case, cell, score)
            raise

    async def tell(self, case: Case, cell: ResultCell) -> None:
        """Score and report a cell that is already stored."""
        self._on_cell(case, cell, await self.score(case, cell))

    async def _judged_and_scored(self, case: Case, stages: list[ResultCell]) -> Score:
        """Return the score of the last stage of a cell; each answer of the judge makes one more."""
        cell = stages[-1]
        if self._judge is not None and self._judge.is_due(case, cell):
            try:
                with self._gate(), in_lane(_lane(case, cell)):
                    async for judged in self._judge.judged(case, cell):
                        stages.append(judged)  # noqa: PERF401 - it must have each where it ends early
            except ByokError as error:
                if error.kind != USED_UP:
                    raise
                return NOT_ASKED
        return await self.score(case, stages[-1])

    async def score(self, case: Case, cell: ResultCell) -> Score:
        """Return the score of a cell; what a person's function raises, or does not do in time, is its problem."""
        own = self.seen(cell)
        if not self._metric.runs_code(case):
            return self._metric.scored(case, own)
        try:
            with self._gate() as gate, in_lane(_lane(case, cell)):
                score = await call_in_worker(
                    lambda: self._metric.scored(case, own),
                    limit_s=METRIC_LIMIT_S,
                    flow=self._flow,
                    name="a metric",
                )
                gate.require_admitted()
        except LateFunctionError:
            return Score(None, f"The metric {self._metric.name!r} did not return within {METRIC_LIMIT_S:g} s.")
        except ByokError as error:
            return Score(None, error.problem)
        return score

    @contextmanager
    def _gate(self) -> Iterator[CallGate]:
        """Let the calls that are made inside count towards the limits."""
        gate = CallGate(self._budget, self._prices)
        with admitted_by(gate):
            yield gate

    def seen(self, cell: ResultCell) -> ResultCell:
        """Return a cell with the answers of this run's judge alone."""
        return cell if self._judge is None else self._judge.seen(cell)

    def score_id(self, case: Case) -> str:
        """Return what identifies the score of a case."""
        if case.name not in self._score_ids:
            judge = self._judge.id if self._judge and case.questions else ""
            self._score_ids[case.name] = self._metric.id_for(case, judge)
        return self._score_ids[case.name]


def _lane(case: Case, cell: ResultCell) -> Lane:
    """Return the lane of what judges a cell."""
    return lane_of(case, f"judge of {cell.model}", cell.repeat)
