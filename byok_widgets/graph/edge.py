"""`Edge`: the way from one node to another, and the condition under which it is taken."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from byok_widgets.errors import ConfigError
from byok_widgets.graph.conditions.expression import Expression

EVERYWHERE = ""
"""The source of the edges that lead to global nodes; no node has this name."""

Test = Callable[[Mapping[str, Any]], Any]
EdgeKind = Literal["prompt", "logic", "else"]


@dataclass(frozen=True, eq=False)
class Edge:
    """A connection. Each is itself alone, whatever it says: a function may be its condition.

    Attributes:
        source: Name of the node it starts at; empty for the way into a global node.
        target: Name of the node it leads to.
        when: Prompt condition: a sentence that a model judges; empty for none.
        logic: Logic condition: an expression, or a function of the variables; `None` for none.
        extra: What a flow file said beside this and is not known here; kept when it is saved again.
    """

    source: str
    target: str
    when: str = ""
    logic: Expression | Test | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def create(
        cls,
        source: str,
        target: str,
        when: str | None,
        if_: str | Expression | Test | None,
        extra: Mapping[str, Any] | None = None,
    ) -> Edge:
        """Check what a person gave and make the edge.

        Raises:
            ConfigError: Both conditions were given, or one that cannot be used.
        """
        which = f"The edge from {source!r} to {target!r}" if source else f"The way into the global node {target!r}"
        if when is not None and if_ is not None:
            raise ConfigError(
                f"{which} has two conditions.", kind="condition", fix="Give when= or if_=, not both."
            )
        if when is not None and (not isinstance(when, str) or not when.strip()):
            raise ConfigError(
                f"{which} has an empty condition, or one that is no sentence.",
                kind="condition",
                fix='Write it like "the caller gave a name"; leave it out for an else edge.',
            )
        logic = Expression(if_) if isinstance(if_, str) else if_
        if not (logic is None or isinstance(logic, Expression) or callable(logic)):
            raise ConfigError(
                f"{if_!r} is not a logic condition.",
                kind="condition",
                fix='Give an expression like if_="weekday is not None", or a function of the variables.',
            )
        if inspect.iscoroutinefunction(logic):
            raise ConfigError(
                f"{which} has an async function as its condition.", kind="condition", fix="Write a plain function."
            )
        return cls(source, target, (when or "").strip(), logic, extra or {})

    @property
    def kind(self) -> EdgeKind:
        """How its condition is judged; `"else"` where there is none."""
        return "prompt" if self.when else "logic" if self.logic is not None else "else"

    @property
    def condition(self) -> str:
        """The condition in words; empty where there is none."""
        if isinstance(self.logic, Expression):
            return self.logic.text
        return self.when if self.logic is None else f"{getattr(self.logic, '__name__', 'function')}(variables)"

    @property
    def reads(self) -> tuple[str, ...]:
        """The variables that its logic condition names."""
        return self.logic.names if isinstance(self.logic, Expression) else ()

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Return whether the logic condition holds.

        Raises:
            ConfigError: It cannot be worked out.
        """
        if isinstance(self.logic, Expression):
            return self.logic.holds(variables)
        assert self.logic is not None  # noqa: S101 - asked of logic edges alone
        try:
            return bool(self.logic(MappingProxyType(dict(variables))))
        except Exception as error:  # noqa: BLE001 - a person's function may raise anything
            problem = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"The condition {self.condition} of the edge to {self.target!r} failed: {problem}.",
            kind="condition",
            fix="Mend the function; a variable that is not stated is None, and none can be set here.",
        )

    def describe_values(self, variables: Mapping[str, Any]) -> str:
        """Say which values the logic condition reads, in words."""
        return (
            self.logic.describe_values(variables)
            if isinstance(self.logic, Expression)
            else "a function of the variables"
        )
