"""`Claim`: a value that a model reports for a field, held against what the dialogue says about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from byok_widgets.grounding.asked import Asked
from byok_widgets.grounding.dialogue import Dialogue
from byok_widgets.grounding.evidence import Mark
from byok_widgets.grounding.reading.moments import is_form_of_words
from byok_widgets.grounding.reading.talked_about import is_denied, is_talked_about
from byok_widgets.grounding.rules.corrections import is_taken_back
from byok_widgets.grounding.rules.counted import counts_something_else
from byok_widgets.grounding.rules.leaning import leaning
from byok_widgets.grounding.rules.misplaced import (
    is_of_an_unspoken_return,
    is_of_another_kind,
    is_said_of_the_other_end,
    is_said_of_the_other_way,
)
from byok_widgets.grounding.rules.offers import only_suggests
from byok_widgets.grounding.rules.passed_over import is_passed_over
from byok_widgets.grounding.rules.replaced import is_replaced
from byok_widgets.nodes.extraction.evidence_lookup import LookupResult, lookup_of
from byok_widgets.nodes.extraction.field_meanings import FieldMeanings
from byok_widgets.schema.parts import Part


@dataclass(frozen=True)
class Claim:
    """A value without parts.

    Attributes:
        part: The value, and where it stands.
        name: The name under which it stands.
        looked_up: What the dialogue says about it.
        meanings: What the fields ask for.
    """

    part: Part
    name: str
    looked_up: LookupResult
    meanings: FieldMeanings

    @property
    def dialogue(self) -> Dialogue:
        """The dialogue."""
        return self.looked_up.dialogue

    @property
    def mark(self) -> Mark | None:
        """How well the dialogue supports it."""
        return self.looked_up.grounding.get(self.part.path)

    @property
    def description(self) -> str:
        """The description of its field."""
        return self.meanings.description_of(self.part.path)

    @cached_property
    def asked(self) -> Asked:
        """It, as the dialogue is searched for it."""
        return Asked(self.part.path, *lookup_of(self.part))

    def is_unsaid(self, *, is_foreign: bool) -> bool:
        """Whether nobody said it, for this field and in words that leave no doubt.

        Args:
            is_foreign: Whether the dialogue is in another language than the schema. Choices, times, and a yes or
                no are then taken without their words.
        """
        if self.mark == "ungrounded":
            return True
        if isinstance(self.part.value, bool):
            return not is_foreign and not self._is_supported
        if self.mark == "said":
            return self._is_of_something_else
        return self.mark == "not_literal" and self._is_invented(is_foreign=is_foreign)

    @property
    def _is_of_something_else(self) -> bool:
        """Whether it was said, but is not what its field asks for, or nothing that people agreed to."""
        signs = _OF_TEXTS if isinstance(self.part.value, str) else _OF_NUMBERS
        return any(says_so(self) for says_so in signs)

    @property
    def _is_supported(self) -> bool:
        """Whether somebody speaks about it, a yes or no, and not only to deny the yes."""
        passages = self.dialogue.passages
        if not is_talked_about(self.name, passages, self.meanings.hints.get(self.part.path, ())):
            return False
        leans = leaning(self.name, passages, [self.dialogue.is_by_person(at) for at in range(len(passages))])
        return leans in (None, self.part.value) and not (self.part.value and is_denied(self.name, passages))

    def _is_invented(self, *, is_foreign: bool) -> bool:
        """Whether it is more than another form of words that were said."""
        branch, value = self.part.branch, self.part.value
        if branch is not None and branch.allowed is not None:
            return not is_foreign
        if branch is not None and branch.is_time and self.part.path in self.looked_up.evidence:
            place = self.looked_up.evidence[self.part.path]  # names of months in another language may be unknown
            return not is_foreign and not self.dialogue.is_hour_said_in_reply(value, place)
        return not isinstance(value, str) or not is_form_of_words(value)


def _is_of_an_unspoken_return(claim: Claim) -> bool:
    return is_of_an_unspoken_return(claim.name, claim.dialogue.passages) and not claim.dialogue.is_foreign()


def _is_only_suggested(claim: Claim) -> bool:
    asked = claim.asked
    # who wants another restaurant does not decline its price range, although the description names both
    about = claim.name if asked.kind == "choice" else f"{claim.name} {claim.description}"
    is_by_model = claim.looked_up.is_said_by_model(claim.part)
    return is_by_model and only_suggests(claim.dialogue, about, asked.value, asked.kind, asked.allowed)


def _is_a_choice_taken_back(claim: Claim) -> bool:
    asked = claim.asked
    return asked.kind == "choice" and is_taken_back(claim.dialogue, asked.value, asked.allowed)


Sign = Callable[[Claim], bool]

_OF_ALL: tuple[Sign, ...] = (
    lambda claim: is_replaced(claim.dialogue, claim.asked),
    lambda claim: is_passed_over(claim.dialogue, claim.asked),
)
_OF_NUMBERS: tuple[Sign, ...] = (
    *_OF_ALL,
    lambda claim: counts_something_else(claim.dialogue, claim.name, claim.part.value, claim.description),
)
_OF_TEXTS: tuple[Sign, ...] = (
    *_OF_ALL,
    lambda claim: is_of_another_kind(claim.name, claim.part.value),
    lambda claim: is_said_of_the_other_end(claim.name, claim.part.value, claim.dialogue.passages),
    lambda claim: is_said_of_the_other_way(claim.name, claim.part.value, claim.dialogue.passages),
    _is_of_an_unspoken_return,
    _is_a_choice_taken_back,
    _is_only_suggested,
)
