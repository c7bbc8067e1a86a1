"""The else condition: no condition at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.graph.conditions.condition import Condition


@dataclass(frozen=True, repr=False)
class ElseCondition(Condition):
    """Holds where no other condition of the node does; always, where there is no other edge."""

    kind = "else"
    field = ""
    is_fallback = True
    wording = "else"

    @property
    def text(self) -> str:
        """Empty."""
        return ""

    def evaluate(self, variables: Mapping[str, Any], *, answer: bool = False) -> bool:
        """Return that it holds."""
        del variables, answer
        return True

    def is_bounded(self, variables: Mapping[str, Any]) -> bool:
        """Return that it is."""
        del variables
        return True

    def reason(self, variables: Mapping[str, Any]) -> str:
        """Return why it was taken."""
        del variables
        return "no other edge holds"

    def to_data(self) -> None:
        """Return nothing: an edge without a condition is an else edge."""

    @classmethod
    def from_data(cls, data: Any) -> ElseCondition:
        """Return the condition."""
        del data
        return cls()
