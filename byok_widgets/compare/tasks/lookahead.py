"""`Lookahead`: gets what stands before the cells of the next cases, such as the turns that lead to a node."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from byok_widgets.cases.case import Case
from byok_widgets.compare.spending.budget import Budget
from byok_widgets.compare.spending.call_gate import CallGate
from byok_widgets.compare.tasks.task import Task
from byok_widgets.nodes.calls.admission import admitted_by

AHEAD = 16
"""Cases that are got ready before their turn."""


class Lookahead:
    """What stands before the cells of one run."""

    def __init__(self, task: Task, cases: Sequence[Case], budget: Budget) -> None:
        self._task, self._cases, self._budget = task, cases, budget
        self._begun = 0
        self._under_way: dict[str, asyncio.Future[str]] = {}
        self._gates: set[CallGate] = set()

    @property
    def under_way(self) -> list[asyncio.Future[str]]:
        """What was begun and not taken."""
        return [*self._under_way.values()]

    def look(self, number: int) -> None:
        """Begin with the cases that follow, when it is the turn of the case of this number."""
        for case in self._cases[self._begun : number + AHEAD]:
            if self._task.own_id(case) is None:
                self._under_way[case.name] = asyncio.ensure_future(self._ready(case))
        self._begun = max(self._begun, number + AHEAD)

    async def take(self, case: Case) -> str:
        """Wait until a case is ready, and return its id.

        Raises:
            ByokError: What stands before its cells cannot be had.
        """
        under_way = self._under_way.pop(case.name, None)
        return await (under_way or self._task.ready(case))

    async def end(self) -> None:
        """Begin no further call, and wait for those under way: they are charged, and then it is known how much."""
        for gate in self._gates:
            gate.shut()
        await asyncio.gather(*self.under_way, return_exceptions=True)

    async def _ready(self, case: Case) -> str:
        gate = CallGate(self._budget, self._task.prices)
        self._gates.add(gate)
        try:
            with admitted_by(gate):
                return await self._task.ready(case)
        finally:
            self._gates.remove(gate)
