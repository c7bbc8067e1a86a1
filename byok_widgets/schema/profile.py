"""Which parts of JSON Schema a provider's structured output supports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SchemaProfile:
    """The rules for schemas sent to one provider.

    Attributes:
        unstated_is_null: Whether every property is required, and null if it is not stated; otherwise a property
            that is not stated is left out.
        takes_bounds: Whether `minimum`, `pattern`, `maxItems` and the like are enforced.
    """

    unstated_is_null: bool = True
    takes_bounds: bool = True


STRICT = SchemaProfile()
"""All properties required, bounds enforced: what most providers support."""
