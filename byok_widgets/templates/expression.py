"""What a placeholder holds: a variable, its parts and filters. Frozen values, and how they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

DEFAULT_FILTERS = frozenset({"default", "d"})
"""Filters that give a variable without a value one."""


@dataclass(frozen=True)
class Variable:
    """A variable, by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Constant:
    """A quoted text, or an argument of a filter: a text, a number, yes or no, or nothing."""

    value: str | float | bool | None

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return quoted(self.value)
        return repr(self.value).lower()


@dataclass(frozen=True)
class Part:
    """A part of a value: an entry of a mapping or a list, or an attribute of an object."""

    of: Expression
    key: Expression

    def __str__(self) -> str:
        key = self.key.value if isinstance(self.key, Constant) else None
        dotted = isinstance(key, str) and key.isidentifier()
        return f"{self.of}.{key}" if dotted else f"{self.of}[{self.key}]"


@dataclass(frozen=True)
class Filtered:
    """A value with a filter applied to it."""

    of: Expression
    name: str
    args: tuple[Expression, ...] = ()
    named: tuple[tuple[str, Expression], ...] = ()

    def __str__(self) -> str:
        given = [*map(str, self.args), *(f"{name}={value}" for name, value in self.named)]
        return f"{self.of} | {self.name}" + (f"({', '.join(given)})" if given else "")


Expression = Variable | Constant | Part | Filtered


def written(expression: Expression) -> str:
    """Return the placeholder that holds an expression."""
    plain = isinstance(expression, Variable)
    return f"{{{{{expression}}}}}" if plain else f"{{{{ {expression} }}}}"


def quoted(text: str) -> str:
    """Return a text as a placeholder holds it."""
    mark = '"' if "'" in text and '"' not in text else "'"
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace(mark, f"\\{mark}")
    return f"{mark}{escaped}{mark}"


def names_in(expression: Expression) -> Iterator[str]:
    """Yield all variables that an expression reads."""
    if isinstance(expression, Variable):
        yield expression.name
    elif isinstance(expression, Part):
        yield from names_in(expression.of)
        yield from names_in(expression.key)
    elif isinstance(expression, Filtered):
        for part in (expression.of, *expression.args, *(value for _, value in expression.named)):
            yield from names_in(part)


def needed_by(expression: Expression) -> Iterator[str]:
    """Yield the variables that must have a value: not those before a `default`."""
    if isinstance(expression, Filtered):
        if expression.name not in DEFAULT_FILTERS:
            yield from needed_by(expression.of)
        for part in (*expression.args, *(value for _, value in expression.named)):
            yield from needed_by(part)
    elif isinstance(expression, Part):
        yield from needed_by(expression.of)
        yield from needed_by(expression.key)
    else:
        yield from names_in(expression)


def parts_in(expression: Expression, *, needed: bool = True) -> Iterator[tuple[Part, bool]]:
    """Yield the parts of values that are read, each with whether it must be there: not before a `default`."""
    if isinstance(expression, Part):
        yield expression, needed
        yield from parts_in(expression.key, needed=needed)
    elif isinstance(expression, Filtered):
        yield from parts_in(expression.of, needed=needed and expression.name not in DEFAULT_FILTERS)
        for part in (*expression.args, *(value for _, value in expression.named)):
            yield from parts_in(part, needed=needed)


def filters_in(expression: Expression) -> Iterator[Filtered]:
    """Yield the filters of an expression, those in arguments included."""
    if isinstance(expression, Part):
        yield from filters_in(expression.of)
        yield from filters_in(expression.key)
    elif isinstance(expression, Filtered):
        yield expression
        for part in (expression.of, *expression.args, *(value for _, value in expression.named)):
            yield from filters_in(part)
