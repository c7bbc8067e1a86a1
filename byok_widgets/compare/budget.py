"""`Budget`: what may be spent. The worst case of a call is reserved before it is sent, so nothing is overspent."""

from __future__ import annotations

import asyncio
from decimal import Decimal


class Budget:
    """The money and the calls of one run. Everything here runs on the engine's loop.

    Attributes:
        spent_usd: What is known to be spent.
        bound_usd: The most that may have been spent: a call whose cost is unknown counts with its worst case.
        calls: Calls that were made, or are being made.
        is_used_up: Whether something was not sent for want of money or calls.
    """

    def __init__(self, usd: Decimal | None, max_calls: int | None) -> None:
        self.usd, self.max_calls = usd, max_calls
        self.spent_usd = self.bound_usd = Decimal(0)
        self.calls = 0
        self.is_used_up = False
        self._reserved = Decimal(0)
        self._released = asyncio.Event()
        self._under_way = self._cells = 0

    async def reserve(self, worst: Decimal, calls: int = 1) -> bool:
        """Reserve the worst case of calls; waits for calls under way, which may cost less than was reserved.

        Returns:
            Whether they may be sent.
        """
        while not self._fits(worst, calls):
            if not (self._under_way and self._has_calls(calls)):
                self.is_used_up = True
                return False
            await self._release()
        self._reserved += worst
        self.calls += calls
        self._under_way += calls
        return True

    def settle(self, worst: Decimal, usd: Decimal | None, *, sent: bool = True) -> None:
        """Replace what was reserved for a call by what it cost; `None` if that is not known."""
        self._reserved -= worst
        self._under_way -= 1
        if not sent:
            self.calls -= 1
        else:
            self.spent_usd += usd or Decimal(0)
            self.bound_usd += worst if usd is None else usd
        self._released.set()

    async def begin_cell(self, expected: Decimal) -> bool:
        """Hold what a cell with any number of calls will probably cost, so that not too many begin at once.

        Returns:
            Whether there is enough for it to begin; each call has to be reserved nevertheless.
        """
        while not self._fits(expected, 1):
            if not (self._cells and self._has_calls(1)):
                self.is_used_up = True
                return False
            await self._release()
        self._reserved += expected
        self._cells += 1
        return True

    def let_go(self, held: Decimal) -> Decimal:
        """Give back a part of what is held for a cell, and return it."""
        self._reserved -= held
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
