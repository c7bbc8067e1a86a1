"""`CallGate`: reserves the worst case of each single call, for work whose number of calls nobody knows beforehand.

Scripts that are played through a flow are such work: which nodes they visit depends on what the models say.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from byok_widgets.compare.budget import Budget
from byok_widgets.compare.prices import Prices
from byok_widgets.errors import FlowError
from byok_widgets.usage import Cost, CostTotal

if TYPE_CHECKING:
    from byok_widgets.nodes.admission import PendingCall

USED_UP = "budget_used_up"
"""Kind of the error of a call that the budget does not admit."""


class CallGate:
    """Admits the calls of one cell, or of what stands before cells.

    Attributes:
        costs: What its calls cost, as far as they were charged.
    """

    def __init__(self, budget: Budget, prices: Prices, held: Decimal = Decimal(0)) -> None:
        """Begin with an amount that the budget holds for these calls already: they draw on it first."""
        self.costs: list[Cost] = []
        self._budget, self._prices, self._held = budget, prices, held
        self._is_shut = False

    async def admit(self, call: PendingCall) -> ReservedCall:
        """Reserve the worst case of a call, and wait for calls under way if it does not fit.

        Raises:
            FlowError: There is not enough money or there are not enough calls left.
            ConfigError: Nothing limits how much the call may cost.
        """
        limited = self._budget.usd is not None
        worst = self._prices.worst_of_call(call) if limited else Decimal(0)
        self._held -= self._budget.let_go(min(self._held, worst))
        if not self._is_shut and await self._budget.reserve(worst):
            if not self._is_shut:
                return ReservedCall(self, worst)
            self._budget.settle(worst, None, sent=False)
        raise FlowError(
            "The call was not sent: what is left of the budget does not cover its worst case.",
            kind=USED_UP,
            fix="Go on with resume(budget=...) or resume(max_calls=...).",
        )

    def settle(self, worst: Decimal, cost: Cost | None) -> None:
        """Replace what was reserved by what a call cost; `None` if it was not charged."""
        self._budget.settle(worst, Decimal(0) if cost is None else cost.usd)
        if cost is not None:
            self.costs.append(cost)

    def shut(self) -> None:
        """Admit no further call; one that is under way ends as usual."""
        self._is_shut = True

    def close(self) -> None:
        """Give back what is still held: no more calls come."""
        self._held -= self._budget.let_go(self._held)


class CostNotes:
    """Admits all calls, and notes what they cost: also those whose answer cannot be used.

    Attributes:
        costs: What the calls cost, as far as they were charged.
    """

    def __init__(self) -> None:
        self.costs: list[Cost] = []

    async def admit(self, call: PendingCall) -> CostNotes:
        """Admit a call."""
        del call
        return self

    def settle(self, cost: Cost | None) -> None:
        """Note what a call cost; `None` if it was not charged."""
        if cost is not None:
            self.costs.append(cost)

    @property
    def usd(self) -> Decimal | None:
        """What they cost together; `None` where that is not known, or nothing was charged."""
        total = CostTotal.of(self.costs)
        return total.usd if total.calls and not total.unpriced else None


class ReservedCall:
    """A call whose worst case is reserved."""

    def __init__(self, gate: CallGate, worst: Decimal) -> None:
        self._gate, self._worst = gate, worst

    def settle(self, cost: Cost | None) -> None:
        """Replace what was reserved by what it cost; `None` if it was not charged."""
        self._gate.settle(self._worst, cost)
