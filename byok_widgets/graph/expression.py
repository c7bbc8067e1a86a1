"""Logic conditions as text: a tiny safe grammar over variables. Nothing is ever evaluated as Python.

    weekday is not None and (people >= 6 or urgent)
    city in ["Rome", "Oslo"]

There are variables, numbers, texts, lists, comparisons, `in`, `is None`, `and`, `or`, `not`, `+ - * / %` between
numbers, and `len(...)` and `lower(...)`. Nothing else.

A variable that is not stated is `None`, which is neither true nor false: what is said of it is unknown, its
opposite too, and a condition that is unknown does not hold. `is None` and `is not None` tell whether it is stated.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from byok_widgets.errors import ConfigError

MAX_CHARS = 1000
_HOW = (
    "Write it like: weekday is not None and people >= 2. Allowed: and, or, not, ==, !=, <, <=, >, >=, in, is None."
)

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda value, within: value in within,
    ast.NotIn: lambda value, within: value not in within,
}
_COUNT: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_CALLS: Mapping[str, Callable[[Any], Any]] = {"len": len, "lower": lambda text: str(text).lower()}


class Expression:
    """A logic condition, checked when it is made.

    Attributes:
        text: As it was written.
        names: The variables it reads, in the order of their first appearance.
    """

    def __init__(self, text: str) -> None:
        """Read a condition.

        Raises:
            ConfigError: It is not in the grammar; the message shows which part.
        """
        self.text = text.strip() if isinstance(text, str) else ""
        self._tree = _parsed(self.text)
        calls = {node.func for node in ast.walk(self._tree) if isinstance(node, ast.Call)}
        found = [node for node in ast.walk(self._tree) if isinstance(node, ast.Name) and node not in calls]
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
            return bool(_value(self._tree, variables))
        except (TypeError, ZeroDivisionError, ValueError) as error:
            problem = str(error)
        raise ConfigError(
            f"The condition {self.text!r} cannot be worked out: {problem}.",
            kind="condition",
            cause=f"{self.facts(variables)}.",
            fix="Compare values of one kind.",
        )

    def facts(self, variables: Mapping[str, Any]) -> str:
        """Say which values it reads, in words."""
        return (
            ", ".join(f"{name} is {_shown(variables.get(name))}" for name in self.names) or "it reads no variable"
        )


@lru_cache(maxsize=256)
def _parsed(text: str) -> ast.expr:
    problem = "it is empty" if not text else "it is too long" if len(text) > MAX_CHARS else ""
    if not problem:
        try:
            tree = ast.parse(text, mode="eval").body
            problem = _foreign(tree)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            problem = getattr(error, "msg", None) or "it cannot be read"
    if problem:
        raise ConfigError(f"{text[:80]!r} is not a logic condition: {problem}.", kind="condition", fix=_HOW)
    return tree


def _foreign(tree: ast.expr) -> str:
    """Say which part is not in the grammar; empty when all is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            known = isinstance(node.func, ast.Name) and node.func.id in _CALLS
            if not known or node.keywords or len(node.args) != 1:
                return f"only {' and '.join(f'{name}(...)' for name in _CALLS)} can be called"
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, (str, int, float, bool, type(None))):
                return f"{node.value!r} is not a value it knows"
        elif isinstance(node, ast.Compare) and _misused_is(node):
            return "after is comes None, True or False; == compares values"
        elif not isinstance(node, _GRAMMAR):
            return f"{type(node).__name__.lower()} is not part of the grammar"
    return ""


def _misused_is(node: ast.Compare) -> bool:
    return any(
        isinstance(compare, (ast.Is, ast.IsNot))
        and not (isinstance(side, ast.Constant) and side.value in (None, True, False))
        for compare, side in zip(node.ops, node.comparators, strict=True)
    )


_GRAMMAR = (
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.BinOp, ast.Name, ast.Load),
    *(ast.List, ast.Tuple, ast.Set),
    *_COMPARE,
    *_COUNT,
)


def _value(node: ast.expr, variables: Mapping[str, Any]) -> Any:
    """Work out a part of the tree; `None` where it is unknown."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return variables.get(node.id)
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
        return not parts[0] if isinstance(node.op, ast.Not) else -_number(parts[0])
    if isinstance(node, ast.BinOp):
        return _COUNT[type(node.op)](*map(_number, parts))
    assert isinstance(node, ast.Call)  # noqa: S101 - all that is left in the grammar
    assert isinstance(node.func, ast.Name)  # noqa: S101
    return _CALLS[node.func.id](parts[0])


def _operands(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.UnaryOp):
        return [node.operand]
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    return node.args if isinstance(node, ast.Call) else []


def _any_or_all(node: ast.BoolOp, variables: Mapping[str, Any]) -> Any:
    decisive = isinstance(node.op, ast.Or)
    unknown = False
    for part in node.values:
        value = _value(part, variables)
        if value is None:
            unknown = True
        elif bool(value) is decisive:
            return decisive
    return None if unknown else not decisive


def _compared(node: ast.Compare, variables: Mapping[str, Any]) -> Any:
    left = _value(node.left, variables)
    for compare, side in zip(node.ops, node.comparators, strict=True):
        right = _value(side, variables)
        asks_whether_stated = isinstance(compare, (ast.Is, ast.IsNot)) or _is_none(side) or _is_none(node.left)
        if not asks_whether_stated and (left is None or right is None):
            return None
        if not _COMPARE[type(compare)](left, right):
            return False
        left = right
    return True


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number")
    return value


def _shown(value: Any) -> str:
    return "not stated" if value is None else repr(value)
