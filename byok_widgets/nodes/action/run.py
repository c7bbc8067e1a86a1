"""`ActionRun`: one call of an action's function, in its worker."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.engine import clock
from byok_widgets.nodes.action.function import ActionFunction
from byok_widgets.nodes.action.result import ActionResult
from byok_widgets.nodes.action.values import written_values
from byok_widgets.nodes.effects import Outcome
from byok_widgets.plain_values import copy_of

Settle = Callable[[Outcome, ActionResult | None], None]
"""Called when a run has ended, with how it ended and its result, if any."""


@dataclass
class ActionRun:
    """One call of a function. It ends in its own thread, whether or not anybody still waits for it.

    Attributes:
        node: Name of the node.
        call: The function.
        writes: The variables that the node writes.
        run_id: Id of the run.
        settle: Told how it ended.
    """

    node: str
    call: ActionFunction
    writes: tuple[str, ...]
    run_id: str
    settle: Settle

    def start(self, arguments: Mapping[str, Any]) -> Any:
        """Call the function; returns the result, or what gives it when awaited.

        Raises:
            UnusableResultError: The node cannot write what it returned.
            Exception: Whatever the function raised.
        """
        began = clock()
        try:
            returned = self.call.call(arguments)
        except BaseException:
            self.settle("raised", None)
            raise
        return self._awaited(returned, began) if inspect.isawaitable(returned) else self._result(returned, began)

    async def _awaited(self, returned: Any, began: float) -> ActionResult:
        try:
            value = await returned
        except asyncio.CancelledError:  # nobody waits any more
            self.settle("late", None)
            raise
        except BaseException:
            self.settle("raised", None)
            raise
        return self._result(value, began)

    def _result(self, returned: Any, began: float) -> ActionResult:
        try:
            values, notices = written_values(
                copy_of(returned), self.writes, node=self.node, function=self.call.name
            )
        except BaseException:
            self.settle("unusable", None)
            raise
        result = ActionResult(self.node, self.call.name, values, clock() - began, notices, run_id=self.run_id)
        self.settle("returned", result)
        return result
