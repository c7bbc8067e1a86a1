"""`CallBudget`: how many calls something may make, such as one turn of a session, and what they may cost.

Each call is counted where it is made. The budget of the running turn is a context variable, so no kind of node can
forget to pass it on, and a model call made by the function of an action node is counted, too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from typing import Protocol

from byok_widgets.config.turn_limits import TurnLimits
from byok_widgets.errors import FlowError
from byok_widgets.usage import Cost, CostTotal

_WARN_AT = Decimal("0.8")

_current: ContextVar[TurnBudget | None] = ContextVar("call_budget", default=None)


class Charged(Protocol):
    """An answer, or the error of a call that failed."""

    @property
    def cost(self) -> Cost:
        """What the call cost."""


class CallBudget(ABC):
    """Calls so far, and their limits.

    Attributes:
        max_calls: Maximum number of calls.
        max_cost: Cost at which no further call is made; `None` for no limit.
        calls: How many calls were made.
        spent: What they cost; counted only if the cost is limited.
    """

    def __init__(self, max_calls: int, max_cost: Decimal | None) -> None:
        self.max_calls, self.max_cost = max_calls, max_cost
        self.calls, self.spent = 0, CostTotal()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.calls} of {self.max_calls} calls)"

    @abstractmethod
    def too_many(self) -> FlowError:
        """Return the error for a call beyond the limit on calls."""

    @abstractmethod
    def too_expensive(self, limit: Decimal) -> FlowError:
        """Return the error for a call after the limit on cost was reached."""

    def take(self) -> None:
        """Count a call that is about to be made.

        Raises:
            FlowError: It would exceed the limit on calls, or the calls so far have reached the limit on cost.
        """
        if self.calls >= self.max_calls:
            raise self.too_many()
        if self.max_cost is not None and self.spent.usd >= self.max_cost:
            raise self.too_expensive(self.max_cost)
        self.calls += 1

    def charge(self, call: Charged) -> None:
        """Add what a call cost, which is worked out only if the cost is limited."""
        if self.max_cost is not None:
            self.spent += CostTotal.of([call.cost])

    def warnings(self, what: str, of_calls: str = "", of_cost: str = "") -> Iterator[str]:
        """Yield a warning for each limit of which four fifths are used up."""
        if self.calls > 1 and self.calls >= self.max_calls * _WARN_AT:
            yield f"{what} {self.calls} of at most {self.max_calls} calls{of_calls}"
        if self.max_cost is not None and self.spent.usd >= self.max_cost * _WARN_AT:
            yield f"cost {self.spent} of {Cost(self.max_cost)}{of_cost}"


class TurnBudget(CallBudget):
    """The calls of one turn of a session."""

    def __init__(self, limits: TurnLimits) -> None:
        super().__init__(limits.max_calls, limits.max_cost)
        self._outer = _current.get()

    @property
    def notices(self) -> tuple[str, ...]:
        """Warnings that a limit is near."""
        return tuple(self.warnings("made", " (flow.max_calls_per_turn)", " (flow.max_cost_per_turn)"))

    @contextmanager
    def active(self) -> Iterator[None]:
        """Count all calls that are made inside the block."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def take(self) -> None:
        """Count a call that is about to be made; see `CallBudget.take`."""
        if self._outer is not None:
            self._outer.take()
        super().take()

    def charge(self, call: Charged) -> None:
        """Add what a call cost; see `CallBudget.charge`."""
        if self._outer is not None:
            self._outer.charge(call)
        super().charge(call)

    def too_many(self) -> FlowError:
        """Return the error for a call beyond the limit on calls."""
        return FlowError(
            f"The turn was stopped: it has reached the limit of {self.max_calls} model calls for one turn.",
            kind="call_limit",
            cause="Many silent nodes follow one another, or they form a loop. Nothing was added to the session.",
            fix="Let an edge lead to a conversation node earlier, or allow more calls: "
            f"flow.max_calls_per_turn = {2 * self.max_calls}.",
        )

    def too_expensive(self, limit: Decimal) -> FlowError:
        """Return the error for a call after the limit on cost was reached."""
        return FlowError(
            f"The turn was stopped: it has cost {self.spent}, and the limit for one turn is {Cost(limit)}.",
            kind="cost_limit",
            cause="Nothing was added to the session; its totals include what the calls cost.",
            fix=f"Choose a cheaper model, or raise the limit: flow.max_cost_per_turn = {float(2 * limit):g}.",
        )


def current_budget() -> TurnBudget | None:
    """Return the budget of the turn that is running; `None` outside a turn."""
    return _current.get()
