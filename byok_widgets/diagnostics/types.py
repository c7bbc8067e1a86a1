"""Logic conditions that compare what can never match: a number with text, or a value outside a field's list.

Values set by code may be of any type, and what a function checks is not known.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from byok_widgets.attributes.strict import nearest
from byok_widgets.diagnostics.value_types import ANYTHING, ValueType, any_of, of_value, of_variables
from byok_widgets.findings import Finding, Level
from byok_widgets.graph.conditions.grammar import is_none
from byok_widgets.graph.flow_graph import FlowGraph

_SHOWN_VALUES = 12
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_LISTS = (ast.List, ast.Tuple, ast.Set)
_NUMBER, _TRUTH = ValueType(frozenset(["number"])), ValueType(frozenset(["truth"]))


def type_mismatches(graph: FlowGraph, known: Container[str] = ()) -> Iterator[Finding]:
    """Yield the conditions that compare what can never match; `known` are the variables that code will set."""
    types = {name: found for name, found in of_variables(graph).items() if name not in known}
    for edge in graph.edges:
        for mistake in _mistakes(edge.condition.expression.tree, types) if edge.condition.expression else ():
            problem = f"The condition {edge.condition.text!r} of node {edge.source!r} {mistake.what}."
            yield Finding("types", mistake.level, edge.source, problem, mistake.fix)


@dataclass(frozen=True)
class _Mistake:
    what: str
    fix: str
    level: Level = "error"


@dataclass(frozen=True)
class _Side:
    """One side of a comparison: its source text, what it may be, and the entries of a list literal."""

    text: str
    type: ValueType
    entries: tuple[_Side, ...] = ()

    def __str__(self) -> str:
        return f"{self.text}, {self.type.words}"


def _mistakes(tree: ast.expr, types: Mapping[str, ValueType]) -> Iterator[_Mistake]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            for compare, (left, right) in zip(node.ops, pairwise([node.left, *node.comparators]), strict=True):
                if not (is_none(left) or is_none(right)):
                    yield from _compared(compare, _side(left, types), _side(right, types))
        for side in (_side(part, types) for part in _counted(node)):
            if side.type.is_never("number"):
                yield _Mistake(f"calculates with {side}", "Calculate with numbers.")
        if isinstance(node, ast.Call) and _name(node) == "len":
            side = _side(node.args[0], types)
            if side.type.is_only("number", "truth"):
                yield _Mistake(f"asks for the length of {side}", "Use len() on text or a list.")


def _compared(compare: ast.cmpop, left: _Side, right: _Side) -> Iterator[_Mistake]:
    if isinstance(compare, (ast.In, ast.NotIn)):
        yield from _sought(left, right)
    elif left.type.is_unlike(right.type):
        yield _mixed(left, right)
    elif not isinstance(compare, _ORDER) and left.type.never_equals(right.type):
        yield _stranger(left, right)


def _sought(left: _Side, right: _Side) -> Iterator[_Mistake]:
    if right.type.is_only("number", "truth"):
        yield _Mistake(f"looks for {left.text} in {right}", "Compare with ==, or look in a list or text.")
    elif right.type.is_only("text") and left.type.is_never("text"):
        yield _mixed(left, right)
    elif right.type.is_only("list"):
        entries = right.entries or (_Side(f"the entries of {right.text}", right.type.entries or ANYTHING),)
        strangers = [entry for entry in entries if left.type.never_equals(entry.type)]
        level: Level = "error" if len(strangers) == len(entries) else "warning"
        for entry in strangers:
            make = _mixed if left.type.is_unlike(entry.type) else _stranger
            yield make(left, entry, level)


def _mixed(left: _Side, right: _Side, level: Level = "error") -> _Mistake:
    """Return the mistake of two sides that are of different kinds."""
    fix = "Compare values of one kind."
    for side, other in ((left, right), (right, left)):
        if side.type.is_only("truth") and side.type.allowed is None:
            fix = f"Write {side.text}, or not {side.text}."
        if side.type.is_only("number") and _number_in_quotes(other):
            fix = f"Write it without quotes: {other.text[1:-1]}."
        if side.type.is_only("list") and other.type.is_only("text"):
            fix = f"Write {other.text} in {side.text}."
    return _Mistake(f"compares {left}, with {right}", fix, level)


def _number_in_quotes(side: _Side) -> bool:
    return side.type.is_only("text") and side.text[1:-1].replace(".", "", 1).isdecimal()


def _stranger(left: _Side, right: _Side, level: Level = "error") -> _Mistake:
    """Return the mistake of two sides that are of one kind, and never equal."""
    one, other = sorted((left, right), key=lambda side: -len(side.type.allowed or ()))
    values = {str(value): value for value in one.type.allowed or ()}
    meant = _meant(other, values)
    hint = f"Did you mean {values[meant]!r}? " if meant else ""
    shown = ", ".join(map(repr, [*values.values()][:_SHOWN_VALUES]))
    more = ", and others" if len(values) > _SHOWN_VALUES else ""
    fix = f"{hint}Its values: {shown}{more}."
    return _Mistake(f"compares {one.text} with {other.text}, which it can never equal", fix, level)


def _meant(side: _Side, values: Mapping[str, object]) -> str:
    """Return the allowed value that was meant, ignoring case."""
    folded = {text.casefold(): text for text in values}
    found = (nearest(str(value).casefold(), folded) for value in side.type.allowed or ())
    return next((folded[text] for text in found if text), "")


def _counted(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    return [node.operand] if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else []


def _side(node: ast.expr, types: Mapping[str, ValueType]) -> _Side:
    entries = tuple(_side(entry, types) for entry in node.elts) if isinstance(node, _LISTS) else ()
    return _Side(ast.unparse(node), _type(node, types), entries)


def _type(node: ast.expr, types: Mapping[str, ValueType]) -> ValueType:
    if isinstance(node, ast.Constant):
        return of_value(node.value)
    if isinstance(node, ast.Name):
        return types.get(node.id, ANYTHING)
    if isinstance(node, _LISTS):
        return ValueType(frozenset(["list"]), entries=any_of(_type(entry, types) for entry in node.elts))
    if isinstance(node, ast.Call):
        return _NUMBER if _name(node) == "len" else _lower(_type(node.args[0], types))
    return _NUMBER if _counted(node) else _TRUTH


def _lower(given: ValueType) -> ValueType:
    allowed = None if given.allowed is None else tuple(str(value).lower() for value in given.allowed)
    return ValueType(frozenset(["text"]), allowed)


def _name(call: ast.Call) -> str:
    return ast.unparse(call.func)
