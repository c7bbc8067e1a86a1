"""Which values of an extraction count as not stated, since the dialogue does not say them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from byok_widgets.nodes.examples import Example
from byok_widgets.nodes.extraction.between_fields import left_out, repeated
from byok_widgets.nodes.extraction.claim import Claim
from byok_widgets.nodes.extraction.evidence_lookup import LookupResult
from byok_widgets.nodes.extraction.field_meanings import FieldMeanings
from byok_widgets.nodes.grounding_choice import Grounding
from byok_widgets.schema import FieldSpec
from byok_widgets.schema.parts import Part


@dataclass(frozen=True)
class Refusal:
    """How strictly values are taken.

    Attributes:
        is_literal: Whether choices, numbers, and a yes or no are refused too.
        is_by_default: Whether nobody asked for it, but the model is known to invent values. A list or an object is
            then taken, with marks, if any part of it was said; and in a dialogue that is not English, choices and
            a yes or no are, since schemas are mostly written in English.
        meanings: What the fields ask for.
    """

    is_literal: bool
    is_by_default: bool = False
    meanings: FieldMeanings = field(default_factory=FieldMeanings)

    @classmethod
    def of(
        cls,
        grounding: Grounding,
        *,
        invents: bool,
        examples: Iterable[Example] = (),
        fields: Iterable[FieldSpec] = (),
    ) -> Refusal | None:
        """Return how strictly values are taken; `None` if all are.

        Args:
            grounding: The node's setting.
            invents: Whether the model is known to invent values.
            examples: The node's.
            fields: The node's.
        """
        is_by_default = grounding == "auto"
        if grounding in ("flag", "off") or (is_by_default and not invents):
            return None
        if grounding == "require":
            return cls(is_literal=False)
        return cls(is_literal=True, is_by_default=is_by_default, meanings=FieldMeanings.of(fields, examples))

    def refused(self, parts: Iterable[Part], looked_up: LookupResult, locale: str | None = None) -> Iterator[str]:
        """Yield the names of the fields whose values are not taken.

        Args:
            parts: The values.
            looked_up: What the dialogue says about them.
            locale: The declared locale of the dialogue.
        """
        dialogue, every = looked_up.dialogue, list(parts)
        is_foreign = self.is_by_default and dialogue.is_foreign(locale)
        stated = [part for part in every if part.has_value and part.value is not None]
        refused = [part for part in stated if self._is_refused(part, looked_up, is_foreign=is_foreign)]
        if self.is_literal:
            refused += left_out(_without(stated, refused), every, dialogue, self.meanings)
            refused += repeated(_without(stated, refused), dialogue)
        yield from (part.path for part in refused)

    def _is_refused(self, part: Part, looked_up: LookupResult, *, is_foreign: bool) -> bool:
        claims = [Claim(each, name, looked_up, self.meanings) for each, name in _said_alone(part, "")]
        unsaid = [self._is_unsaid(claim, is_foreign=is_foreign) for claim in claims]
        return bool(unsaid) and (all(unsaid) if self.is_by_default else any(unsaid))

    def _is_unsaid(self, claim: Claim, *, is_foreign: bool) -> bool:
        return claim.is_unsaid(is_foreign=is_foreign) if self.is_literal else claim.mark == "ungrounded"


def _without(parts: Iterable[Part], others: Iterable[Part]) -> list[Part]:
    left = list(others)
    return [part for part in parts if part not in left]


def _said_alone(part: Part, name: str) -> Iterator[tuple[Part, str]]:
    """Yield the parts without parts of their own, and keys of maps, each with the name under which it stands."""
    own = part.step if isinstance(part.step, str) else name
    if part.is_key or not part.inner:
        yield part, own
    for inner in part.inner:
        if inner.is_taken and not inner.is_extra:
            yield from _said_alone(inner, own)
