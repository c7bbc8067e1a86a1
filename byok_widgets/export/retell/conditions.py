"""Equations of a conversation flow as logic conditions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from byok_widgets.errors import ByokError
from byok_widgets.graph import Expression

Json = Mapping[str, Any]

_VARIABLE = re.compile(r"\s*\{\{\s*([^\W\d]\w*)\s*\}\}\s*|\s*([^\W\d]\w*)\s*")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_COMPARES = frozenset({"==", "!=", "<", "<=", ">", ">="})
_HOLDS = {"contains": "in", "not_contains": "not in"}
_STATED = {"exists": "is not None", "not_exist": "is None"}


class Conditions:
    """Writes equations as expressions.

    Args:
        kinds: The type of each variable that the flow extracts.
    """

    def __init__(self, kinds: Mapping[str, Any]) -> None:
        self._kinds = kinds

    def problem(self, condition: Json) -> str:
        """Return why a condition cannot be written, in a sentence; empty if it can."""
        try:
            text = self.expression(condition)
        except (KeyError, TypeError, ValueError) as error:
            return f"Its equations are not read here ({type(error).__name__}: {error})."
        return self.fault(text)

    def fault(self, text: str) -> str:
        """Return why a text is no logic condition, in a sentence; empty if it is one."""
        try:
            Expression(text)
        except ByokError as error:
            return f"Its equations are not a logic condition. {error.problem}"
        return ""

    def expression(self, condition: Json) -> str:
        """Return a condition as an expression.

        Raises:
            KeyError: A part is missing, or is not known.
            ValueError: The left side is no variable.
        """
        word = {"&&": "and", "||": "or"}[condition["operator"]]
        parts = list(condition["equations"])
        if word == "and":
            parts = _without_what_is_said_anyway(parts)
        return f" {word} ".join(dict.fromkeys(map(self._one, parts)))

    def _one(self, equation: Json) -> str:
        name, operator = _name(equation), equation["operator"]
        if operator in _STATED:
            return f"{name} {_STATED[operator]}"
        right = equation["right"]
        if not isinstance(right, str) or "{{" in right:
            raise ValueError("the right side is not a fixed text")
        if operator in _HOLDS:
            return f"{right!r} {_HOLDS[operator]} {name}"
        if operator not in _COMPARES:
            raise KeyError(operator)
        return f"{name} {operator} {self._value(name, operator, right)}"

    def _value(self, name: str, operator: str, right: str) -> str:
        kind = self._kinds.get(name)
        is_number = _NUMBER.fullmatch(right) is not None
        if kind == "boolean" and right in ("true", "false"):
            return right.capitalize()
        if is_number and (kind == "number" or (kind is None and operator not in ("==", "!="))):
            return right
        return repr(right)


def _without_what_is_said_anyway(equations: list[Json]) -> list[Json]:
    """Leave out "exists" for a variable that is compared: here a comparison holds only where it has a value."""
    compared = {_name(each) for each in equations if each["operator"] not in _STATED}
    return [each for each in equations if each["operator"] != "exists" or _name(each) not in compared]


def _name(equation: Json) -> str:
    found = _VARIABLE.fullmatch(equation["left"])
    if not found:
        raise ValueError("the left side is not a variable")
    return found[1] or found[2]
