"""Builds field specs, and the check of all values together, from keywords or a pydantic class."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from byok_widgets.errors import SchemaError, describe_exception
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.schema.exact_numbers import decimal_text, takes_decimals
from byok_widgets.schema.fields import Field, FieldSpec
from byok_widgets.schema.misfit import MisfitError, location_in
from byok_widgets.schema.quick_checks import is_plain_type
from byok_widgets.schema.schema_refs import Json, resolved
from byok_widgets.secrets import redact
from byok_widgets.secrets.quoting import as_given
from byok_widgets.strict_attributes import nearest

if TYPE_CHECKING:
    from pydantic import BaseModel, TypeAdapter
    from pydantic.fields import FieldInfo

_ARGUMENTS = ("examples", "fields", "grounding", "max_tokens", "model", "prompt", "schema", "settings", "window")
"""Other arguments given beside the fields: a misspelt one would be taken for a field."""

HOW = 'Give fields as keywords like name=str, weekday=["Mon", "Tue"], or a pydantic class, or a JSON Schema.'


@dataclass(frozen=True)
class RootResult:
    """The result of checking all values together.

    Attributes:
        record: The pydantic object; `None` without a class, or if it cannot be created.
        values: Its values by field.
        problems: Violated rules by field; under `""`, a violated rule of the object as a whole.
    """

    record: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SchemaParts:
    """The parts of a schema, built from the user's definition.

    Attributes:
        fields: The fields.
        whole: Looks at the JSON values of all stated fields together.
        runs_code: Whether the check may run code of a person's, or rules that take long.
    """

    fields: tuple[FieldSpec, ...]
    whole: Callable[[Mapping[str, Any]], RootResult] = lambda _: RootResult()
    runs_code: bool = True


def from_fields(fields: Mapping[str, Any]) -> SchemaParts:
    """Read fields given as keywords."""
    if not fields:
        raise SchemaError("There is nothing to extract.", fix=HOW)
    given = {name: value if isinstance(value, Field) else Field(value) for name, value in fields.items()}
    adapters = {name: _field_adapter(name, value) for name, value in given.items()}
    specs = tuple(_from_field(name, value, adapters[name]) for name, value in given.items())
    runs_code = not all(is_plain_type(adapter.core_schema) for adapter in adapters.values())
    return SchemaParts(specs, runs_code=runs_code)


def from_model(model: type[BaseModel]) -> SchemaParts:
    """Read the fields of a pydantic class; the names are those in its JSON Schema, so aliases apply."""
    from pydantic import RootModel

    if issubclass(model, RootModel):
        raise SchemaError(f"{model.__name__} is a RootModel; an extraction needs named fields.", fix=HOW)
    made = _json_schema(model.__name__, model.model_json_schema)
    definitions = made.get("$defs", {})
    properties = resolved(made, definitions).get("properties", {})
    attributes = {_wire_name(name, info, properties): name for name, info in model.model_fields.items()}
    if not properties:
        raise SchemaError(f"{model.__name__} has no fields.", fix=HOW)
    fields = tuple(
        FieldSpec(
            name=name,
            schema=properties[name],
            required=model.model_fields[attribute].is_required(),
            convert=_by_pydantic(_adapter(name, _annotation(model.model_fields[attribute]))),
            definitions=definitions,
            has_decimals=takes_decimals(model.__pydantic_core_schema__),
        )
        for name, attribute in attributes.items()
        if name in properties
    )
    return SchemaParts(
        fields, _by_model(model, attributes), runs_code=not is_plain_type(model.__pydantic_core_schema__)
    )


def _field_adapter(name: str, given: Field) -> TypeAdapter[Any]:
    if not isinstance(name, str) or not name.strip():
        raise SchemaError("A field needs a name.", fix=HOW)
    annotation = given.type
    if isinstance(annotation, (list, tuple, set, frozenset)):
        allowed = sorted(annotation, key=str) if isinstance(annotation, (set, frozenset)) else annotation
        if not allowed or len({str(value).casefold() for value in allowed}) != len(allowed):
            raise SchemaError(f"Field {name!r}: give at least one allowed value, and each only once.")
        annotation = Literal[tuple(allowed)]
    _refuse_value(name, annotation)
    return _adapter(name, annotation)


def _from_field(name: str, given: Field, adapter: TypeAdapter[Any]) -> FieldSpec:
    schema = dict(_json_schema(name, adapter.json_schema))
    definitions = schema.pop("$defs", {})
    if given.description:
        schema["description"] = given.description
    has_decimals = takes_decimals(adapter.core_schema)
    return FieldSpec(name, schema, given.required, _by_pydantic(adapter), definitions, has_decimals)


def _refuse_value(name: str, given: Any) -> None:
    """Reject anything that is not a type: a description, a value, a misspelt argument of the node."""
    reject_key(given)
    if isinstance(given, str):
        typed = given if given in ("str", "int", "float", "bool") else f"Field(str, {given!r})"
    elif isinstance(given, (int, float, bytes)):
        typed = type(given).__name__
    else:
        return
    meant = nearest(name, _ARGUMENTS)
    raise SchemaError(
        f"Field {name!r}: {as_given(given)} is not a type.",
        fix=f"Write {name}={typed}." + (f" Or did you mean {meant!r}?" if meant else ""),
    )


def _wire_name(name: str, info: FieldInfo, properties: Json) -> str:
    alias = info.validation_alias
    choices = getattr(alias, "choices", [alias])
    return next((choice for choice in choices if isinstance(choice, str) and choice in properties), name)


def _annotation(info: FieldInfo) -> Any:
    """Return the field's type with its own bounds."""
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def _adapter(name: str, annotation: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    try:
        return TypeAdapter(annotation)
    except Exception as error:  # noqa: BLE001 - pydantic raises exceptions of several kinds for unknown types
        said = str(error).splitlines()[0]
    raise SchemaError(f"Field {name!r}: {annotation!r} is not a type that can be extracted ({said}).", fix=HOW)


def _json_schema(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - as above
        said = str(error).splitlines()[0]
    raise SchemaError(f"{name!r} has no JSON Schema ({said}).", fix=HOW)


def _by_pydantic(adapter: TypeAdapter[Any]) -> Callable[[Any], Any]:
    from pydantic import ValidationError

    def convert(value: Any) -> Any:
        try:
            return adapter.validate_json(json_text(value), strict=True)
        except ValidationError as error:
            errors = error.errors(include_url=False, include_input=False)
            found = [(location_in(value, each["loc"]), each["msg"]) for each in errors]
            where = ".".join(map(str, errors[0]["loc"]))
            problem = f"{where}: {errors[0]['msg']}" if where else errors[0]["msg"]
        except Exception as error:  # noqa: BLE001 - a type's own validators may raise anything
            found, problem = [], describe_exception(error)
        raise MisfitError(problem, found)

    return convert


def _by_model(model: type[BaseModel], attributes: Mapping[str, str]) -> Callable[[Mapping[str, Any]], RootResult]:
    """Check with the class itself, including validators beyond its fields' types."""
    from pydantic import ValidationError

    def whole(said: Mapping[str, Any]) -> RootResult:
        try:
            record = model.model_validate_json(json_text(said), strict=True)
        except ValidationError as error:
            problems: dict[str, str] = {}
            for found in error.errors(include_url=False, include_input=False):
                name, *inside = map(str, found["loc"] or [""])
                if name in said or found["type"] != "missing":
                    problems.setdefault(
                        name if name in said else "", redact(": ".join([*inside[-1:], found["msg"]]))
                    )
            return RootResult(problems=problems)
        except Exception as error:  # noqa: BLE001 - as above
            return RootResult(problems={"": describe_exception(error)})
        return RootResult(record, {name: getattr(record, attribute) for name, attribute in attributes.items()})

    return whole


def json_text(value: Any) -> str:
    """Return the JSON text of a value; a decimal as text, which pydantic reads without loss.

    Raises:
        ValueError: A number is not finite, or a string contains an unpaired surrogate.
    """
    text = _encoder.encode(value)
    text.encode()
    return text


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=decimal_text)
