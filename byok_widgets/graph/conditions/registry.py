"""The kinds of conditions. A further one is a class in a module beside these, and a line in `CONDITIONS`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.graph.conditions.condition import Condition
from byok_widgets.graph.conditions.logic import LogicCondition
from byok_widgets.graph.conditions.otherwise import ElseCondition
from byok_widgets.graph.conditions.prompt import PromptCondition

CONDITIONS: list[type[Condition]] = [PromptCondition, LogicCondition, ElseCondition]


def register_condition(kind: type[Condition]) -> type[Condition]:
    """Make a kind of condition known, so that flow files and traces can hold it; usable as a decorator."""
    CONDITIONS.append(kind)
    return kind


def kind_of_condition(name: str) -> type[Condition]:
    """Return the class of a kind that a trace names; the base class where nobody knows it any more."""
    return next((kind for kind in CONDITIONS if kind.kind == name), Condition)


def read_condition(data: Mapping[str, Any]) -> Condition:
    """Return the condition that an edge's data holds, the else condition where it holds none.

    Raises:
        ConfigError: It holds two, or an invalid one.
    """
    found = [kind for kind in CONDITIONS if kind.field and data.get(kind.field) is not None]
    if len(found) > 1:
        names = " and ".join(repr(kind.field) for kind in found)
        raise ConfigError(f"An edge has one condition, not {names}.", kind="condition", fix="Keep one of them.")
    return found[0].from_data(data[found[0].field]) if found else ElseCondition()


def condition_fields() -> frozenset[str]:
    """Return the names of an edge's data that hold a condition."""
    return frozenset(kind.field for kind in CONDITIONS if kind.field)
