"""`Budget`: what may be spent. The worst case of a call is reserved before it is sent, so nothing is overspent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from byok_widgets.usage import Cost, CostSource, CostTotal


class Budget:
    """The money and the calls of one run. Everything here runs on the engine's loop.

    Attributes:
        spent: What its calls cost, those of cells that were given up included.
        bound_usd: The most that may have been spent: a call whose cost is not known counts with its worst case.
        calls: Calls that were made, or are being made.
        is_used_up: Whether something was not sent for want of money or calls.
        sources: Where the costs of its calls are known from.
    """

    def __init__(self, usd: Decimal | None, max_calls: int | None) -> None:
        self.usd, self.max_calls = usd, max_calls
        self.spent, self.bound_usd = CostTotal(), Decimal(0)
        self.calls = 0
        self.is_used_up = False
        self.sources: set[CostSource] = set()
        self._reserved = self._held = Decimal(0)
        self._released = asyncio.Event()
        self._under_way = self._cells = 0

    async def reserve(self, worst: Decimal, calls: int = 1) -> bool:
        """Reserve the worst case of calls; waits for calls under way, which may cost less than was reserved.

        What is held for cells is no reason to refuse a call: it only makes it wait while others are under way.

        Returns:
            Whether they may be sent.
        """
        while not self._fits(worst + self._held, calls):
            if self._under_way and self._has_calls(calls):
                await self._release()
            elif self._fits(worst, calls):
                break
            else:
                self.is_used_up = True
                return False
        self._reserved += worst
        self.calls += calls
        self._under_way += calls
        return True

    def settle(self, worst: Decimal, costs: Sequence[Cost], *, sent: bool = True) -> None:
        """Replace what was reserved for a call by what its requests cost."""
        total = self._total(costs)
        self._reserved -= worst
        self._under_way -= 1
        self.calls -= 0 if sent else 1
        self.spent += total
        self.bound_usd += max(worst, total.usd) if total.unpriced else total.usd
        self._released.set()

    def note(self, costs: Sequence[Cost], worst: Decimal = Decimal(0)) -> None:
        """Take note of calls that were made elsewhere, one whose cost is not known with its worst case."""
        total = self._total(costs)
        self.calls += len(costs)
        self.spent += total
        self.bound_usd += total.usd + worst * total.unpriced

    def _total(self, costs: Sequence[Cost]) -> CostTotal:
        self.sources.update(cost.source for cost in costs)
        return CostTotal.of(costs)

    async def begin_cell(self, expected: Decimal) -> bool:
        """Hold what a cell with any number of calls will probably cost, so that not too many begin at once.

        Returns:
            Whether it may begin; each of its calls has to be reserved nevertheless.
        """
        while self._cells and self._has_calls(1) and not self._fits(expected + self._held, 1):
            await self._release()
        if not self._has_calls(1) or (self.usd is not None and self.bound_usd >= self.usd):
            self.is_used_up = True
            return False
        self._held += expected
        self._cells += 1
        return True

    def let_go(self, held: Decimal) -> Decimal:
        """Give back a part of what is held for a cell, and return it."""
        self._held -= held
        self._released.set()
        return held

    def end_cell(self) -> None:
        """Take note that a cell that was begun has ended."""
        self._cells -= 1
        self._released.set()

    async def _release(self) -> None:
        self._released.clear()
        await self._released.wait()

    def _fits(self, worst: Decimal, calls: int) -> bool:
        has_money = self.usd is None or self.bound_usd + self._reserved + worst <= self.usd
        return has_money and self._has_calls(calls)

    def _has_calls(self, calls: int) -> bool:
        return self.max_calls is None or self.calls + calls <= self.max_calls
