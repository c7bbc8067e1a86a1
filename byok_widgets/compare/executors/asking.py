"""Limits on workers: before a call is sent there, the driver is asked to reserve its worst case.

A worker asks by an event of the comparison's topic, and the driver answers by calling the worker.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from byok_widgets.compare.spending.call_gate import CallMeter, not_covered
from byok_widgets.compare.spending.prices import Prices
from byok_widgets.usage import Cost

if TYPE_CHECKING:
    from byok_widgets.nodes.calls.admission import Admitted, PendingCall

Ask = Callable[[int, Decimal], None]
"""Asks the driver for a call: the number of the question, and the worst case of the call."""

_numbers = itertools.count()


class Questions:
    """The questions of a worker that are not answered."""

    def __init__(self) -> None:
        self._open: dict[int, asyncio.Future[bool]] = {}

    async def put(self, ask: Ask, worst: Decimal) -> bool:
        """Ask, and return the answer."""
        number = next(_numbers)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._open[number] = answer
        try:
            ask(number, worst)
            return await answer
        finally:
            del self._open[number]

    def answer(self, answers: Mapping[int, bool]) -> None:
        """Take answers; on the loop."""
        for number, is_admitted in answers.items():
            waiting = self._open.get(number)
            if waiting is not None and not waiting.done():
                waiting.set_result(is_admitted)


class AskingGate(CallMeter):
    """Admits the calls of one cell that the driver admits.

    Attributes:
        reserved: What was reserved for each call that has ended, with its cost.
    """

    def __init__(self, prices: Prices, questions: Questions, ask: Ask, *, has_money: bool) -> None:
        """Ask for each call; with its worst case only where there is a limit of money."""
        super().__init__()
        self._prices, self._questions, self._ask, self._has_money = prices, questions, ask, has_money
        self.reserved: list[tuple[Decimal, Cost]] = []

    async def admit(self, call: PendingCall) -> Admitted:
        """Let the driver reserve the worst case of a call.

        Raises:
            FlowError: There is not enough money or there are not enough calls left.
            ConfigError: Nothing limits how much the call may cost.
        """
        worst = self._prices.worst_of_call(call) if self._has_money else Decimal(0)
        if await self._questions.put(self._ask, worst):
            return _AdmittedCall(self, worst)
        raise not_covered()


class _AdmittedCall:
    def __init__(self, gate: AskingGate, worst: Decimal) -> None:
        self._gate, self._worst = gate, worst

    def settle(self, cost: Cost) -> None:
        """Note what it cost, for the driver."""
        self._gate.reserved.append((self._worst, cost))
        self._gate.settle(cost)
