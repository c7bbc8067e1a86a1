"""`ActionCall`: calls an action's function in a worker, within its deadline, and never twice where that counts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from byok_widgets.engine.sync_runner import ignore
from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import FlowError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.nodes.action.argument_key import argument_key
from byok_widgets.nodes.action.function import ActionFunction, line_of
from byok_widgets.nodes.action.result import ActionResult
from byok_widgets.nodes.action.run import ActionRun, Settle
from byok_widgets.nodes.action.values import UnusableResultError
from byok_widgets.nodes.calls.turn_scope import current_scope
from byok_widgets.nodes.effects import FIND_OUT, EffectRecord, Effects, Outcome, unknown_outcome
from byok_widgets.plain_values import are_plain, copies_of

T = TypeVar("T")


@dataclass(frozen=True)
class ActionCall:
    """An action node as it stood when its work began: a change meanwhile is for the next call.

    Attributes:
        flow: Name of the flow.
        node: Name of the node.
        function: The function.
        writes: The variables that the node writes.
        deadline_s: Time limit for the function, in seconds.
        effects: Whether the function changes the world.
    """

    flow: str
    node: str
    function: ActionFunction
    writes: tuple[str, ...]
    deadline_s: float
    effects: bool

    async def once(self, arguments: dict[str, Any], effects: Effects) -> ActionResult:
        """Call a function with effects, unless it ran in a turn that was lost.

        Raises:
            FlowError: It failed, or returned something unusable; or it is not known whether it took effect.
        """
        key = await self._prepared(arguments, argument_key)
        copies = await self._prepared(arguments, copies_of)
        earlier = effects.earlier(self.node, key)
        if isinstance(earlier, ActionResult):
            notice = f"{self.node} had already run with the same values, so it was not called again"
            values = await self._prepared(earlier.values, copies_of)
            return replace(earlier, values=values, reused=True, latency_s=0.0, notices=(notice,))
        record = EffectRecord(uuid.uuid4().hex, self.node, key)
        effects.begin(record)  # before the call: if that is cut short, it is on record that it may have run

        def settle(outcome: Outcome, result: ActionResult | None = None) -> None:
            effects.log.put(replace(record, outcome=outcome, result=result))

        try:
            return await self._called(copies, run_id=record.run_id, settle=settle)
        finally:
            effects.log.give_up(record.run_id)

    async def journaled(self, arguments: dict[str, Any]) -> ActionResult:
        """Call a function, unless an earlier attempt at the same served turn has its result.

        Raises:
            FlowError: It failed, did not return in time, or returned something unusable.
        """
        scope = current_scope()
        copies = await self._prepared(arguments, copies_of)
        if scope is None:
            return await self._called(copies)
        step = f"action\n{self.node}\n{await self._prepared(arguments, argument_key)}"
        kept = await scope.kept(step)
        if isinstance(kept, ActionResult):
            return kept
        result = await self._called(copies)
        scope.keep(step, result)
        return result

    async def _called(
        self, arguments: dict[str, Any], *, run_id: str = "", settle: Settle = ignore
    ) -> ActionResult:
        """Call the function; `settle` gets how it ended, also when nobody waits any more."""
        run = ActionRun(self.node, self.function, self.writes, run_id or uuid.uuid4().hex, settle)
        try:
            result: ActionResult = await self._in_worker(partial(run.start, arguments))
        except LateFunctionError:
            failure = self._late()
        except UnusableResultError as error:
            failure = FlowError(error.problem, kind="action_result", fix=error.fix)
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything
            failure = self._failed(error)
        else:
            return result
        raise failure

    async def _prepared(self, values: Mapping[str, Any], work: Callable[[Mapping[str, Any]], T]) -> T:
        """Do what is needed with values apart from the call; that may fail, or take any time."""
        if are_plain(values.values()):
            return work(values)
        try:
            prepared: T = await self._in_worker(partial(work, values))
        except LateFunctionError:
            problem = f"could not be copied and compared within {self.deadline_s:g} s"
        except Exception as error:  # noqa: BLE001 - a value may be anybody's, and raise anything
            problem = f"cannot be copied and compared ({describe_exception(error)})"
        else:
            return prepared
        raise FlowError(
            f"The function {self.function.name} was not called: the values for it {problem}.",
            kind="action_argument",
            fix="Give it texts, numbers, lists or mappings of moderate size, or more time with deadline_s=...",
        )

    async def _in_worker(self, work: Callable[[], Any]) -> Any:
        name = f"{self.function.name} of node {self.node!r}"
        return await call_in_worker(work, limit_s=self.deadline_s, flow=self.flow, name=name)

    def _late(self) -> FlowError:
        if self.effects:
            return unknown_outcome(self.node, f"its function did not return within {self.deadline_s:g} s")
        return FlowError(
            f"The function {self.function.name} did not return within {self.deadline_s:g} s; "
            "it may still be running.",
            kind="action_timeout",
            fix="Make it faster, or give the node more time with deadline_s=...",
        )

    def _failed(self, error: Exception) -> FlowError:
        try_alone = f"Try it alone: flow.node({self.node!r}).run(variables={{...}})."
        unknown = " It is not known whether it took effect." if self.effects else ""
        return FlowError(
            f"The function {self.function.name} raised {describe_exception(error)}.{unknown}",
            kind="action_failed",
            cause=line_of(error),
            fix=FIND_OUT if self.effects else try_alone,
        )
