"""Which parts of JSON Schema a provider's structured output supports."""

from __future__ import annotations

from dataclasses import dataclass, replace

from byok_widgets.schema.request.answer_limits import AnswerLimits


@dataclass(frozen=True)
class SchemaProfile:
    """The rules for schemas sent to one provider.

    Attributes:
        unstated_is_null: Whether every property is required, and null if it is not stated; otherwise a property
            that is not stated is left out.
        takes_bounds: Whether `minimum`, `pattern`, `maxItems` and the like are enforced.
        limits: For a server that turns the schema into a grammar: the most that a list or a text may hold. Such a
            server also enforces the lengths of texts, and needs patterns in a simpler dialect.
    """

    unstated_is_null: bool = True
    takes_bounds: bool = True
    limits: AnswerLimits | None = None

    def within(self, max_tokens: int | None) -> SchemaProfile:
        """Return the profile for an answer of at most so many tokens."""
        if self.limits is None or max_tokens is None:
            return self
        return replace(self, limits=AnswerLimits(max_tokens))


STRICT = SchemaProfile()
"""All properties required, bounds enforced: what most providers support."""
