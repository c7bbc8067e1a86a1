"""`ActionNode`: it calls a Python function with the variables, silently."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from byok_widgets.engine import ENGINE, clock
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work, ignore, run_with_output
from byok_widgets.engine.workers import LateFunctionError, call_in_worker
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.findings import Finding, Fix
from byok_widgets.nodes.action_result import ActionResult
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.effects import EffectLog, EffectRecord, Effects, as_key, unknown_outcome
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.secrets import redact

DEADLINE_S = 10.0
"""Longest time for a function, in seconds, where the node sets no other."""

ALL_VARIABLES = "variables"
"""A parameter of this name takes all variables."""

_MAX_QUOTE = 200
_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

Function = Callable[..., Any]


class ActionNode(Node[ActionResult]):
    """A node that does something: it calls a function, and what that returns becomes variables.

    Each parameter of the function takes the variable of its name, `None` where that is not stated; one called
    `variables` takes all of them, read-only. The function, sync or async, runs in a thread of its own.

    Attributes:
        function: The function; `None` in a flow that was loaded without it.
        effects: Whether it changes the world, so that it must not run twice for one request.
    """

    kind = "action"
    result = ActionResult
    function: Function | None
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
                    fix='Name variables like Python does: writes=["time"].',
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
        if name == "function" and value is not None and not callable(value):
            raise ConfigError(
                f"The function of node {self.name!r} cannot be called: {value!r}.",
                kind="function",
                fix="Give the function itself, without parentheses.",
            )
        super().__setattr__(name, value)

    deadline_s: float

    @property
    def writes(self) -> tuple[str, ...]:
        """The variables that it writes."""
        return self._writes

    @property
    def reads(self) -> tuple[str, ...]:
        """The parameters of the function that have no default."""
        return tuple(
            name for name, parameter in self._parameters().items() if parameter.default is parameter.empty
        )

    @property
    def function_name(self) -> str:
        """Name of the function, for people."""
        if self.function is None:
            return self._remark.rpartition(":")[2] or "(no function)"
        return str(getattr(self.function, "__name__", type(self.function).__name__))

    def run(self, *, variables: Mapping[str, Any] | None = None, show: bool | None = None) -> ActionResult:
        """Call the function and return what it wrote. It is called each time, also when it has effects.

        Args:
            variables: Values for the parameters.
            show: Whether anything is shown in the cell; an action shows nothing by itself.

        Raises:
            FlowError: There is no function; it failed, did not return in time, or returned what cannot be written.
        """
        return run_with_output(self._alone(variables), show=show, show_text=False)

    async def arun(self, *, variables: Mapping[str, Any] | None = None) -> ActionResult:
        """Do the same as `run` in an event loop."""
        return await ENGINE.arun(self._alone(variables)(ignore, ignore))

    def prepare(self, given: NodeInput) -> Work[ActionResult]:
        """Return the work of calling the function, for a session."""

        async def work(on_text: OnText, on_progress: OnProgress) -> ActionResult:
            del on_text, on_progress
            function, arguments = self._bound(), self._arguments(given.variables)
            if not self.effects or given.effects is None:
                return await self._called(function, arguments)
            return await self._once(function, arguments, given.effects)

        return work

    def describe(self) -> list[str]:
        """Return what it is, for a drawing."""
        words = [f"action {self.function_name}"]
        words += [f"writes {', '.join(self.writes)}"] if self.writes else []
        return [*words, "has effects"] if self.effects else words

    def check(self) -> Iterator[Finding]:
        """Yield that the function is missing, where it is."""
        if self.function is None:
            yield Finding(
                "unbound_action",
                "error",
                self.name,
                f"The action node {self.name!r} has no function.",
                "A file holds no code. Give the function here, or with Flow.load(..., functions={...}).",
                Fix("paste", f"flow.node({self.name!r}).function = {self.function_name.strip('()')}"),
            )

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file keeps: names alone, never code."""
        del saved
        data: dict[str, Any] = {
            "writes": list(self.writes),
            "deadline_s": self.deadline_s,
            "effects": self.effects,
        }
        return {**data, "function": self._where_it_is() or self._remark}

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

    def _parameters(self) -> dict[str, inspect.Parameter]:
        """Return the parameters that take a variable, by name."""
        try:
            parameters = inspect.signature(self.function).parameters if self.function else {}
        except (TypeError, ValueError):  # some built-in functions have no signature
            return {}
        return {
            name: parameter
            for name, parameter in parameters.items()
            if parameter.kind in _BY_NAME and name != ALL_VARIABLES
        }

    def _takes_all(self) -> bool:
        try:
            return bool(self.function) and ALL_VARIABLES in inspect.signature(self.function).parameters  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return False

    def _bound(self) -> Function:
        if self.function is not None:
            return self.function
        raise FlowError(
            f"The action node {self.name!r} has no function.",
            kind="unbound_action",
            fix=f"Give it one: flow.node({self.name!r}).function = ..., or Flow.load(..., functions={{...}}).",
        )

    def _arguments(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        arguments = {}
        for name, parameter in self._parameters().items():
            if name in variables:
                arguments[name] = variables[name]
            elif parameter.default is parameter.empty:
                raise FlowError(
                    f"The function {self.function_name} takes {name!r}, a variable that nothing sets.",
                    kind="action_argument",
                    fix=f"Let a node write it, set it by code, or give the parameter {name!r} a default.",
                )
        if self._takes_all():
            arguments[ALL_VARIABLES] = MappingProxyType(dict(variables))
        return arguments

    async def _once(self, function: Function, arguments: dict[str, Any], effects: Effects) -> ActionResult:
        """Call a function with effects, unless it ran with these arguments in a turn that was lost."""
        key = as_key(arguments)
        earlier = effects.earlier(self.name, key)
        if earlier is not None:
            notice = f"{self.name} had already run with the same values, so it was not called again"
            return replace(earlier, reused=True, latency_s=0.0, notices=(notice,))
        result = ActionResult(self.name, self.function_name)
        record = EffectRecord(result.run_id, self.name, key)
        effects.log.put(record)
        try:
            result = await self._called(function, arguments, run_id=result.run_id)
        except ByokError as error:
            if error.kind == "action_failed":
                effects.log.discard(record.run_id)
            raise
        effects.log.put(replace(record, result=result))
        return result

    async def _called(self, function: Function, arguments: dict[str, Any], *, run_id: str = "") -> ActionResult:
        began = clock()
        try:
            returned = await call_in_worker(partial(function, **arguments), limit_s=self.deadline_s)
        except LateFunctionError:
            failure = self._late()
        except Exception as error:  # noqa: BLE001 - a person's function may raise anything
            failure = self._failed(error)
        else:
            values, notices = self._written(returned)
            result = ActionResult(self.name, self.function_name, values, clock() - began, notices)
            return replace(result, run_id=run_id) if run_id else result
        raise failure

    def _late(self) -> FlowError:
        if self.effects:
            return unknown_outcome(self.name, f"within {self.deadline_s:g} s")
        return FlowError(
            f"The function {self.function_name} did not return within {self.deadline_s:g} s; it may still run.",
            kind="action_timeout",
            fix="Make it faster, or give the node more time with deadline_s=...",
        )

    def _failed(self, error: Exception) -> FlowError:
        text = " ".join(redact(str(error)).split())
        quote = f": {text[:_MAX_QUOTE]}{'…' if len(text) > _MAX_QUOTE else ''}" if text else ""
        return FlowError(
            f"The function {self.function_name} raised {type(error).__name__}{quote}.",
            kind="action_failed",
            fix=f"Try it alone: flow.node({self.name!r}).run(variables={{...}}).",
        )

    def _written(self, returned: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Return the values for the variables, checked."""
        if not self.writes:
            notice = f"{self.name} returned a value that is not kept: name the variable in writes=[...]"
            return {}, ((notice,) if returned is not None else ())
        values = self._by_name(returned)
        for name in set(values) - set(self.writes):
            raise self._unusable(
                f"returned {name!r}, which the node does not write", f"Add it: writes=[..., {name!r}]."
            )
        for name in self.writes:
            if name not in values:
                raise self._unusable(
                    f"returned no {name!r}", f"Return a mapping with {name!r}, None where it is not known."
                )
            self._require_json(name, values[name])
        return {name: values[name] for name in self.writes}, ()

    def _by_name(self, returned: Any) -> Mapping[str, Any]:
        if len(self.writes) == 1 and not (isinstance(returned, Mapping) and set(returned) == set(self.writes)):
            return {self.writes[0]: returned}
        if isinstance(returned, Mapping):
            return returned
        names = ", ".join(map(repr, self.writes))
        raise self._unusable(f"returned {type(returned).__name__}", f"Return a mapping with {names}.")

    def _require_json(self, name: str, value: Any) -> None:
        from pydantic_core import PydanticSerializationError, to_jsonable_python

        try:
            to_jsonable_python(value)
        except (PydanticSerializationError, ValueError, RecursionError):
            problem = f"returned {type(value).__name__} for {name!r}, which JSON cannot hold"
        else:
            return
        raise self._unusable(problem, "Return texts, numbers, lists, mappings, dates, or dataclasses of these.")

    def _unusable(self, problem: str, fix: str) -> FlowError:
        return FlowError(f"The function {self.function_name} {problem}.", kind="action_result", fix=fix)

    def _where_it_is(self) -> str:
        """Return `module:function` where others can import it, else the function's name."""
        module = getattr(self.function, "__module__", "") or ""
        name = getattr(self.function, "__qualname__", "") or ""
        if self.function is None or not name:
            return ""
        importable = module not in ("", "__main__") and "<" not in name
        return f"{module}:{name}" if importable else self.function_name
