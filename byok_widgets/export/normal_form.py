"""Logic conditions in a normal form: no `not`, and comparisons that hold only where their values are stated.

What is unknown does not hold here, and neither does its opposite. A target that knows only true and false says the
same when each comparison requires that its variables are stated, once no `not` is left around it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, product

from byok_widgets.graph.conditions.functions import CALLS
from byok_widgets.graph.conditions.grammar import is_none

MOST_ALTERNATIVES = 40
"""Most alternatives of a condition that is written as a list of them."""

_OPPOSITE: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


class NotInNormalFormError(Exception):
    """A condition is outside of what the normal form has. Its text says why."""


@dataclass(frozen=True)
class Stated:
    """Whether a variable has a value."""

    name: str
    yes: bool


@dataclass(frozen=True, eq=False)
class Compared:
    """Two values compare in this way; all their variables are stated."""

    left: ast.expr
    sign: type[ast.cmpop]
    right: ast.expr

    @property
    def names(self) -> tuple[str, ...]:
        """The variables of both."""
        return names_in(self.left, self.right)


@dataclass(frozen=True, eq=False)
class Truth:
    """A value counts as true, or as false; all its variables are stated."""

    value: ast.expr
    yes: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Its variables."""
        return names_in(self.value)


@dataclass(frozen=True)
class AllOf:
    """All parts hold; without any, it always holds."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True)
class OneOf:
    """One of the parts holds; without any, it never does."""

    parts: tuple[Formula, ...]


Atom = Stated | Compared | Truth
Formula = Atom | AllOf | OneOf


def normal_form(tree: ast.expr) -> Formula:
    """Return a condition in its normal form.

    Raises:
        NotInNormalFormError: A comparison has another one as its side.
    """
    return _formula(tree, holds=True)


def alternatives(formula: Formula) -> list[tuple[Atom, ...]]:
    """Return a condition as a list of alternatives, of each of which all parts hold.

    Raises:
        NotInNormalFormError: There would be too many of them.
    """
    if isinstance(formula, OneOf):
        found = [each for part in formula.parts for each in alternatives(part)]
    elif isinstance(formula, AllOf):
        parts = [alternatives(part) for part in formula.parts]
        count = 1
        for part in parts:
            count *= len(part)
        if count > MOST_ALTERNATIVES:  # before they are built: they grow with the power of the parts
            raise NotInNormalFormError(f"it has {count} alternatives")
        found = [tuple(atom for part in chosen for atom in part) for chosen in product(*parts)]
    else:
        found = [(formula,)]
    if len(found) > MOST_ALTERNATIVES:
        raise NotInNormalFormError(f"it has {len(found)} alternatives")
    return found


def names_in(*trees: ast.expr) -> tuple[str, ...]:
    """Return the variables in some expressions, each once."""
    walked: Iterable[ast.AST] = (node for tree in trees for node in ast.walk(tree))
    return tuple(dict.fromkeys(n.id for n in walked if isinstance(n, ast.Name) and n.id not in CALLS))


def _formula(node: ast.expr, *, holds: bool) -> Formula:
    if isinstance(node, ast.BoolOp):
        parts = tuple(_formula(part, holds=holds) for part in node.values)
        return AllOf(parts) if isinstance(node.op, ast.And) is holds else OneOf(parts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _formula(node.operand, holds=not holds)
    if isinstance(node, ast.Constant):
        return AllOf(()) if bool(node.value) is holds else OneOf(())
    if isinstance(node, ast.Compare):
        pairs = zip(node.ops, pairwise([node.left, *node.comparators]), strict=True)
        compared = tuple(_compared(type(sign), left, right, holds=holds) for sign, (left, right) in pairs)
        return AllOf(compared) if holds else OneOf(compared)
    return Truth(node, holds)


def _compared(sign: type[ast.cmpop], left: ast.expr, right: ast.expr, *, holds: bool) -> Formula:
    for side in (left, right):
        if any(isinstance(part, (ast.Compare, ast.BoolOp)) or _is_not(part) for part in ast.walk(side)):
            raise NotInNormalFormError("it compares what another comparison says")
    chosen = sign if holds else _OPPOSITE[sign]
    if is_none(left) or is_none(right):
        return _stated(left if is_none(right) else right, yes=chosen in (ast.IsNot, ast.NotEq))
    if isinstance(right, (ast.List, ast.Tuple, ast.Set)) and chosen in (ast.In, ast.NotIn):
        each = ast.Eq if chosen is ast.In else ast.NotEq
        parts = tuple(Compared(left, each, entry) for entry in right.elts)
        # for an empty list, no part requires it
        return OneOf(parts) if chosen is ast.In else AllOf((*parts, *_all_stated(left)))
    plain = {ast.Is: ast.Eq, ast.IsNot: ast.NotEq}.get(chosen, chosen)
    return Compared(left, plain, right)


def _is_not(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def _stated(side: ast.expr, *, yes: bool) -> Formula:
    parts = tuple(Stated(name, yes) for name in names_in(side))
    return AllOf(parts) if yes else OneOf(parts)


def _all_stated(side: ast.expr) -> Iterator[Stated]:
    yield from (Stated(name, yes=True) for name in names_in(side))
