"""Logic conditions as text: a tiny safe grammar over variables. Nothing is ever evaluated as Python.

    weekday is not None and (people >= 6 or urgent)
    city in ["Rome", "Oslo"]

There are variables, numbers, texts, lists, comparisons, `in`, `is None`, `and`, `or`, `not`, `+ - * / %` between
numbers, and `len(...)` and `lower(...)`. Nothing else.

A variable that is not stated is `None`, which is neither true nor false: what is said of it is unknown, its
opposite too, and a condition that is unknown does not hold. `is None` and `is not None` tell whether it is stated.

A date or time meets a text as its ISO form (`day >= "2026-12-24"`), and a member of an enum is its value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.foreign_exceptions import text_of_exception
from byok_widgets.graph.conditions.functions import CALLS, COUNT, number
from byok_widgets.graph.conditions.grammar import is_none, parsed
from byok_widgets.graph.conditions.operators import COMPARE, plain
from byok_widgets.graph.conditions.value_kinds import shown


class Expression:
    """A logic condition, checked when it is made.

    Attributes:
        text: As it was written.
        names: The variables it reads, in the order of their first appearance.
        tree: Its parts.
    """

    def __init__(self, text: str) -> None:
        """Read a condition.

        Raises:
            ConfigError: It is not in the grammar; the message shows which part.
        """
        self.text = text.strip() if isinstance(text, str) else ""
        self.tree = parsed(self.text)
        calls = {node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call)}
        found = [node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node not in calls]
        found.sort(key=lambda node: (node.lineno, node.col_offset))
        self.names = tuple(dict.fromkeys(node.id for node in found))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Return whether it holds.

        Raises:
            ConfigError: Values cannot be compared, such as a text with a number.
        """
        try:
            return bool(_value(self.tree, variables))
        except Exception as error:  # noqa: BLE001 - a value may be anybody's, and raise anything
            problem = text_of_exception(error) or type(error).__name__
        raise ConfigError(
            f"The condition {self.text!r} cannot be evaluated: {problem}.",
            kind="condition",
            cause=f"{self.describe_values(variables)}.",
            fix="Compare values of one kind.",
        )

    def describe_values(self, variables: Mapping[str, Any], show: Callable[[Any], str] = shown) -> str:
        """Say which values it reads; as Python writes them, unless told otherwise."""
        values = ", ".join(f"{name} is {show(variables.get(name))}" for name in self.names)
        return values or "it reads no variable"


def _value(node: ast.expr, variables: Mapping[str, Any]) -> Any:
    """Work out a part of the tree; `None` where it is unknown."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return plain(variables.get(node.id))
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [_value(entry, variables) for entry in node.elts]
    if isinstance(node, ast.BoolOp):
        return _any_or_all(node, variables)
    if isinstance(node, ast.Compare):
        return _compared(node, variables)
    return _operated(node, variables)


def _operated(node: ast.expr, variables: Mapping[str, Any]) -> Any:
    parts = [_value(part, variables) for part in _operands(node)]
    if any(part is None for part in parts):
        return None
    if isinstance(node, ast.UnaryOp):
        return not parts[0] if isinstance(node.op, ast.Not) else -number(parts[0])
    if isinstance(node, ast.BinOp):
        return COUNT[type(node.op)](*map(number, parts))
    assert isinstance(node, ast.Call)  # noqa: S101 - all that is left in the grammar
    assert isinstance(node.func, ast.Name)  # noqa: S101
    return CALLS[node.func.id](parts[0])


def _operands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    return node.args if isinstance(node, ast.Call) else []


def _any_or_all(node: ast.BoolOp, variables: Mapping[str, Any]) -> bool | None:
    decisive = isinstance(node.op, ast.Or)
    unknown = False
    for part in node.values:
        value = _value(part, variables)
        if value is None:
            unknown = True
        elif bool(value) is decisive:
            return decisive
    return None if unknown else not decisive


def _compared(node: ast.Compare, variables: Mapping[str, Any]) -> bool | None:
    """Compare each side with the next; one pair that fails decides, whatever is unknown of the others."""
    sides = [(side, _value(side, variables)) for side in (node.left, *node.comparators)]
    unknown = False
    for compare, ((left, value), (right, other)) in zip(node.ops, pairwise(sides), strict=True):
        asks_whether_stated = is_none(left) or is_none(right)
        stated = asks_whether_stated or (value is not None and other is not None)
        verdict = COMPARE[type(compare)](value, other) if stated else None
        if verdict is None:
            unknown = True
        elif not verdict:
            return False
    return None if unknown else True
