"""Prompt conditions: a sentence that a model judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.graph.conditions.condition import Condition


@dataclass(frozen=True, repr=False)
class PromptCondition(Condition):
    """Holds when a model says that a sentence is true of the dialogue.

    Attributes:
        sentence: Such as "the caller gave a name".
    """

    kind = "prompt"
    field = "when"
    argument = "when"
    is_judged = True
    wording = "when “{0}”"
    reason_wording = " (the model: “{0}”)"

    sentence: str

    def __post_init__(self) -> None:
        if not isinstance(self.sentence, str) or not self.sentence.strip():
            raise ConfigError(
                "A prompt condition is a sentence.",
                kind="condition",
                fix='Write it like "the caller gave a name"; leave it out for an else edge.',
            )
        object.__setattr__(self, "sentence", self.sentence.strip())

    @property
    def text(self) -> str:
        """The sentence."""
        return self.sentence

    def evaluate(self, variables: Mapping[str, Any], *, answer: bool = False) -> bool:
        """Return what the model said."""
        del variables
        return answer

    def to_data(self) -> str:
        """Return the sentence."""
        return self.sentence

    @classmethod
    def from_data(cls, data: Any) -> PromptCondition:
        """Return the condition with this sentence."""
        return cls(data)
