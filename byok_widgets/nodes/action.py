"""`ActionNode`: calls a Python function with the variables, silently."""

from __future__ import annotations

import inspect
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from byok_widgets.engine import ENGINE, clock
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work, ignore, run_with_output
from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.findings import Finding, Fix
from byok_widgets.nodes.action_function import ActionFunction, line_of
from byok_widgets.nodes.action_result import ActionResult
from byok_widgets.nodes.action_values import UnusableResultError, written_values
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.effects import EffectLog, EffectRecord, Effects, as_key, unknown_outcome
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.secrets import redact

DEADLINE_S = 10.0
"""Default time limit for a function, in seconds."""

_MAX_QUOTE = 200

Function = Callable[..., Any]


class ActionNode(Node[ActionResult]):
    """A node that calls a function and stores what it returns in variables.

    Each parameter of the function gets the variable of the same name. If that is not stated, it gets the
    parameter's default, or `None` without one. A parameter called `variables`, or a sole positional-only one, gets
    all of them, read-only. The function, sync or async, runs in its own thread. It returns a mapping with a value
    for each name in `writes` or, for a single name, the value itself; `None` means that there is no value.

    Attributes:
        function: The function; `None` in a flow that was loaded without it.
        effects: Whether it has side effects, so that it must not run twice for one request.
    """

    kind = "action"
    result = ActionResult
    expects_readers = True
    function: Function | None
    deadline_s: float
    effects: bool

    def __init__(
        self,
        context: FlowContext,
        name: str,
        function: Function | None,
        *,
        writes: Iterable[str] = (),
        deadline_s: float = DEADLINE_S,
        effects: bool = False,
        remark: str = "",
    ) -> None:
        super().__init__(context, name)
        if isinstance(writes, str):
            writes = [writes]
        self._writes = tuple(writes)
        for written in self._writes:
            if not isinstance(written, str) or not written.isidentifier():
                raise ConfigError(
                    f"Node {name!r} cannot write {written!r}: it is not the name of a variable.",
                    kind="variable",
                    fix='Name variables as in Python: writes=["time"].',
                )
        if isinstance(deadline_s, bool) or not isinstance(deadline_s, (int, float)) or not deadline_s > 0:
            raise ConfigError(
                f"Node {name!r}: deadline_s is a number of seconds above 0, not {deadline_s!r}.",
                kind="bad_setting",
            )
        self.deadline_s = float(deadline_s)
        self.effects = bool(effects)
        self._remark = remark
        self.function = function

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "function":
            if value is not None and not callable(value):
                raise ConfigError(
                    f"The function of node {self.name!r} cannot be called: {value!r}.",
                    kind="function",
                    fix="Give the function itself, without parentheses.",
                )
            self._call = None if value is None else ActionFunction(value, node=self.name)
        super().__setattr__(name, value)

    @property
    def writes(self) -> tuple[str, ...]:
        """The variables that it writes."""
        return self._writes

    @property
    def reads(self) -> tuple[str, ...]:
        """The parameters of the function that have no default."""
        return self._call.required if self._call else ()

    @property
    def reads_if_stated(self) -> tuple[str, ...]:
        """The parameters of the function that have a default."""
        return self._call.optional if self._call else ()

    @property
    def reads_all(self) -> bool:
        """Whether the function gets all variables; unknown, and so possible, while there is none."""
        return self._call is None or self._call.takes_all

    @property
    def reruns(self) -> bool:
        """Whether a turn that begins here calls the function again: not if it has effects."""
        return not self.effects

    @property
    def function_name(self) -> str:
        """Name of the function, for people."""
        return self._call.name if self._call else self._remark.rpartition(":")[2] or "(no function)"

    def run(self, *, variables: Mapping[str, Any] | None = None, show: bool | None = None) -> ActionResult:
        """Call the function and return what it wrote. It is called each time, even if it has effects.

        Args:
            variables: Values for the parameters.
            show: Whether to show anything in the cell; an action shows nothing by itself.

        Raises:
            FlowError: There is no function; it failed, did not return in time, or returned something unusable.
        """
        return run_with_output(self._alone(variables), show=show, show_text=False)

    async def arun(self, *, variables: Mapping[str, Any] | None = None) -> ActionResult:
        """Like `run`, for use in an event loop."""
        return await ENGINE.arun(self._alone(variables)(ignore, ignore))

    def prepare(self, given: NodeInput) -> Work[ActionResult]:
        """Return the work of calling the function, for a session."""

        async def work(on_text: OnText, on_progress: OnProgress) -> ActionResult:
            del on_text, on_progress
            call = self._bound()
            arguments = call.arguments(given.variables)
            if not self.effects or given.effects is None:
                return await self._called(call, arguments)
            return await self._once(call, arguments, given.effects)

        return work

    def describe(self) -> list[str]:
        """Return a short description for a drawing, in parts."""
        words = [f"action {self.function_name}"]
        words += [f"writes {', '.join(self.writes)}"] if self.writes else []
        return [*words, "has effects"] if self.effects else words

    def check(self) -> Iterator[Finding]:
        """Yield a finding if the function is missing."""
        if self.function is None:
            called = self.function_name
            yield Finding(
                "unbound_action",
                "error",
                self.name,
                f"The action node {self.name!r} has no function.",
                "A file holds no code. Give the function here, or with Flow.load(..., functions={...}).",
                Fix("paste", f"flow.node({self.name!r}).function = {called}") if called.isidentifier() else None,
            )

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file stores: names only, never code."""
        del saved
        data: dict[str, Any] = {
            "writes": list(self.writes),
            "deadline_s": self.deadline_s,
            "effects": self.effects,
        }
        return {**data, "function": self._call.reference if self._call else self._remark}

    @classmethod
    def from_data(cls, context: FlowContext, name: str, data: dict[str, Any]) -> ActionNode:
        """Return the node without its function: loading a file imports nothing."""
        known = {key: data.pop(key) for key in ("writes", "deadline_s", "effects") if key in data}
        return cls(context, name, None, remark=str(data.pop("function", "") or ""), **known)

    def _alone(self, variables: Mapping[str, Any] | None) -> Work[ActionResult]:
        given = NodeInput((), variables or {}, None, first_visit=True, effects=Effects(EffectLog()))
        work = self.prepare(given)

        async def named(on_text: OnText, on_progress: OnProgress) -> ActionResult:
            try:
                return await work(on_text, on_progress)
            except ByokError as error:
                failure = error
            raise failure.at(flow=self._context.config.name, node=self.name)

        return named

    def _bound(self) -> ActionFunction:
        if self._call is not None:
            return self._call
        raise FlowError(
            f"The action node {self.name!r} has no function.",
            kind="unbound_action",
            fix=f"Give it one: flow.node({self.name!r}).function = ..., or Flow.load(..., functions={{...}}).",
        )

    async def _once(self, call: ActionFunction, arguments: dict[str, Any], effects: Effects) -> ActionResult:
        """Call a function with effects, unless it already ran in a turn that was lost."""
        key = await self._in_worker(call, partial(as_key, arguments))
        earlier = effects.earlier(self.name, key)
        if earlier is not None:
            notice = f"{self.name} had already run with the same values, so it was not called again"
            return replace(earlier, reused=True, latency_s=0.0, notices=(notice,))
        record = EffectRecord(uuid.uuid4().hex, self.name, key)
        effects.begin(record)

        def keep(
            result: ActionResult,
        ) -> None:  # called when the function returns, even if nobody is waiting any more
            effects.log.put(replace(record, result=result))

        try:
            return await self._called(call, arguments, run_id=record.run_id, keep=keep)
        except ByokError as error:
            if error.kind == "action_failed":
                effects.log.discard(record.run_id)
            raise

    async def _called(
        self,
        call: ActionFunction,
        arguments: dict[str, Any],
        *,
        run_id: str = "",
        keep: Callable[[ActionResult], None] = ignore,
    ) -> ActionResult:
        began = clock()

        def finish(returned: Any) -> ActionResult:
            values, notices = written_values(returned, self.writes, node=self.name, function=call.name)
            taken_s = clock() - began
            result = ActionResult(
                self.name, call.name, values, taken_s, notices, run_id=run_id or uuid.uuid4().hex
            )
            keep(result)
            return result

        try:
            result: ActionResult = await self._in_worker(call, lambda: _then(call.call(arguments), finish))
        except LateFunctionError:
            failure = self._late()
        except UnusableResultError as error:
            failure = FlowError(error.problem, kind="action_result", fix=error.fix)
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything
            failure = self._failed(error)
        else:
            return result
        raise failure

    async def _in_worker(self, call: ActionFunction, work: Callable[[], Any]) -> Any:
        flow, name = self._context.config.name, f"{call.name} of node {self.name!r}"
        return await call_in_worker(work, limit_s=self.deadline_s, flow=flow, name=name)

    def _late(self) -> FlowError:
        if self.effects:
            return unknown_outcome(self.name, f"within {self.deadline_s:g} s")
        return FlowError(
            f"The function {self.function_name} did not return within {self.deadline_s:g} s; "
            "it may still be running.",
            kind="action_timeout",
            fix="Make it faster, or give the node more time with deadline_s=...",
        )

    def _failed(self, error: Exception) -> FlowError:
        text = " ".join(redact(str(error)).split())
        quote = f": {text[:_MAX_QUOTE]}{'…' if len(text) > _MAX_QUOTE else ''}" if text else ""
        return FlowError(
            f"The function {self.function_name} raised {type(error).__name__}{quote}.",
            kind="action_failed",
            cause=line_of(error),
            fix=f"Try it alone: flow.node({self.name!r}).run(variables={{...}}).",
        )


def _then(returned: Any, finish: Callable[[Any], ActionResult]) -> Any:
    """Return the result, or an awaitable of it."""

    async def awaited() -> ActionResult:
        return finish(await returned)

    return awaited() if inspect.isawaitable(returned) else finish(returned)
