"""Logic conditions as Python: what is unknown does not hold, and neither does its opposite."""

from __future__ import annotations

import ast
from typing import Any

from byok_widgets.export.normal_form import AllOf, Compared, Formula, OneOf, Stated, Truth, normal_form

_SIGNS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}


def as_python(tree: ast.expr) -> str:
    """Return a condition as an expression over the mapping `state`.

    Raises:
        NotInNormalFormError: It cannot be written.
    """
    return _source(normal_form(tree))


def _source(formula: Formula) -> str:
    if isinstance(formula, (AllOf, OneOf)):
        word, none = ("and", "True") if isinstance(formula, AllOf) else ("or", "False")
        if len(formula.parts) == 1:
            return _source(formula.parts[0])
        return f" {word} ".join(f"({_source(part)})" for part in formula.parts) or none
    if isinstance(formula, Stated):
        return f"{'' if formula.yes else 'not '}_stated(state, {formula.name!r})"
    known = [f"_stated(state, {', '.join(map(repr, formula.names))})"] if formula.names else []
    return " and ".join([*known, _test(formula)])


def _test(formula: Compared | Truth) -> str:
    if isinstance(formula, Truth):
        return f"{'bool' if formula.yes else 'not '}({_side(formula.value)})"
    return f"{_side(formula.left)} {_SIGNS[formula.sign]} {_side(formula.right)}"


def _side(tree: ast.expr) -> str:
    return ast.unparse(ast.fix_missing_locations(_OfState().visit(ast.parse(ast.unparse(tree), mode="eval").body)))


class _OfState(ast.NodeTransformer):
    """Takes variables from the state, and calls what the grammar calls by other names."""

    def visit_Name(self, node: ast.Name) -> Any:
        return ast.Subscript(ast.Name("state", ast.Load()), ast.Constant(node.id), ast.Load())

    def visit_Call(self, node: ast.Call) -> Any:
        (argument,) = [self.visit(each) for each in node.args]
        assert isinstance(node.func, ast.Name)  # noqa: S101 - the grammar has no other calls
        return ast.Call(ast.Name(f"_{node.func.id}", ast.Load()), [argument], [])
