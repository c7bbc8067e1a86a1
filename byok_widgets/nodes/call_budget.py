"""`CallBudget`: what the calls of one turn of a session may take. Each is counted where it is made.

The budget of the turn that runs is a context variable, so that no kind of node can forget to hand it on, and a
function of an action node that calls a model itself is counted, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal

from byok_widgets.config.turn_limits import TurnLimits
from byok_widgets.errors import FlowError
from byok_widgets.reply import Reply
from byok_widgets.usage import Cost, CostTotal

_WARN_AT = Decimal("0.8")

_current: ContextVar[CallBudget | None] = ContextVar("call_budget", default=None)


class CallBudget:
    """The calls of one turn so far, and their limits.

    Attributes:
        calls: How many calls were made.
    """

    def __init__(self, limits: TurnLimits) -> None:
        self.calls = 0
        self._limits = limits
        self._outer = _current.get()
        self._replies: list[Reply] = []

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell before a limit is reached: from four fifths of it on."""
        return tuple(self._near())

    @contextmanager
    def active(self) -> Iterator[None]:
        """Count all calls that are made inside."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)

    def take(self) -> None:
        """Take note that a call is about to be made.

        Raises:
            FlowError: It would be one too many, or the calls so far have used up what they may cost.
        """
        if self._outer is not None:
            self._outer.take()
        if self.calls >= self._limits.max_calls:
            raise _too_many(self._limits.max_calls)
        if self._limits.max_cost is not None and (spent := self._cost()).usd >= self._limits.max_cost:
            raise _too_dear(spent, self._limits.max_cost)
        self.calls += 1

    def answered(self, reply: Reply) -> None:
        """Take note of what a call gave, and with it of its cost, which is worked out only where it is limited."""
        if self._outer is not None:
            self._outer.answered(reply)
        if self._limits.max_cost is not None:
            self._replies.append(reply)

    def _cost(self) -> CostTotal:
        return CostTotal.of(reply.cost for reply in self._replies)

    def _near(self) -> Iterator[str]:
        most, dearest = self._limits.max_calls, self._limits.max_cost
        if self.calls > 1 and self.calls >= most * _WARN_AT:
            yield f"made {self.calls} of at most {most} calls (flow.max_calls_per_turn)"
        if dearest is not None and (spent := self._cost()).usd >= dearest * _WARN_AT:
            yield f"cost {spent} of {Cost(dearest)} (flow.max_cost_per_turn)"


def current_budget() -> CallBudget | None:
    """Return the budget of the turn that runs here; `None` outside of a turn."""
    return _current.get()


def _too_many(most: int) -> FlowError:
    return FlowError(
        f"The turn was stopped: it has made {most} calls of models, which is the most for one turn.",
        kind="call_limit",
        cause="Many silent nodes follow one another, or they form a loop. Nothing was added to the session.",
        fix="Let an edge lead to a conversation node earlier, or allow more: "
        f"flow.max_calls_per_turn = {2 * most}.",
    )


def _too_dear(spent: CostTotal, dearest: Decimal) -> FlowError:
    return FlowError(
        f"The turn was stopped: it has cost {spent}, and {Cost(dearest)} is the limit for one turn.",
        kind="cost_limit",
        cause="Nothing was added to the session; what the calls cost is in its totals.",
        fix=f"Choose a cheaper model, or allow more: flow.max_cost_per_turn = {float(2 * dearest):g}.",
    )
