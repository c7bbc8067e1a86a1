"""Fields: what the user writes (`Field`), and what is built from it (`FieldSpec`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from byok_widgets.schema.json_schemas.schema_refs import Json
from byok_widgets.schema.shape import Shape, Shapes


@dataclass(frozen=True)
class Field:
    """One value to extract from a dialogue.

    Attributes:
        type: A Python type that pydantic knows, or a list of the allowed values.
        description: What the value is, in one sentence for the model.
        required: Whether the extraction is complete only with it. It never makes a model invent a value.
    """

    type: Any
    description: str = ""
    required: bool = True


@dataclass(frozen=True)
class FieldSpec:
    """A field with everything needed to ask for it and to check it.

    Attributes:
        name: Its name on the wire and in the values.
        schema: JSON Schema of a stated value.
        required: Whether the extraction is complete only with it.
        convert: Converts a JSON value to the typed value, or raises `ValueError` saying what was expected.
        definitions: The definitions that the schema may refer to.
        has_decimals: Whether a number in it that may also be written as text is a `Decimal`.
        aliases: Other names under which it may be written.
        reads_first: Whether its own code reads what was written before its type does.
    """

    name: str
    schema: Any
    required: bool
    convert: Callable[[Any], Any] = field(repr=False)
    definitions: Json
    has_decimals: bool = False
    aliases: tuple[str, ...] = ()
    reads_first: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which it may be written, its own first."""
        return (self.name, *self.aliases)

    @property
    def description(self) -> str:
        """What the value is, in the words of its schema; empty without any."""
        return str(self.schema.get("description", "")) if isinstance(self.schema, dict) else ""

    @cached_property
    def shape(self) -> Shape:
        """The schema as its values are read."""
        return Shapes(self.definitions, has_decimals=self.has_decimals).of(self.schema)

    @cached_property
    def enum(self) -> tuple[Any, ...] | None:
        """The allowed values; `None` if any value of the type is allowed."""
        return self.shape.enum
