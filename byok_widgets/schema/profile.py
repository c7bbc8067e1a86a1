"""What a provider's structured output takes of JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SchemaProfile:
    """The rules that the schemas for one provider keep.

    Attributes:
        unstated_is_null: Whether every property is required, and null where it is not stated; otherwise a property
            that is not stated is left out.
        takes_bounds: Whether `minimum`, `pattern`, `maxItems` and the like are enforced.
    """

    unstated_is_null: bool = True
    takes_bounds: bool = True


STRICT = SchemaProfile()
"""All properties required, bounds enforced: what most providers take."""
