"""Which values of an extraction count as not stated, since the dialogue does not say them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from byok_widgets.grounding.talked_about import (
    is_english,
    is_of_another_kind,
    is_said_of_the_other_end,
    is_talked_about,
)
from byok_widgets.nodes.extraction_status import Status
from byok_widgets.nodes.grounding_choice import Grounding
from byok_widgets.nodes.looking_up import LookedUp
from byok_widgets.schema import ValidationResult
from byok_widgets.schema.parts import Part


@dataclass(frozen=True)
class Refusal:
    """How strictly values are taken.

    Attributes:
        is_literal: Whether choices, numbers, and a yes or no are refused too.
        is_by_default: Whether nobody asked for it, but the model is known to invent values. Lists and objects are
            then taken, with marks; and in a dialogue that is not English, choices and a yes or no are, since
            schemas are mostly written in English.
    """

    is_literal: bool
    is_by_default: bool = False

    @classmethod
    def of(cls, grounding: Grounding, *, invents: bool) -> Refusal | None:
        """Return how strictly values are taken; `None` if all are.

        Args:
            grounding: The node's setting.
            invents: Whether the model is known to invent values.
        """
        if grounding == "auto":
            return cls(is_literal=True, is_by_default=True) if invents else None
        return cls(is_literal=grounding == "literal") if grounding in ("require", "literal") else None

    def refused(
        self, checked: ValidationResult, looked_up: LookedUp, status: Mapping[str, Status]
    ) -> Iterator[str]:
        """Yield the names of the fields whose values are not taken."""
        has_language = not self.is_by_default or is_english(looked_up.passages)
        for part in checked.parts:
            if part.has_value and part.value is not None and not (self.is_by_default and part.inner):
                is_unsaid = self.is_literal and _is_unsaid(part, looked_up, has_language=has_language)
                if status[part.path] == "ungrounded" or is_unsaid:
                    yield part.path


def _is_unsaid(part: Part, looked_up: LookedUp, *, has_language: bool) -> bool:
    """Whether the dialogue has nothing literal for a value."""
    if isinstance(part.value, bool):
        return has_language and not is_talked_about(part.path, looked_up.passages)
    if isinstance(part.value, str) and _is_of_something_else(part.path, part.value, looked_up):
        return True
    is_choice = part.branch is not None and part.branch.allowed is not None
    return looked_up.grounding.get(part.path) == "not_literal" and (has_language or not is_choice)


def _is_of_something_else(name: str, value: str, looked_up: LookedUp) -> bool:
    """Whether a text was said, but cannot be what its field asks for."""
    return is_of_another_kind(name, value) or is_said_of_the_other_end(name, value, looked_up.passages)
