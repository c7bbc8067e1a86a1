"""Logic conditions: exact and free; an expression over variables, or a function of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.graph.conditions.condition import Condition
from byok_widgets.graph.conditions.expression import Expression
from byok_widgets.graph.conditions.stated import stated
from byok_widgets.graph.conditions.value_kinds import told
from byok_widgets.plain_values import are_plain

Test = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, repr=False)
class LogicCondition(Condition):
    """Holds when an expression over variables does."""

    kind = "logic"
    field = "if"
    argument = "if_"

    parsed: Expression

    @property
    def text(self) -> str:
        """The expression as it was written."""
        return self.parsed.text

    @property
    def reads(self) -> tuple[str, ...]:
        """The variables in the expression."""
        return self.parsed.names

    @property
    def expression(self) -> Expression:
        """The expression."""
        return self.parsed

    def stated(self, *, holds: bool) -> frozenset[str]:
        """Return the variables that surely have a value where the expression holds, or does not."""
        return stated(self.parsed.tree, holds=holds)

    def evaluate(self, variables: Mapping[str, Any], *, answer: bool = False) -> bool:
        """Return whether the expression holds.

        Raises:
            ConfigError: Values cannot be compared, such as a text with a number.
        """
        del answer
        return self.parsed.holds(variables)

    def is_bounded(self, variables: Mapping[str, Any]) -> bool:
        """Whether the values are of Python's own types and of moderate size: others compare as they like."""
        return are_plain(variables.get(name) for name in self.reads)

    def reason(self, variables: Mapping[str, Any]) -> str:
        """Return the values that the expression read."""
        return self.parsed.describe_values(variables, told)

    def to_data(self) -> str:
        """Return the expression as text."""
        return self.text

    @classmethod
    def from_data(cls, data: Any) -> LogicCondition:
        """Return the condition with this expression.

        Raises:
            ConfigError: The text is not in the grammar.
        """
        return cls(Expression(data))


@dataclass(frozen=True, repr=False)
class FunctionCondition(Condition):
    """Holds when a function of the variables returns something true. A file cannot hold it."""

    kind = "logic"
    field = ""
    runs_code = True

    function: Test

    def __post_init__(self) -> None:
        if inspect.iscoroutinefunction(self.function):
            raise ConfigError(
                "A condition cannot be an async function.", kind="condition", fix="Write a plain function."
            )

    @property
    def text(self) -> str:
        """The function's name."""
        return f"{getattr(self.function, '__name__', 'function')}(variables)"

    @property
    def codes(self) -> tuple[object, ...]:
        """The function."""
        return (self.function,)

    def evaluate(self, variables: Mapping[str, Any], *, answer: bool = False) -> bool:
        """Call the function with a read-only view of the variables.

        Raises:
            ConfigError: The function raised.
        """
        del answer
        try:
            return bool(self.function(MappingProxyType(dict(variables))))
        except Exception as error:  # noqa: BLE001 - a person's function may raise anything
            problem = describe_exception(error)
        raise ConfigError(
            f"The condition {self.text} failed: {problem}.",
            kind="condition",
            fix="Correct the function. A variable that is not stated is None, and variables cannot be set here.",
        )

    def reason(self, variables: Mapping[str, Any]) -> str:
        """Return that a function decided."""
        del variables
        return "a function of the variables"

    def to_data(self) -> Any:
        """Refuse: a file holds no code.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(
            f"The condition {self.text} is a function, which a file cannot hold.",
            kind="flow_file",
            fix='Write the condition as an expression, like if_="weekday is not None".',
        )

    @classmethod
    def from_data(cls, data: Any) -> FunctionCondition:
        """Refuse: no file holds a function.

        Raises:
            ConfigError: Always.
        """
        raise ConfigError(f"{data!r} is not a logic condition.", kind="condition")


def logic_condition(given: Any) -> Condition:
    """Return the condition for what was given as `if_`.

    Args:
        given: An expression as text, an `Expression`, or a function of the variables.

    Raises:
        ConfigError: It is none of these, or cannot be used.
    """
    if isinstance(given, (str, Expression)):
        return LogicCondition(Expression(given) if isinstance(given, str) else given)
    if callable(given):
        return FunctionCondition(given)
    raise ConfigError(
        f"{given!r} is not a logic condition.",
        kind="condition",
        fix='Give an expression like if_="weekday is not None", or a function of the variables.',
    )
