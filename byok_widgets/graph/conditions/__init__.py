"""Conditions of edges: one class for each kind, and the expression language of logic conditions."""

from typing import TYPE_CHECKING

from byok_widgets.lazy_names import lazy_names

if TYPE_CHECKING:
    from byok_widgets.graph.conditions.condition import Condition
    from byok_widgets.graph.conditions.expression import Expression
    from byok_widgets.graph.conditions.logic import FunctionCondition, LogicCondition, Test, logic_condition
    from byok_widgets.graph.conditions.otherwise import ElseCondition
    from byok_widgets.graph.conditions.prompt import PromptCondition
    from byok_widgets.graph.conditions.registry import (
        CONDITIONS,
        condition_fields,
        kind_of_condition,
        read_condition,
        register_condition,
    )
    from byok_widgets.graph.conditions.unknown import UnknownCondition

__all__ = [
    "CONDITIONS",
    "Condition",
    "ElseCondition",
    "Expression",
    "FunctionCondition",
    "LogicCondition",
    "PromptCondition",
    "Test",
    "UnknownCondition",
    "condition_fields",
    "kind_of_condition",
    "logic_condition",
    "read_condition",
    "register_condition",
]

__getattr__ = lazy_names(
    __name__,
    {
        "byok_widgets.graph.conditions.condition": ["Condition"],
        "byok_widgets.graph.conditions.expression": ["Expression"],
        "byok_widgets.graph.conditions.logic": ["FunctionCondition", "LogicCondition", "Test", "logic_condition"],
        "byok_widgets.graph.conditions.otherwise": ["ElseCondition"],
        "byok_widgets.graph.conditions.prompt": ["PromptCondition"],
        "byok_widgets.graph.conditions.registry": [
            "CONDITIONS",
            "condition_fields",
            "kind_of_condition",
            "read_condition",
            "register_condition",
        ],
        "byok_widgets.graph.conditions.unknown": ["UnknownCondition"],
    },
)
