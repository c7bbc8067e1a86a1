"""`Edge`: the link from one node to another, with the condition under which it is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.graph.conditions import Condition, ElseCondition, PromptCondition, logic_condition
from byok_widgets.secrets.quoting import as_given, without_keys

_SHOWN_CHARS = 200


@dataclass(frozen=True, eq=False, repr=False)
class Edge:
    """A connection. Two edges are never equal, since the condition of either may be a function.

    Attributes:
        source: Name of the node it starts at; empty for the edge into a global node.
        target: Name of the node it leads to.
        condition: When it is taken.
        extra: Fields of a flow file that this version does not know; they are kept when it is saved again.
    """

    source: str
    target: str
    condition: Condition = field(default_factory=ElseCondition)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        way = f"{self.source} → {self.target}" if self.source else f"into {self.target}"
        condition = "" if self.condition.is_fallback else f", {self.condition.describe()}"
        return f"Edge({without_keys(f'{way}{condition}', _SHOWN_CHARS)})"

    @classmethod
    def create(
        cls, source: str, target: str, when: Any = None, if_: Any = None, condition: Condition | None = None
    ) -> Edge:
        """Create an edge with the condition that the user gave; without one it is an else edge.

        Args:
            source: Name of the node it starts at.
            target: Name of the node it leads to.
            when: Sentence of a prompt condition.
            if_: Expression or function of a logic condition.
            condition: A condition of any kind.

        Raises:
            ConfigError: More than one condition was given, or one that cannot be used.
        """
        which = (
            f"The edge from {source!r} to {target!r}" if source else f"The edge into the global node {target!r}"
        )
        if sum(given is not None for given in (when, if_, condition)) > 1:
            raise ConfigError(
                f"{which} has two conditions.", kind="condition", fix="Give one of when=, if_= and condition=."
            )
        try:
            return cls(source, target, _condition(when, if_, condition))
        except ByokError as error:
            problem, fix = error.problem, error.fix
        raise ConfigError(f"{which}: {problem}", kind="condition", fix=fix)


def _condition(when: Any, if_: Any, condition: Condition | None) -> Condition:
    if when is not None:
        return PromptCondition(when)
    if if_ is not None:
        return logic_condition(if_)
    if condition is None:
        return ElseCondition()
    if isinstance(condition, Condition):
        return condition
    raise ConfigError(
        f"{_shown(condition)} is not a condition.",
        kind="condition",
        fix="Give condition= a condition object; when= takes a sentence, if_= an expression or a function.",
    )


def _shown(given: object) -> str:
    """Return what was given, in a few words: a class where an object belongs, a text, or its type."""
    if isinstance(given, type):
        return f"The class {given.__name__}"
    return (
        as_given(given, 80)
        if isinstance(given, (str, int, float))
        else f"An object of type {type(given).__name__}"
    )
