"""`CallGate`: reserves the worst case of each single call, for work whose number of calls nobody knows beforehand.

Scripts that are played through a flow are such work: which nodes they visit depends on what the models say.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from byok_widgets.compare.spending.budget import Budget
from byok_widgets.compare.spending.prices import Prices
from byok_widgets.errors import FlowError
from byok_widgets.nodes.calls.admission import current_admission
from byok_widgets.usage import NOT_CHARGED, Cost

if TYPE_CHECKING:
    from byok_widgets.nodes.calls.admission import Admitted, PendingCall

USED_UP = "budget_used_up"
"""Kind of the error of a call that the budget does not admit."""


def total_cost(costs: Iterable[Cost]) -> Cost:
    """Return what calls cost together."""
    every = list(costs)
    return reduce(add, every) if every else NOT_CHARGED


class CallMeter:
    """Admits all calls, and notes what they cost: also those whose answer cannot be used.

    Attributes:
        costs: What each call cost.
        apart: The same of calls that are not counted as the cell's own, such as those of a simulated caller.
    """

    def __init__(self) -> None:
        self.costs: list[Cost] = []
        self.apart: list[Cost] = []

    async def admit(self, call: PendingCall) -> Admitted:
        """Admit a call."""
        del call
        return self

    def settle(self, cost: Cost) -> None:
        """Note what a call cost."""
        self.costs.append(cost)

    def note(self, cost: Cost) -> None:
        """Note what a call cost that was made in another process."""
        self.settle(cost)

    def set_apart(self, costs: Iterable[Cost]) -> None:
        """Count calls apart from those of the cell: they are paid, and not its own."""
        for cost in costs:
            at = next(at for at, each in enumerate(self.costs) if each is cost)
            self.apart.append(self.costs.pop(at))

    @property
    def cost(self) -> Cost:
        """What the calls cost together."""
        return total_cost(self.costs)


class CallGate(CallMeter):
    """Admits the calls of one cell, of what stands before cells, or of what scores them, within a budget.

    Attributes:
        refused: Whether a call was not admitted. The rest of the result means nothing then, even if the code that
            made the call went on without it.
    """

    def __init__(self, budget: Budget, prices: Prices, held: Decimal = Decimal(0)) -> None:
        """Begin with an amount that the budget holds for these calls already: they draw on it first."""
        super().__init__()
        self._budget, self._prices, self._held = budget, prices, held
        self._is_shut = self.refused = False

    async def admit(self, call: PendingCall) -> Admitted:
        """Reserve the worst case of a call, and wait for calls under way if it does not fit.

        Raises:
            FlowError: There is not enough money or there are not enough calls left.
            ConfigError: Nothing limits how much the call may cost.
        """
        limited = self._budget.usd is not None
        worst = self._prices.worst_of_call(call) if limited else Decimal(0)
        if await self.reserve(worst):
            return ReservedCall(self, worst)
        raise not_covered()

    async def reserve(self, worst: Decimal) -> bool:
        """Reserve the worst case of a call; whether it may be sent."""
        self._held -= self._budget.let_go(min(self._held, worst))
        if not self._is_shut and await self._budget.reserve(worst):
            if not self._is_shut:
                return True
            self._budget.settle(worst, (), sent=False)  # it was shut during the wait
        self.refused = True
        return False

    def charge(self, worst: Decimal, cost: Cost) -> None:
        """Replace what was reserved for a call by what it cost."""
        self.settle(cost)
        self._budget.settle(worst, [cost])

    def note(self, cost: Cost) -> None:
        """Note what a call cost that was made in another process, which the budget did not know of before."""
        self.settle(cost)
        self._budget.note([cost])

    def shut(self) -> None:
        """Admit no further call; one that is under way ends as usual."""
        self._is_shut = True

    def close(self) -> None:
        """Give back what is still held: no more calls come."""
        self._held -= self._budget.let_go(self._held)

    def require_admitted(self) -> None:
        """Make sure that all calls were admitted.

        Raises:
            FlowError: One was not, whatever the code that made it did then.
        """
        if self.refused:
            raise not_covered()


class NoCalls:
    """Admits no call: looking at results costs nothing."""

    def note(self, cost: Cost) -> None:
        """Do nothing: no call is made."""

    async def admit(self, call: PendingCall) -> Admitted:
        """Refuse.

        Raises:
            FlowError: Always.
        """
        del call
        raise FlowError("The call was not sent: nothing is paid for looking at results.", kind=USED_UP)


class Noting:
    """Admits calls as another admission does, and notes what these calls cost.

    Attributes:
        costs: What each of them cost.
    """

    def __init__(self, outer: CallMeter) -> None:
        self._outer = outer
        self.costs: list[Cost] = []

    async def admit(self, call: PendingCall) -> Admitted:
        """Admit a call if the other one does.

        Raises:
            ByokError: It does not.
        """
        return _NotedCall(self, await self._outer.admit(call))

    def note(self, cost: Cost) -> None:
        """Note what a call cost that was made in another process."""
        self._outer.note(cost)
        self.costs.append(cost)

    def set_apart(self) -> None:
        """Let none of them count as the cell's own."""
        self._outer.set_apart(self.costs)
        self.costs = []


class _NotedCall:
    """A call that another admission has admitted."""

    def __init__(self, noting: Noting, admitted: Admitted) -> None:
        self._noting, self._admitted = noting, admitted

    def settle(self, cost: Cost) -> None:
        """Take note of what it cost, here and there."""
        self._admitted.settle(cost)
        self._noting.costs.append(cost)


class ReservedCall:
    """A call whose worst case is reserved."""

    def __init__(self, gate: CallGate, worst: Decimal) -> None:
        self._gate, self._worst = gate, worst

    def settle(self, cost: Cost) -> None:
        """Replace what was reserved by what it cost."""
        self._gate.charge(self._worst, cost)


def require_all_admitted() -> None:
    """Make sure that all calls that were made here so far were admitted.

    Raises:
        FlowError: One was not, whatever the code that made it did then.
    """
    gate = current_admission()
    if isinstance(gate, CallGate):
        gate.require_admitted()


def not_covered() -> FlowError:
    """Return the error for a call that is not sent."""
    return FlowError(
        "The call was not sent: what is left of the budget does not cover its worst case.",
        kind=USED_UP,
        fix="Go on with resume(budget=...) or resume(max_calls=...).",
    )
