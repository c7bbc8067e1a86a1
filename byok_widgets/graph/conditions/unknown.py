"""The condition of an edge that a file describes in a way that is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.graph.conditions.condition import Condition


@dataclass(frozen=True, repr=False)
class UnknownCondition(Condition):
    """Never holds, and `flow.check()` says so: a condition that cannot be read must not become "always".

    Attributes:
        fields: Names of what the file says of the edge and nobody here knows.
    """

    kind = "unknown"
    field = ""
    is_known = False
    wording = "unknown here ({0})"
    reason_wording = ""

    fields: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The names of the unknown fields."""
        return ", ".join(self.fields)

    def evaluate(self, variables: Mapping[str, Any], *, answer: bool = False) -> bool:
        """Return that it does not hold."""
        del variables, answer
        return False

    def to_data(self) -> None:
        """Return nothing: the edge keeps the unknown fields as they are."""

    @classmethod
    def from_data(cls, data: Any) -> UnknownCondition:
        """Return the condition for the names of unknown fields."""
        return cls(tuple(data))
