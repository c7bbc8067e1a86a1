"""The kinds of conditions. To add one, write a class in a module beside these and a line in `CONDITIONS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.graph.conditions.condition import Condition
from byok_widgets.graph.conditions.logic import LogicCondition
from byok_widgets.graph.conditions.otherwise import ElseCondition
from byok_widgets.graph.conditions.prompt import PromptCondition
from byok_widgets.graph.conditions.unknown import UnknownCondition

CONDITIONS: list[type[Condition]] = [PromptCondition, LogicCondition, ElseCondition, UnknownCondition]

_OF_EDGES = ("source", "target")
"""Fields of an edge in a file that are no condition."""


def register_condition(kind: type[Condition]) -> type[Condition]:
    """Make a kind of condition known, so that flow files and traces can hold it; usable as a decorator.

    A class takes the place of the one of the same name in the same module, as when its cell runs again.

    Raises:
        ConfigError: Another class has this kind or this field.
    """
    for at, known in enumerate(CONDITIONS):
        if (known.__module__, known.__qualname__) == (kind.__module__, kind.__qualname__):
            CONDITIONS[at] = kind
            return kind
        if known.kind == kind.kind or (kind.field and known.field == kind.field) or kind.field in _OF_EDGES:
            raise ConfigError(
                f"{known.__qualname__} is of kind {known.kind!r} and field {known.field!r} already.",
                kind="registered_twice",
                fix="Give the new class a kind and a field of its own.",
            )
    CONDITIONS.append(kind)
    return kind


def kind_of_condition(name: str) -> type[Condition]:
    """Return the class of a kind that a trace names; the base class where nobody knows it any more."""
    return next((kind for kind in CONDITIONS if kind.kind == name), Condition)


def read_condition(data: Mapping[str, Any]) -> Condition:
    """Return the condition that an edge's data holds; the else condition where it says nothing else.

    Raises:
        ConfigError: It holds two, or an invalid one.
    """
    found = [kind for kind in CONDITIONS if kind.field and data.get(kind.field) is not None]
    if len(found) > 1:
        names = " and ".join(repr(kind.field) for kind in found)
        raise ConfigError(f"An edge has one condition, not {names}.", kind="condition", fix="Keep one of them.")
    if found:
        return _read(found[0], data[found[0].field])
    unknown = [name for name in data if name not in _OF_EDGES and name not in condition_fields()]
    return UnknownCondition(tuple(unknown)) if unknown else ElseCondition()


def _read(kind: type[Condition], data: Any) -> Condition:
    try:
        return kind.from_data(data)
    except ByokError:
        raise
    except Exception as error:  # noqa: BLE001 - a kind that others wrote raises whatever it likes
        problem = type(error).__name__
    raise ConfigError(
        f"{kind.field!r} does not hold a valid condition of kind {kind.kind!r} ({problem}).",
        kind="condition",
        fix="Write it as this kind of condition is saved.",
    )


def condition_fields() -> frozenset[str]:
    """Return the names of an edge's data that hold a condition."""
    return frozenset(kind.field for kind in CONDITIONS if kind.field)
