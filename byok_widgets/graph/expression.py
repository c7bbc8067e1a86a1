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
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from numbers import Number
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.graph.comparison import COMPARE, plain

MAX_CHARS = 1000
_SHOWN_CHARS = 80
_HOW = (
    "Write it like: weekday is not None and people >= 2. Allowed: and, or, not, ==, !=, <, <=, >, >=, in, is None."
)

_PLACEHOLDER = re.compile(r"""(["']?)\{\{\s*([^\W\d]\w*)[^{}]*\}\}\1""")
_EQUATING = (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)
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
        except Exception as error:  # noqa: BLE001 - a value may be anybody's, and raise anything
            problem = str(error) or type(error).__name__
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
    bare = _PLACEHOLDER.sub(r"\2", text)
    if bare != text:
        raise ConfigError(
            f"The condition {text[:80]!r} names a variable in braces, as only prompts do.",
            kind="condition",
            fix=f"Write the variable bare: {bare[:80]}",
        )
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
        problem = _foreign_itself(node)
        if problem:
            return problem
    alone = next((part for part in _asked_for_truth(tree) if _says_nothing(part)), None)
    if alone is not None:
        return f"{ast.unparse(alone)} alone is no condition; say what is compared with it"
    return ""


def _foreign_itself(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        known = isinstance(node.func, ast.Name) and node.func.id in _CALLS
        if not known or node.keywords or len(node.args) != 1:
            return f"only {' and '.join(f'{name}(...)' for name in _CALLS)} can be called"
    elif isinstance(node, ast.Constant):
        if not isinstance(node.value, (str, int, float, bool, type(None))):
            return f"{node.value!r} is not a value it knows"
    elif not isinstance(node, _GRAMMAR):
        return f"{type(node).__name__.lower()} is not part of the grammar"
    elif isinstance(node, ast.Compare) and _misused_is(node):
        return "after is comes None, True or False; == compares values"
    if any(map(_is_none, ast.iter_child_nodes(node))) and not _equates(node):
        return "None stands only beside is, is not, == and !="
    return ""


def _misused_is(node: ast.Compare) -> bool:
    return any(
        isinstance(compare, (ast.Is, ast.IsNot))
        and not (isinstance(side, ast.Constant) and (side.value is None or isinstance(side.value, bool)))
        for compare, side in zip(node.ops, node.comparators, strict=True)
    )


def _equates(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and all(isinstance(compare, _EQUATING) for compare in node.ops)


def _asked_for_truth(tree: ast.expr) -> Iterator[ast.expr]:
    """Yield the whole and each part of an `and`, `or` and `not`."""
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp):
            yield from node.values
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield node.operand


def _says_nothing(part: ast.expr) -> bool:
    """Whether a part is always true or always false, as the text in `day == "Mon" or "Tue"`."""
    if isinstance(part, ast.Constant):
        return not isinstance(part.value, bool)
    return isinstance(part, (ast.List, ast.Tuple, ast.Set))


_GRAMMAR = (
    *(ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Compare, ast.BinOp, ast.Name, ast.Load),
    *(ast.List, ast.Tuple, ast.Set),
    *COMPARE,
    *_COUNT,
)


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
        asks_whether_stated = _is_none(left) or _is_none(right)
        stated = asks_whether_stated or (value is not None and other is not None)
        verdict = COMPARE[type(compare)](value, other) if stated else None
        if verdict is None:
            unknown = True
        elif not verdict:
            return False
    return None if unknown else True


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, Number):
        raise TypeError(f"{value!r} is not a number")
    return value


def _shown(value: Any) -> str:
    shown = "not stated" if value is None else repr(value)
    return shown if len(shown) <= _SHOWN_CHARS else f"{shown[: _SHOWN_CHARS - 1]}…"
