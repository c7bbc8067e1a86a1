"""`ActionNode`: calls a Python function with the variables, silently."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.engine.sync_runner import Work, ignore, run_with_output
from byok_widgets.errors import ByokError, ConfigError, FlowError
from byok_widgets.findings import Finding, Fix
from byok_widgets.nodes.action.call import ActionCall
from byok_widgets.nodes.action.function import ActionFunction, is_dotted_name, is_of_python
from byok_widgets.nodes.action.result import ActionResult
from byok_widgets.nodes.action.values import variable_names
from byok_widgets.nodes.base import Node, NodeInput
from byok_widgets.nodes.effects import EffectLog, Effects
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.nodes.node_settings import yes_or_no
from byok_widgets.nodes.time_limits import FUNCTION_DEADLINE_S, checked_seconds
from byok_widgets.secrets.quoting import as_given

Function = Callable[..., Any]


class ActionNode(Node[ActionResult]):
    """A node that calls a function and stores what it returns in variables.

    Each parameter of the function gets the variable of the same name. If that is not stated, it gets the
    parameter's default, or `None` without one. A parameter called `variables`, or a sole positional-only one, gets
    all of them, read-only. The function, sync or async, runs in its own thread. It returns a mapping with a value
    for each name in `writes` or, for a single name, the value itself; `None` means that there is no value.

    The function gets copies of the values, and copies of what it returns are kept, so that it changes variables by
    what it returns alone. What cannot be copied, such as an open connection, is the same object everywhere.
    """

    kind = "action"
    result = ActionResult
    expects_readers = True

    def __init__(
        self,
        context: FlowContext,
        name: str,
        function: Function | None,
        *,
        writes: Iterable[str] = (),
        deadline_s: float = FUNCTION_DEADLINE_S,
        effects: bool = False,
        remark: str = "",
    ) -> None:
        super().__init__(context, name)
        self._writes = variable_names(writes, node=name)
        self._remark = remark
        self.deadline_s = deadline_s
        self.effects = effects
        self.function = function

    @property
    def function(self) -> Function | None:
        """The function; `None` in a flow that was loaded without it."""
        return self._call.function if self._call else None

    @function.setter
    def function(self, function: Function | None) -> None:
        self._call = None if function is None else ActionFunction(function, node=self.name)

    @property
    def deadline_s(self) -> float:
        """Time limit for the function, in seconds."""
        return self._deadline_s

    @deadline_s.setter
    def deadline_s(self, seconds: float) -> None:
        self._deadline_s = checked_seconds(seconds, node=self.name)

    @property
    def effects(self) -> bool:
        """Whether it changes the world, so that it must not run twice for one request."""
        return self._effects

    @effects.setter
    def effects(self, effects: bool) -> None:
        self._effects = yes_or_no(f"Node {self.name!r}: effects", effects)

    @property
    def has_effects(self) -> bool:
        """Whether it changes the world."""
        return self.effects

    @property
    def codes(self) -> tuple[object, ...]:
        """The function."""
        return (self.function,)

    def stub(self, values: Mapping[str, Any]) -> ActionNode:
        """Return an action that stands in for this one: it calls nothing, and writes the values that it is given.

        A variable without a value is not stated.

        Raises:
            ConfigError: A value is given that the action does not write.
        """
        unknown = sorted(set(values) - set(self.writes))
        if unknown:
            raise ConfigError(
                f"The stub of {self.name!r} gives {unknown[0]!r}, which the action does not write.",
                kind="stub",
                fix=f"It writes: {', '.join(self.writes) or 'nothing'}.",
            )
        given = {name: values.get(name) for name in self.writes}

        def stub(variables: Mapping[str, Any], /) -> Any:
            del variables
            return dict(given) or None

        return ActionNode(
            self._context,
            self.name,
            stub,
            writes=self.writes,
            deadline_s=self.deadline_s,
            effects=self.effects,
        )

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
        """Async variant of `run`."""
        return await ENGINE.arun(self._alone(variables)(ignore, ignore))

    def prepare(self, given: NodeInput) -> Work[ActionResult]:
        """Return the work of calling the function, for a session."""

        async def work(on_text: OnText, on_progress: OnProgress) -> ActionResult:
            del on_text, on_progress
            function = self._bound()
            arguments = function.arguments(given.variables)
            call = ActionCall(
                self._context.config.name, self.name, function, self.writes, self.deadline_s, self.effects
            )
            if self.effects and given.effects is not None:
                return await call.once(arguments, given.effects)
            return await call.journaled(arguments)

        return work

    def bind(self, function: Function) -> None:
        """Give it the function that it calls.

        Raises:
            ConfigError: It cannot be called.
        """
        self.function = function

    def describe(self) -> list[str]:
        """Return a short description for a drawing, in parts."""
        words = [f"action {self.function_name}"]
        words += [f"writes {', '.join(self.writes)}"] if self.writes else []
        return [*words, "has effects"] if self.effects else words

    def check(self) -> Iterator[Finding]:
        """Yield a finding if the function is missing."""
        if self.function is None:
            named = f"; its file names {as_given(self._remark)}" if self._remark else ""
            yield Finding(
                "unbound_action",
                "error",
                self.name,
                f"The action node {self.name!r} has no function{named}.",
                "A file holds no code. Give the function here, or with Flow.load(..., functions={...}).",
                self._pasted_function(),
            )

    def _pasted_function(self) -> Fix | None:
        """Return the line that gives it the function that its file names; `None` for one of Python's own.

        Whoever wrote the file chose the name: `open` or `os.remove` is no function of this flow's author.
        """
        module, _, name = self._remark.rpartition(":")
        if not is_dotted_name(name) or any(is_of_python(part) for part in (module, name)):
            return None
        return Fix("paste", f"flow.node({self.name!r}).function = {name}")

    def to_data(self, saved: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a flow file stores: names only, never code."""
        del saved
        data: dict[str, Any] = {
            "writes": list(self.writes),
            "deadline_s": self.deadline_s,
            "effects": self.effects,
        }
        reference = self._call.reference if self._call else self._remark
        return {**data, "function": reference if all(map(is_dotted_name, reference.split(":"))) else ""}

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
