"""Logic conditions as equations: each alternative of a condition is one list of them that all have to hold."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from byok_widgets.export.normal_form import (
    Atom,
    Compared,
    NotInNormalFormError,
    Stated,
    Truth,
    alternatives,
    normal_form,
)

Json = dict[str, Any]
KindOf = Callable[[str], str]
"""Returns the JSON type of a variable; empty where it is not known."""

_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_MIRRORED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
}


def equations(tree: ast.expr, kind_of: KindOf) -> list[Json]:
    """Return a condition as transition conditions, any of which may hold.

    Raises:
        NotInNormalFormError: It cannot be written as equations.
    """
    found = alternatives(normal_form(tree))
    if not all(found):
        raise NotInNormalFormError("it always holds")
    return [_condition(atoms, kind_of) for atoms in found]


def _condition(atoms: tuple[Atom, ...], kind_of: KindOf) -> Json:
    written = [equation for atom in atoms for equation in _of(atom, kind_of)]
    once = [equation for at, equation in enumerate(written) if equation not in written[:at]]
    return {"type": "equation", "operator": "&&", "equations": once}


def _of(atom: Atom, kind_of: KindOf) -> Iterator[Json]:
    if isinstance(atom, Stated):
        yield _stated(atom.name, yes=atom.yes)
        return
    for name in atom.names:
        yield _stated(name, yes=True)
    if isinstance(atom, Truth):
        yield from _truth(atom, kind_of)
    else:
        yield _compared(atom)


def _stated(name: str, *, yes: bool) -> Json:
    return {"left": f"{{{{{name}}}}}", "operator": "exists" if yes else "not_exist"}


def _truth(atom: Truth, kind_of: KindOf) -> Iterator[Json]:
    kind = kind_of(atom.value.id) if isinstance(atom.value, ast.Name) else ""
    if kind == "boolean":
        yield _equation(atom.names[0], "==", "true" if atom.yes else "false")
    elif kind in ("integer", "number"):
        yield _equation(atom.names[0], "!=" if atom.yes else "==", "0")
    elif kind != "string" or not atom.yes:  # a text that is stated is never empty
        raise NotInNormalFormError(f"{ast.unparse(atom.value)} alone is not an equation")


def _compared(atom: Compared) -> Json:
    left, sign, right = atom.left, atom.sign, atom.right
    if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
        if sign in (ast.In, ast.NotIn) and isinstance(left, ast.Constant) and isinstance(left.value, str):
            return _equation(right.id, "contains" if sign is ast.In else "not_contains", left.value)
        left, sign, right = right, _MIRRORED.get(sign, sign), left
    if isinstance(left, ast.Name) and sign in _SIGNS:
        return _equation(left.id, _SIGNS[sign], _constant(right))
    raise NotInNormalFormError(f"{ast.unparse(atom.left)} and {ast.unparse(atom.right)} are not an equation")


def _equation(name: str, operator: str, right: str) -> Json:
    return {"left": f"{{{{{name}}}}}", "operator": operator, "right": right}


def _constant(side: ast.expr) -> str:
    sign = ""
    if isinstance(side, ast.UnaryOp) and isinstance(side.op, ast.USub):
        sign, side = "-", side.operand
    if not isinstance(side, ast.Constant) or (sign and isinstance(side.value, (str, bool))):
        raise NotInNormalFormError(f"{ast.unparse(side)} is not a value")
    if isinstance(side.value, bool):
        return "true" if side.value else "false"
    return f"{sign}{side.value!s}"
