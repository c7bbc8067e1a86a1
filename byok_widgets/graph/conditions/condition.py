"""`Condition`: when an edge is taken. Each kind of condition is one class in a module of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from byok_widgets.graph.conditions.expression import Expression
from byok_widgets.graph.conditions.value_kinds import told
from byok_widgets.secrets.quoting import as_given

_SHOWN_CHARS = 200


class Condition(ABC):
    """When an edge is taken. Immutable.

    A turn evaluates the exact conditions of a node in their order, then puts all questions for a model into one
    call, and takes the fallback where no other condition holds.

    Attributes:
        kind: Name of the kind in traces.
        field: Name under which a flow file keeps `to_data`.
        is_judged: Whether a model decides it, by answering `text`.
        is_fallback: Whether it holds exactly where no other condition of the node does.
        is_known: Whether it could be read from its file; one that could not never holds.
        argument: The argument of `flow.connect` that takes its text; empty if none does.
        runs_code: Whether `evaluate` runs a person's function, which may read any variable.
        wording: How the condition reads in a sentence, with `{0}` for its text.
        reason_wording: How the reason for its result reads, with `{0}` for the reason.
    """

    kind: ClassVar[str]
    field: ClassVar[str]
    is_judged: ClassVar[bool] = False
    is_fallback: ClassVar[bool] = False
    is_known: ClassVar[bool] = True
    argument: ClassVar[str] = ""
    runs_code: ClassVar[bool] = False
    wording: ClassVar[str] = "if {0}"
    reason_wording: ClassVar[str] = ", since {0}"

    @property
    @abstractmethod
    def text(self) -> str:
        """The condition as a person wrote it; empty where there is none."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the variables it reads, as far as they are known."""
        return ()

    @property
    def codes(self) -> tuple[object, ...]:
        """The person's functions that it calls: where their code changes, it decides otherwise."""
        return ()

    @property
    def expression(self) -> Expression | None:
        """The expression whose types can be checked; `None` where it is not one."""
        return None

    def stated(self, *, holds: bool) -> frozenset[str] | None:
        """Return the variables that surely have a value where it holds, or does not; `None` if unknown."""
        if self.runs_code:
            return None
        return frozenset(self.reads) if holds and not self.is_judged else frozenset()

    @abstractmethod
    def evaluate(self, variables: Mapping[str, Any], *, answer: bool = False) -> bool:
        """Return whether it holds.

        Args:
            variables: What is known.
            answer: What the model said, for a judged condition.

        Raises:
            ConfigError: It cannot be evaluated.
        """

    def is_bounded(self, variables: Mapping[str, Any]) -> bool:
        """Whether evaluating it, and giving the reason, takes a bounded time; otherwise a worker does it."""
        del variables
        return False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({as_given(self.text, _SHOWN_CHARS) if self.text else ''})"

    def describe(self) -> str:
        """Return the condition as part of a sentence."""
        return self.wording.format(self.text)

    def reason(self, variables: Mapping[str, Any]) -> str:
        """Return the values that decided it, in words."""
        return ", ".join(f"{name} is {told(variables.get(name))}" for name in self.reads)

    @abstractmethod
    def to_data(self) -> Any:
        """Return what a flow file keeps under `field`.

        Raises:
            ConfigError: A file cannot hold it.
        """

    @classmethod
    @abstractmethod
    def from_data(cls, data: Any) -> Condition:
        """Return the condition that a flow file holds.

        Raises:
            ConfigError: The data is invalid.
        """
