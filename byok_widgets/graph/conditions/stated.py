"""Which variables surely have a value once a logic condition holds, or does not hold.

An expression is true, false or unknown, and only true holds. So there are four questions to a part of it: what is
stated when it is true, false, not true, not false.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

from byok_widgets.graph.conditions.grammar import is_none

Names = frozenset[str]
_NONE: Names = frozenset()


@dataclass(frozen=True)
class _Stated:
    """The variables that are stated when a part is true, false, not true (false or unknown), or not false."""

    true: Names = _NONE
    false: Names = _NONE
    not_true: Names = _NONE
    not_false: Names = _NONE


def stated(tree: ast.expr, *, holds: bool) -> Names:
    """Return the variables that surely have a value where an expression holds, or where it does not."""
    found = _of(tree)
    return found.true if holds else found.not_true


def _of(node: ast.expr) -> _Stated:
    if isinstance(node, ast.Constant):
        return _Stated()
    if isinstance(node, ast.BoolOp):
        parts = [_of(part) for part in node.values]
        return _all(parts) if isinstance(node.op, ast.And) else _any(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        of = _of(node.operand)
        return _Stated(of.false, of.true, of.not_false, of.not_true)
    if isinstance(node, ast.Compare):
        return _all(
            [_pair(*pair) for pair in zip(node.ops, pairwise([node.left, *node.comparators]), strict=True)]
        )
    known = _known(node)
    return _Stated(true=known, false=known)


def _all(parts: Iterable[_Stated]) -> _Stated:
    """Return it for parts that all have to be true."""
    parts = list(parts)
    return _Stated(
        true=_joined(part.true for part in parts),
        false=_common(part.false for part in parts),
        not_true=_common(part.not_true for part in parts),
        not_false=_joined(part.not_false for part in parts),
    )


def _any(parts: Iterable[_Stated]) -> _Stated:
    """Return it for parts of which one has to be true."""
    parts = list(parts)
    return _Stated(
        true=_common(part.true for part in parts),
        false=_joined(part.false for part in parts),
        not_true=_joined(part.not_true for part in parts),
        not_false=_common(part.not_false for part in parts),
    )


def _pair(compare: ast.cmpop, sides: tuple[ast.expr, ast.expr]) -> _Stated:
    left, right = sides
    if is_none(left) or is_none(right):
        asked = _known(left if is_none(right) else right)
        if isinstance(compare, (ast.Is, ast.Eq)):
            return _Stated(false=asked, not_true=asked)
        return _Stated(true=asked, not_false=asked)
    known = _known(left) | _known(right)
    return _Stated(true=known, false=known)


def _known(node: ast.expr) -> Names:
    """Return the variables that are stated when a part has a value at all."""
    if isinstance(node, ast.Name):
        return frozenset([node.id])
    if isinstance(node, ast.BinOp):
        return _known(node.left) | _known(node.right)
    if isinstance(node, ast.Call):
        return _joined(map(_known, node.args))
    if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        return _known(node.operand)
    if isinstance(node, (ast.BoolOp, ast.Compare, ast.UnaryOp)):
        of = _of(node)
        return of.true & of.false
    return _NONE


def _joined(names: Iterable[Names]) -> Names:
    return _NONE.union(*names)


def _common(names: Iterable[Names]) -> Names:
    meet: Callable[[Names, Names], Names] = frozenset.intersection
    return reduce(meet, names)
