"""`ExtractionSchema`: what to ask for, in each provider's format, and how answers are checked."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from byok_widgets.display import markup
from byok_widgets.errors import SchemaError
from byok_widgets.schema.checking import (
    check_fields,
    extras_of,
    inner_problems,
    problem_text,
    problems_of,
)
from byok_widgets.schema.classes.builders import SchemaParts, argument_meant, from_class, from_fields
from byok_widgets.schema.fields import Field, FieldSpec
from byok_widgets.schema.json_schemas.json_schema import from_json_schema
from byok_widgets.schema.parts import CheckedStatus, Part, Reader, walk
from byok_widgets.schema.paths import ByPath
from byok_widgets.schema.profile import STRICT, SchemaProfile
from byok_widgets.schema.reading.answers import objects_in
from byok_widgets.schema.reading.json_reading import plain_json
from byok_widgets.schema.reading.names import KnownNames
from byok_widgets.schema.request.answer_limits import reached
from byok_widgets.schema.request.field_list import field_list, kind_of
from byok_widgets.schema.request.wire import WireSchema, to_wire
from byok_widgets.schema.values.locales import Locale
from byok_widgets.schema.values.parsing import coerce, is_stated
from byok_widgets.schema.values.unstated_words import IsSaid, always_said, never_said
from byok_widgets.secrets.quoting import as_given

_QUICK_CHARS = 20_000


@dataclass(frozen=True)
class ValidationResult:
    """A checked answer.

    Attributes:
        values: The value of each field; `None` if it is not stated or invalid.
        status: `found`, `not_stated`, `incomplete` or `invalid` for each field.
        problems: For the path of each invalid part, what was expected and what was received; under `""`, a
            violated rule of the object as a whole.
        said: The JSON value of each field that was found, after coercion.
        record: The object of the class; `None` without a class, or if a value is missing or invalid.
        extra: What the answer holds under names that the schema does not know, by path.
        parts: The fields with all of their parts.
        pending: Whether rules of the object as a whole wait for values that are not stated.
        lacks_only: Whether what is under `""` is only that something more must be stated.
    """

    values: dict[str, Any]
    status: dict[str, CheckedStatus]
    problems: dict[str, str] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    record: Any = None
    extra: dict[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    pending: bool = False
    lacks_only: bool = False

    @property
    def complaint(self) -> str:
        """What is wrong with the answer itself; that more must be stated is no fault of it."""
        return "; ".join(problem for name, problem in self.problems.items() if name or not self.lacks_only)


class ExtractionSchema:
    """The fields of an extraction, however they were given.

    A value that is not stated is `None`, never `""`, 0 or `False`; null, a missing property and words such as
    "unknown" all mean that. Types are coerced only without loss: `"36"` and 36.0 become 36 for an int, `"true"`
    becomes true, and `"TUE"` the allowed value `Tue`; anything else that does not fit is invalid. The same rules
    apply to every provider.

    Attributes:
        name: Name on the wire: at most 64 letters, digits, `_` and `-`.
        fields: The fields.
        model: The class, if one was given: a pydantic model, a dataclass or a `TypedDict`.
        codes: The person's classes and types that check values.
    """

    def __init__(
        self, name: str, source: SchemaParts, model: type | None = None, codes: tuple[object, ...] = ()
    ) -> None:
        """Create the schema, usually through `ExtractionSchema.of`.

        Raises:
            SchemaError: A field cannot be expressed in a provider's schema.
        """
        # OpenAI takes no other name
        self.name = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "extraction"
        self.fields = source.fields
        self.model = model
        self.codes = codes
        self._source = source
        self._given: dict[str, Any] | None = None
        self._wires = {STRICT: WireSchema(self.fields, STRICT)}
        self._texts: dict[SchemaProfile, str] = {}

    def __repr__(self) -> str:
        return f"ExtractionSchema({self.name!r}, fields={[each.name for each in self.fields]})"

    def _repr_html_(self) -> str:
        must = ("", "yes")
        rows = [(each.name, kind_of(each), must[each.required], each.description) for each in self.fields]
        columns = ("field", "type", "must be stated", "description")
        told = 4 if any(row[-1] for row in rows) else 3
        return markup.table([row[:told] for row in rows], caption=f"Fields of {self.name}", columns=columns[:told])

    @classmethod
    def of(
        cls, schema: Any = None, *, fields: Mapping[str, Any] | None = None, name: str = "extraction"
    ) -> ExtractionSchema:
        """Create the schema from fields, a pydantic class or a JSON Schema.

        Raises:
            SchemaError: Neither or both were given, or the schema cannot be extracted.
        """
        try:
            return cls._of(schema, fields, name)
        except RecursionError:
            problem = SchemaError("The schema is nested too deeply, or a part of it refers to nothing but itself.")
        raise problem

    @classmethod
    def _of(cls, schema: Any, fields: Mapping[str, Any] | None, name: str) -> ExtractionSchema:
        if schema is not None and fields:
            raise _both_given(fields)
        if schema is None:
            given = fields or {}
            types = (value.type if isinstance(value, Field) else value for value in given.values())
            return cls(name, from_fields(given), codes=tuple(types))
        if isinstance(schema, Mapping):
            made = cls(name, from_json_schema(schema))
            made._given = copy.deepcopy(dict(schema))  # the caller may change its own afterwards
            return made
        if isinstance(schema, type) and _is_record(schema):
            return cls(name, from_class(schema), schema, codes=(schema,))
        raise SchemaError(
            f"{as_given(schema)} is not a schema.",
            fix="Give a pydantic class, a dataclass, a TypedDict, a JSON Schema as a dict, or fields as keywords; "
            "a list of records is a field, as in items=list[Item].",
        )

    def json_schema(self, profile: SchemaProfile = STRICT) -> dict[str, Any]:
        """Return the JSON Schema that is sent to a provider with this profile."""
        return self._wire(profile).root

    def text(self, profile: SchemaProfile = STRICT) -> str:
        """Return the JSON Schema as text, for a prompt."""
        if profile not in self._texts:
            self._texts[profile] = json.dumps(self._wire(profile).root)
        return self._texts[profile]

    @cached_property
    def _names(self) -> KnownNames:
        return KnownNames(spec.names for spec in self.fields)

    @cached_property
    def field_list(self) -> str:
        """The fields as lines of a prompt."""
        return field_list(self.fields)

    def dropped(self, profile: SchemaProfile = STRICT) -> tuple[str, ...]:
        """Describe the rules that a provider with this profile is not asked to enforce; they are checked here."""
        return tuple(self._wire(profile).dropped)

    def check_answer(
        self,
        text: str,
        *,
        profile: SchemaProfile = STRICT,
        locale: Locale | None = None,
        is_said: IsSaid = never_said,
    ) -> ValidationResult:
        """Find the object in a model's answer and check it.

        Thinking is left out, and so are parts of other objects. Of several objects, the one that fits counts;
        where several fit and differ, all of their values are invalid.

        Args:
            text: The answer.
            profile: The rules for the shape of the answer, with the limits that it may have reached.
            locale: How values are written in the dialogue; `None` for values that mean the same everywhere.
            is_said: Whether the dialogue holds a text in exactly these words.

        Raises:
            SchemaError: It contains no JSON object, or none with these fields, or it ends before the object does.
        """
        found = objects_in(text, self._names, self.name)
        if not found.are_a_list:
            results = [
                self.check(record, cut=self.cut(record, profile), locale=locale, is_said=is_said)
                for record in found.records
            ]
            chosen = _different([result for result in results if not result.problems] or results)
            if len(chosen) == 1:
                return chosen[0]
        problems = found.ambiguity([spec.name for spec in self.fields])
        return replace(self.check({}, cut=problems), problems=ByPath(problems))

    def check(
        self,
        raw: Mapping[str, Any],
        *,
        cut: Mapping[str, str] | None = None,
        locale: Locale | None = None,
        is_said: IsSaid = never_said,
    ) -> ValidationResult:
        """Check an object field by field and part by part; an invalid part affects only what needs it.

        Args:
            raw: The object.
            cut: What is wrong with the fields whose values may be cut.
            locale: How values are written in the dialogue; `None` for values that mean the same everywhere.
            is_said: Whether the dialogue holds a text in exactly these words.
        """
        raw = self._names.applied_to(raw)
        reader = Reader(coerce=partial(coerce, locale=locale), is_stated=partial(is_stated, is_said=is_said))
        unknown = {name: plain_json(value) for name, value in raw.items() if name not in self._names}
        written = {name: value for name, value in unknown.items() if value is not None}
        beside = self._source.beside if written else None
        whole_check = beside(written) if beside else self._source.whole
        checked, whole = check_fields(self.fields, raw, whole_check, reader, cut=cut or {})
        found = [(spec, checked[spec.name]) for spec in self.fields]
        parts = [each.part for _, each in found]
        problems = problems_of(found) | self._problems_with(written, parts)
        lacks_only = whole.lacks_only and not problems  # what is invalid may be what is lacking
        if () in whole.problems and (lacks_only or not whole.lacks_only):
            problems[""] = whole.problems[()]
        is_whole = not problems and all(part.status != "incomplete" for part in walk(parts))
        return ValidationResult(
            values={name: each.value for name, each in checked.items()},
            status={part.path: part.status for part in parts},
            problems=ByPath(problems, inner_problems(parts, problems)),
            said={part.path: part.value for part in parts if part.is_taken},
            record=whole.record if is_whole else None,
            extra=unknown | {path: plain_json(value) for path, value in extras_of(parts)},
            parts=tuple(parts),
            pending=whole.pending,
            lacks_only=lacks_only,
        )

    def _problems_with(self, written: Mapping[str, Any], parts: Iterable[Part]) -> dict[str, str]:
        """Return what is wrong with what was written under names that no field has."""
        if not written:
            return {}
        said = {part.path: part.value for part in parts if part.is_taken}
        found = self._source.unknown(said, written)
        return {name: problem_text(name, written[name], words, None) for name, words in found.items()}

    def cut(self, raw: Mapping[str, Any], profile: SchemaProfile) -> dict[str, str]:
        """Return what is wrong with each field of an answer that has reached one of the profile's limits."""
        return {} if profile.limits is None else reached(raw, self.json_schema(profile))

    def is_quick(self, chars: int) -> bool:
        """Whether an answer of this length is checked in a short time, by no code of a person's."""
        return not self._source.runs_code and chars <= _QUICK_CHARS

    @property
    def is_loaded(self) -> bool:
        """Whether everything that checks an answer is loaded."""
        return self._source.is_loaded()

    def load(self) -> None:
        """Load what checks an answer, which may take seconds; the first check does it otherwise."""
        self._source.load()

    def wire(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values as a model would write them, with null for each that is not stated.

        Raises:
            SchemaError: A value does not fit its field, or there is no such field.
        """
        from pydantic_core import PydanticSerializationError, to_jsonable_python

        try:
            checked = self.check(to_jsonable_python(dict(values)), is_said=always_said)
            problem = "; ".join(checked.problems.values())
        except (PydanticSerializationError, ValueError, TypeError) as error:
            problem = str(error)
        else:
            unknown = next((name for name in values if name in checked.extra), None)
            problem = problem or ("" if unknown is None else f"there is no field {unknown!r}")
        if problem:
            raise SchemaError(f"The values do not fit the fields: {problem}.")
        return {
            spec.name: to_wire(part.stated, spec.shape)
            for spec, part in zip(self.fields, checked.parts, strict=True)
        }

    def definition(self) -> dict[str, Any]:
        """Return a JSON Schema from which the same fields can be rebuilt, in a file or elsewhere.

        Python types become JSON types; what a pydantic class checks beyond its schema is lost.

        Raises:
            SchemaError: Two fields use different types under one name.
        """
        if self._given is not None:
            return self._given
        definitions: dict[str, Any] = {}
        for spec in self.fields:
            for name, part in spec.definitions.items():
                if definitions.setdefault(name, part) != part:
                    raise SchemaError(
                        f"Two fields use different types called {name!r}.",
                        fix="Give one of the types another name.",
                    )
        return {
            "type": "object",
            "properties": {spec.name: dict(spec.schema) for spec in self.fields},
            "required": [spec.name for spec in self.fields if spec.required],
            **({"$defs": definitions} if definitions else {}),
        }

    def _wire(self, profile: SchemaProfile) -> WireSchema:
        if profile not in self._wires:
            self._wires[profile] = WireSchema(self.fields, profile)
        return self._wires[profile]


def _both_given(fields: Iterable[str]) -> SchemaError:
    """Return the error for fields beside a schema, which may be meant as arguments of the node."""
    names = ", ".join(map(repr, fields))
    meant = [f"{meant} for {name!r}" for name in fields if (meant := argument_meant(name))]
    return SchemaError(
        f"Give a schema or fields, not both: {names} beside a schema would be a field.",
        fix=f"Did you mean {', '.join(meant)}?" if meant else "Put the fields into the schema.",
    )


def _different(results: list[ValidationResult]) -> list[ValidationResult]:
    seen = [([part.stated for part in result.parts], result.problems) for result in results]
    return [result for at, result in enumerate(results) if seen[at] not in seen[:at]]


def read_value(spec: FieldSpec, given: Any) -> Any:
    """Return the typed value of one field, read without loss; `None` where the value says that it is not stated.

    Raises:
        SchemaError: The field takes no such value.
    """
    try:
        meant = coerce(given, spec.shape)
        return spec.convert(meant) if is_stated(meant, spec.shape, always_said) else None
    except (ValueError, TypeError, RecursionError) as error:
        problem = problem_text(spec.name, given, str(error), spec.enum)
    raise SchemaError(f"{problem}.")


def _is_record(given: type) -> bool:
    """Whether a class has fields that pydantic reads."""
    from pydantic import BaseModel
    from typing_extensions import is_typeddict

    return issubclass(given, BaseModel) or dataclasses.is_dataclass(given) or is_typeddict(given)
