"""Logic conditions as equations: each alternative of a condition is one list of them that all have to hold."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
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
KindOf = Callable[[str], str | None]
"""Returns the JSON type of a variable; empty where it has several, `None` where it is not known."""
_NUMBERS = ("integer", "number")

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
        yield _compared(atom, kind_of)


def _stated(name: str, *, yes: bool) -> Json:
    return {"left": f"{{{{{name}}}}}", "operator": "exists" if yes else "not_exist"}


def _truth(atom: Truth, kind_of: KindOf) -> Iterator[Json]:
    kind = kind_of(atom.value.id) if isinstance(atom.value, ast.Name) else ""
    if kind == "boolean":
        yield _equation(atom.names[0], "==", "true" if atom.yes else "false")
    elif kind in _NUMBERS:
        yield _equation(atom.names[0], "!=" if atom.yes else "==", "0")
    elif kind != "string" or not atom.yes:  # a text that is stated is never empty
        raise NotInNormalFormError(f"{ast.unparse(atom.value)} alone is not an equation")


def _compared(atom: Compared, kind_of: KindOf) -> Json:
    left, sign, right = atom.left, atom.sign, atom.right
    if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
        if sign in (ast.In, ast.NotIn):
            return _contains(right.id, sign, _value(left), kind_of(right.id))
        left, sign, right = right, _MIRRORED.get(sign, sign), left
    if not isinstance(left, ast.Name) or sign not in _SIGNS:
        raise NotInNormalFormError(f"{ast.unparse(atom.left)} and {ast.unparse(atom.right)} are not an equation")
    value = _value(right)
    _require_alike(left.id, kind_of(left.id), value, has_order=sign in _MIRRORED)
    return _equation(left.id, _SIGNS[sign], _written(value))


def _contains(name: str, sign: type[ast.cmpop], value: Any, kind: str | None) -> Json:
    if not isinstance(value, str) or kind not in ("string", None):
        raise NotInNormalFormError(f"{value!r} in {name} is not an equation of two texts")
    return _equation(name, "contains" if sign is ast.In else "not_contains", _written(value))


def _require_alike(name: str, kind: str | None, value: Any, *, has_order: bool) -> None:
    """Reject a comparison of unlike values, which is written as one of texts there, and of the order of texts.

    Raises:
        NotInNormalFormError: It is one.
    """
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if has_order:
        fits = is_number and (kind in _NUMBERS or kind is None)
    elif kind is None:
        fits = isinstance(value, str)
    else:
        fits = (
            (kind == "string" and isinstance(value, str))
            or (kind == "boolean" and isinstance(value, bool))
            or (kind in _NUMBERS and is_number)
        )
    if not fits:
        raise NotInNormalFormError(f"{name} cannot be compared with {value!r} there")


def _equation(name: str, operator: str, right: str) -> Json:
    return {"left": f"{{{{{name}}}}}", "operator": operator, "right": right}


def _value(side: ast.expr) -> Any:
    """Return a fixed value.

    Raises:
        NotInNormalFormError: It is none.
    """
    negative = isinstance(side, ast.UnaryOp) and isinstance(side.op, ast.USub)
    inner = side.operand if isinstance(side, ast.UnaryOp) and negative else side
    value = inner.value if isinstance(inner, ast.Constant) else None
    if value is None or (negative and isinstance(value, (str, bool))):
        raise NotInNormalFormError(f"{ast.unparse(side)} is not a value")
    return -value if negative else value  # type: ignore[operator]


def _written(value: Any) -> str:
    """Return a value as the right side of an equation.

    Raises:
        NotInNormalFormError: It cannot be written there.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotInNormalFormError(f"{value} has no digits")
        return format(Decimal(repr(value)), "f")  # without an exponent
    if isinstance(value, str) and "{{" in value:
        raise NotInNormalFormError(f"{value!r} would be taken for a variable")
    return str(value)
