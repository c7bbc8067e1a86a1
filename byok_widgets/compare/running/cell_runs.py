"""`CellRuns`: runs the cells of a comparison, each when its variant's turn comes, within what it may cost."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from byok_widgets.cases.case import Case
from byok_widgets.compare.cells.lanes import lane_of
from byok_widgets.compare.cells.result_cell import ResultCell
from byok_widgets.compare.cells.variant import Variant
from byok_widgets.compare.executors.base import RunCell, WorkerLostError
from byok_widgets.compare.running.slot import Slot
from byok_widgets.compare.spending.budget import Budget
from byok_widgets.compare.spending.call_gate import CallGate, CallMeter, total_cost
from byok_widgets.compare.tasks.batching import Batches, has_batches
from byok_widgets.compare.tasks.task import Task
from byok_widgets.nodes.calls.admission import Admission, admitted_by
from byok_widgets.nodes.calls.lane import in_lane
from byok_widgets.usage import Cost


class CellRuns:
    """The cells of one run of a comparison.

    Attributes:
        run_one: What runs a cell: here, or on a worker.
        given_up: Number of cells that had begun when it was stopped, and that gave no result.
    """

    def __init__(
        self,
        task: Task,
        budget: Budget,
        batches: Batches | None,
        *,
        workers: int,
        change_waiting: Callable[[int], None],
    ) -> None:
        self.run_one: RunCell = task.run
        self.given_up = 0
        self._task, self._budget, self._batches = task, budget, batches
        self._change_waiting = change_waiting
        self._turns = {
            variant.id: asyncio.Semaphore(self._parallel(variant) * workers) for variant in task.variants
        }

    async def run_reserved(self, variant: Variant, case: Case, repeat: int, worst: Decimal) -> ResultCell | None:
        """Run a cell whose worst case is reserved; again where its worker was lost, if there is money for that.

        Returns:
            The cell with its cost and its times; `None` if there was no money for another attempt.
        """
        cell, is_reserved, costs, held_s = None, True, list[Cost](), 0.0
        while cell is None and is_reserved:
            meter = CallMeter()
            try:
                cell, held_s = await self._in_turn(meter, variant, case, repeat)
            except WorkerLostError:
                meter.note(Cost())  # not known: the worker may have sent its calls
            finally:
                self._budget.settle(worst, meter.costs, sent=bool(meter.costs))
                costs += meter.costs
            is_reserved = cell is not None or await self._budget.reserve(worst)
        return None if cell is None else self._whole(variant, cell, costs, held_s)

    async def run_open(self, variant: Variant, case: Case, repeat: int, expected: Decimal) -> ResultCell | None:
        """Run a cell whose calls are reserved one by one.

        Returns:
            The cell with its cost and its times; `None` if one of its calls, or another attempt, was not admitted.
        """
        cell, is_begun, costs, held_s, refused = None, True, list[Cost](), 0.0, False
        while cell is None and is_begun:
            gate = CallGate(self._budget, self._task.prices, expected)
            try:
                cell, held_s = await self._in_turn(gate, variant, case, repeat)
            except WorkerLostError:
                if not gate.costs:  # nothing was reserved for its calls
                    gate.note(Cost())
            finally:
                gate.close()
                self._budget.end_cell()
                costs += gate.costs
            refused = gate.refused
            is_begun = cell is not None or await self._budget.begin_cell(expected)
        return None if cell is None or refused else self._whole(variant, cell, costs, held_s)

    async def _in_turn(
        self, admission: Admission, variant: Variant, case: Case, repeat: int
    ) -> tuple[ResultCell, float]:
        """Run a cell when its variant's turn comes; return it with the seconds that it waited for that."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with self._turns[variant.id]:
            held_s = loop.time() - began
            with admitted_by(admission):
                return await self._run(variant, case, repeat), held_s

    async def _run(self, variant: Variant, case: Case, repeat: int) -> ResultCell:
        slot = Slot(self._change_waiting)
        try:
            with slot, self._by_batch(variant, case, repeat), in_lane(lane_of(case, variant.name, repeat)):
                return await self.run_one(variant, case, repeat, slot.on_progress)
        except asyncio.CancelledError:
            self.given_up += 1
            raise

    def _whole(self, variant: Variant, cell: ResultCell, costs: Sequence[Cost], held_s: float) -> ResultCell:
        """Return a cell with what all its calls cost and with its times; a batch has none that say anything.

        A replayed call counts with its cost and its times when it was recorded: they are what is compared.
        """
        cost = total_cost(costs).originally
        held_s = 0.0 if all(each.recorded is not None for each in costs) else held_s
        none: dict[str, Any] = {"first_token_s": None, "total_s": None, "wait_s": 0.0}
        times = none if self._goes_by_batch(variant) else {"wait_s": cell.wait_s + held_s}
        return cell.but(usd=cost.usd, least_usd=cost.least_usd, **times)

    def _goes_by_batch(self, variant: Variant) -> bool:
        return self._batches is not None and all(map(has_batches, variant.models.values()))

    def _by_batch(self, variant: Variant, case: Case, repeat: int) -> contextlib.AbstractContextManager[None]:
        if self._batches is None or not self._goes_by_batch(variant):
            return contextlib.nullcontext()
        return self._batches.cell((variant.id, self._task.known_id(case) or case.input_id, repeat))

    def _parallel(self, variant: Variant) -> int:
        return sys.maxsize if self._goes_by_batch(variant) else self._task.parallel(variant)
