"""Fields: what a person writes (`Field`), and what is made of it (`FieldSpec`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from byok_widgets.errors import SchemaError

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """One value to read out of a dialogue.

    Attributes:
        type: A Python type that pydantic knows, or a list of the allowed values.
        description: What the value is, for the model; one sentence.
        required: Whether the record of this extraction is complete without it. It never makes a model invent one.
    """

    type: Any
    description: str = ""
    required: bool = True


@dataclass(frozen=True)
class FieldSpec:
    """A field with everything that asking and checking needs.

    Attributes:
        name: Its name on the wire and in the values.
        schema: JSON Schema of a stated value.
        required: Whether a record needs it.
        convert: Gives the checked value, or raises `ValueError` saying what was expected.
    """

    name: str
    schema: Json
    required: bool
    convert: Callable[[Any], Any]
    definitions: Json

    @cached_property
    def description(self) -> str:
        """What the value is, in the person's words."""
        return str(self.schema.get("description", ""))

    @cached_property
    def resolved(self) -> Json:
        """The field's own schema, with a reference at its root followed."""
        return follow(self.schema, self.definitions)

    @cached_property
    def enum(self) -> tuple[Any, ...] | None:
        """The allowed values; `None` where any value of the type is allowed."""
        for branch in branches(self.schema, self.definitions):
            if "const" in branch:
                return (branch["const"],)
            if "enum" in branch:
                return tuple(value for value in branch["enum"] if value is not None)
        return None

    @cached_property
    def types(self) -> frozenset[str]:
        """The JSON types that a stated value may have; empty where the schema does not say."""
        found: set[str] = set()
        for branch in branches(self.schema, self.definitions):
            named = branch.get("type", ())
            found |= {named} if isinstance(named, str) else set(named)
        return frozenset(found - {"null"})

    @cached_property
    def summary(self) -> str:
        """Type, allowed values and description in one line, for a prompt."""
        kind = (
            "one of " + ", ".join(map(repr, self.enum)) if self.enum else " or ".join(sorted(self.types)) or "any"
        )
        kind += f" ({self.resolved['format']})" if "format" in self.resolved else ""
        return f"{kind}. {self.description}".strip() if self.description else kind


def follow(schema: Json, definitions: Json) -> Json:
    """Return the schema behind a `$ref` into `$defs`; its own keywords stay beside those of the target."""
    seen = 0
    while "$ref" in schema and seen < 20:
        name = str(schema["$ref"]).rpartition("/")[2]
        if name not in definitions:
            raise SchemaError(
                f"The schema refers to {schema['$ref']!r}, which is not in its $defs.",
                fix="Put the definition under $defs; nothing is fetched from elsewhere.",
            )
        schema = {**definitions[name], **{key: value for key, value in schema.items() if key != "$ref"}}
        seen += 1
    return schema


def branches(schema: Json, definitions: Json) -> Sequence[Json]:
    """Return the alternatives of a schema, each with its reference followed."""
    schema = follow(schema, definitions)
    options = schema.get("anyOf") or schema.get("oneOf")
    if not isinstance(options, Sequence):
        return (schema,)
    return [branch for option in options for branch in branches(option, definitions)]
