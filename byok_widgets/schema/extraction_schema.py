"""`ExtractionSchema`: what to ask for, in each provider's form, and the check of what comes back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from byok_widgets.errors import SchemaError
from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.reading import first_object, is_stated, without_loss
from byok_widgets.schema.sources import from_fields, from_json_schema, from_model
from byok_widgets.schema.wire import WireSchema, from_wire, to_wire

if TYPE_CHECKING:
    from pydantic import BaseModel

CheckedStatus = Literal["found", "not_stated", "invalid"]
_SHOWN_CHARS = 60


@dataclass(frozen=True)
class Checked:
    """An answer after the check.

    Attributes:
        values: The value of each field; `None` where it is not stated or invalid.
        status: `found`, `not_stated` or `invalid` for each field.
        problems: For each invalid field, what was expected and what came.
        extra: Names in the answer that are no fields; their values are not kept.
    """

    values: dict[str, Any]
    status: dict[str, CheckedStatus]
    problems: dict[str, str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()


class ExtractionSchema:
    """The fields of an extraction, whichever way they were given.

    A value that is not stated is `None`, never `""`, 0 or `False`; null, a missing property and words such as
    "unknown" all mean that. Types are read without loss: `"36"` is 36 for an int, 36.0 too, `"true"` is true,
    `"TUE"` is the allowed value `Tue`; anything else that does not fit is invalid. This holds for every provider.

    Attributes:
        name: Name on the wire: letters, digits, `_` and `-`, at most 64.
        fields: The fields.
        model: The pydantic class, where one was given.
    """

    def __init__(self, name: str, fields: tuple[FieldSpec, ...], model: type[BaseModel] | None = None) -> None:
        self.name = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "extraction"
        self.fields = fields
        self.model = model

    @classmethod
    def of(
        cls, schema: Any = None, *, fields: Mapping[str, Any] | None = None, name: str = "extraction"
    ) -> ExtractionSchema:
        """Make the schema from fields, a pydantic class or a JSON Schema.

        Raises:
            SchemaError: Nothing or both were given, or it cannot be extracted.
        """
        if schema is not None and fields:
            raise SchemaError("Give a schema or fields, not both.", fix="Put the fields into the schema.")
        if schema is None:
            return cls(name, from_fields(fields or {}))
        if isinstance(schema, Mapping):
            return cls(name, from_json_schema(schema))
        if isinstance(schema, type):
            from pydantic import BaseModel

            if issubclass(schema, BaseModel):
                return cls(name, from_model(schema), schema)
        raise SchemaError(
            f"{schema!r} is not a schema.",
            fix="Give a pydantic class, a JSON Schema as a dict, or fields as keywords.",
        )

    def strict(self) -> dict[str, Any]:
        """Return the strict JSON Schema that is sent; a field that is not stated is null in it."""
        return self._strict.root()

    def for_anthropic(self) -> dict[str, Any]:
        """Return the strict schema with bounds in the descriptions, since Anthropic's API takes none."""
        return self._boundless.root()

    def plain(self) -> dict[str, Any]:
        """Return the schema for a prompt."""
        return self._strict.root()

    def dropped(self) -> tuple[str, ...]:
        """Return what no provider is asked to enforce, in words; it is checked here all the same."""
        return tuple(self._strict.dropped)

    def read(self, text: str) -> dict[str, Any]:
        """Take the object out of a model's answer.

        Raises:
            SchemaError: There is no JSON object in it.
        """
        return first_object(text)

    def check(self, raw: Mapping[str, Any]) -> Checked:
        """Check an object field by field; a bad value costs that field alone."""
        checked = Checked({}, {}, {}, tuple(name for name in raw if name not in self._names))
        for spec in self.fields:
            value = from_wire(raw.get(spec.name), spec.schema, spec.definitions)
            checked.values[spec.name], problem = _converted(value, spec)
            if problem:
                checked.problems[spec.name] = problem
            stated = is_stated(value, spec)
            checked.status[spec.name] = "invalid" if problem else "found" if stated else "not_stated"
        return checked

    def wire(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values as a model would write them."""
        from pydantic_core import to_jsonable_python

        return {
            spec.name: to_wire(to_jsonable_python(values.get(spec.name)), spec.schema, spec.definitions)
            for spec in self.fields
        }

    def record(self, values: Mapping[str, Any]) -> BaseModel | None:
        """Return the pydantic object; `None` without a pydantic class, or while a required value is missing."""
        if self.model is None:
            return None
        from pydantic import ValidationError

        stated = {name: value for name, value in values.items() if value is not None}
        try:
            return self.model.model_validate(stated)
        except ValidationError:
            return None

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(spec.name for spec in self.fields)

    @cached_property
    def _strict(self) -> WireSchema:
        return WireSchema(self.fields, bounds=True)

    @cached_property
    def _boundless(self) -> WireSchema:
        return WireSchema(self.fields, bounds=False)


def _converted(value: Any, spec: FieldSpec) -> tuple[Any, str]:
    if not is_stated(value, spec):
        return None, ""
    try:
        return spec.convert(without_loss(value, spec)), ""
    except (ValueError, TypeError, OverflowError) as error:
        expected = "expected one of " + ", ".join(map(str, spec.enum)) if spec.enum else str(error)
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN_CHARS else shown[: _SHOWN_CHARS - 1] + "…"
    return None, f"{spec.name}: {expected}; got {shown}"
