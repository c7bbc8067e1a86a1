"""Builds field specs, and the check of all values together, from keywords or a pydantic class."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from byok_widgets.attributes.strict import nearest
from byok_widgets.errors import SchemaError
from byok_widgets.foreign_exceptions import describe_exception
from byok_widgets.misplaced_keys import reject_key
from byok_widgets.schema.classes.class_checker import ClassChecker, Names
from byok_widgets.schema.classes.class_fields import ClassFields, reads_first
from byok_widgets.schema.fields import Field, FieldSpec
from byok_widgets.schema.json_schemas.quick_checks import is_plain_type
from byok_widgets.schema.json_schemas.schema_refs import Json, may_be_null, resolved
from byok_widgets.schema.mismatch import MismatchError, mismatch_of
from byok_widgets.schema.root_result import RootResult, json_text
from byok_widgets.schema.values.exact_numbers import takes_decimals
from byok_widgets.secrets.quoting import as_given

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_ARGUMENTS = (
    "examples", "fields", "grounding", "locale", "max_tokens", "model", "prompt", "schema", "settings", "window"
)  # fmt: skip
"""Other arguments given beside the fields: a misspelt one would be taken for a field."""

HOW = 'Give fields as keywords like name=str, weekday=["Mon", "Tue"], or a pydantic class, or a JSON Schema.'

RootCheck = Callable[[Mapping[str, Any]], RootResult]


@dataclass(frozen=True)
class SchemaParts:
    """The parts of a schema, built from the user's definition.

    Attributes:
        fields: The fields.
        whole: Looks at the JSON values of all stated fields together.
        unknown: Looks at the stated fields and at what was written under names that no field has; returns what is
            wrong with each of the latter.
        runs_code: Whether the check may run code of a person's, or rules that take long.
        is_loaded: Whether everything that the check needs is loaded.
        load: Loads it; this may take seconds.
        beside: Returns `whole` for an answer with these values under names that no field has, for a class that may
            keep them.
    """

    fields: tuple[FieldSpec, ...]
    whole: RootCheck = lambda _: RootResult()
    unknown: Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, str]] = lambda _, __: {}
    runs_code: bool = True
    is_loaded: Callable[[], bool] = lambda: True
    load: Callable[[], object] = lambda: None
    beside: Callable[[Mapping[str, Any]], RootCheck] | None = None


def from_fields(fields: Mapping[str, Any]) -> SchemaParts:
    """Read fields given as keywords."""
    if not fields:
        raise SchemaError("There is nothing to extract.", fix=HOW)
    given = {name: value if isinstance(value, Field) else Field(value) for name, value in fields.items()}
    adapters = {name: _field_adapter(name, value) for name, value in given.items()}
    specs = tuple(_from_field(name, value, adapters[name]) for name, value in given.items())
    runs_code = not all(is_plain_type(adapter.core_schema) for adapter in adapters.values())
    return SchemaParts(specs, runs_code=runs_code)


def from_class(given: type) -> SchemaParts:
    """Read the fields of a class: a pydantic model, a dataclass or a `TypedDict`.

    The names are those in its JSON Schema, so aliases apply.
    """
    adapter = _adapter(given.__name__, _with_pydantics_typed_dict(given))
    made = _json_schema(given.__name__, adapter.json_schema)
    definitions = made.get("$defs", {})
    whole = resolved(made, definitions)
    properties = whole.get("properties", {})
    if not properties:
        raise SchemaError(f"{given.__name__} has no named fields.", fix=_way_out(given, whole))
    inside = ClassFields(adapter.core_schema)
    attributes = {_wire_name(name, aliases, properties): name for name, aliases in inside.aliases.items()}
    attributes = {name: attribute for name, attribute in attributes.items() if name in properties}
    needed = [name for name in attributes if name in whole.get("required", ())]
    nullable = [name for name in needed if may_be_null(properties[name], definitions)]
    required = [name for name in needed if name not in nullable]
    checker = ClassChecker(adapter, inside, Names(attributes, required, nullable))
    by_name = takes_names(getattr(given, "model_config", {}))
    fields = tuple(
        FieldSpec(
            name=name,
            schema=properties[name],
            required=name in required,
            convert=partial(checker.one, name),
            definitions=definitions,
            has_decimals=takes_decimals(adapter.core_schema),
            aliases=(*inside.aliases[attribute], *((attribute,) if by_name else ())),
            reads_first=attribute in inside.reading_first,
        )
        for name, attribute in attributes.items()
    )
    runs_code = not is_plain_type(adapter.core_schema)
    return SchemaParts(fields, checker, checker.unknown, runs_code=runs_code, beside=checker.beside)


def takes_names(config: Mapping[str, Any]) -> bool:
    """Whether a class with this config takes the names of its attributes beside their aliases."""
    return bool(config.get("populate_by_name") or config.get("validate_by_name"))


def _way_out(given: type, whole: Json) -> str:
    name = "items" if whole.get("type") == "array" else "value"
    return f"Write {name}={given.__name__}: an extraction needs named fields. {HOW}"


def _with_pydantics_typed_dict(given: type) -> Any:
    """Return a `TypedDict` of the standard library as one that pydantic takes before Python 3.12."""
    import sys
    from typing import NotRequired, Required, get_type_hints, is_typeddict

    from typing_extensions import TypedDict

    if sys.version_info >= (3, 12) or not is_typeddict(given) or given.__class__.__module__ != "typing":
        return given
    required = given.__required_keys__  # type: ignore[attr-defined]
    hints = get_type_hints(given, include_extras=True)
    return TypedDict(  # type: ignore[operator]
        given.__name__,
        {name: (Required if name in required else NotRequired)[hint] for name, hint in hints.items()},
    )


def _field_adapter(name: str, given: Field) -> TypeAdapter[Any]:
    if not isinstance(name, str) or not name.strip():
        raise SchemaError("A field needs a name.", fix=HOW)
    annotation = given.type
    if isinstance(annotation, (list, tuple, set, frozenset)):
        allowed = sorted(annotation, key=str) if isinstance(annotation, (set, frozenset)) else annotation
        if not allowed or len({str(value).casefold() for value in allowed}) != len(allowed):
            raise SchemaError(f"Field {name!r}: give at least one allowed value, and each only once.")
        _refuse_types(name, allowed)
        annotation = Literal[tuple(allowed)]
    _refuse_value(name, given.type)
    return _adapter(name, _with_pydantics_typed_dict(annotation))


def _from_field(name: str, given: Field, adapter: TypeAdapter[Any]) -> FieldSpec:
    schema = dict(_json_schema(name, adapter.json_schema))
    definitions = schema.pop("$defs", {})
    if given.description:
        schema["description"] = given.description
    return FieldSpec(
        name=name,
        schema=schema,
        required=given.required and not may_be_null(schema, definitions),
        convert=_by_pydantic(adapter),
        definitions=definitions,
        has_decimals=takes_decimals(adapter.core_schema),
        reads_first=reads_first(adapter.core_schema),
    )


_TYPES_IN_WORDS: Mapping[str, str] = {
    word: typed
    for typed, words in {
        "str": "str string text",
        "int": "int integer",
        "float": "float number",
        "bool": "bool boolean",
        "list[str]": "list array",
        "date, after from datetime import date": "date",
        "datetime, after from datetime import datetime": "datetime",
        "time, after from datetime import time": "time",
    }.items()
    for word in words.split()
}
"""Names of types, as people write them in quotes, and how the type is written."""


def _refuse_value(name: str, given: Any) -> None:
    """Reject anything that is not a type: a description, a value, a misspelt argument of the node."""
    reject_key(given)
    if isinstance(given, str):
        typed = _TYPES_IN_WORDS.get(given.strip().lower()) or f"Field(str, {given!r})"
    elif isinstance(given, (int, float, bytes)):
        typed = type(given).__name__
    elif isinstance(given, dict):
        typed = (
            f"{name.title()}, with a pydantic class or a TypedDict for its parts, or give one JSON Schema for all"
        )
    elif inspect.isroutine(given):
        typed = "str, and check it in a pydantic class, or in Annotated[str, AfterValidator(...)]"
    else:
        return
    meant = argument_meant(name)
    raise SchemaError(
        f"Field {name!r}: {_in_short(given)} is not a type.",
        fix=f"Write {name}={typed}." + (f" Or did you mean {meant}?" if meant else ""),
    )


def _refuse_types(name: str, allowed: Iterable[Any]) -> None:
    """Reject a list that holds types or other things that no answer can be equal to."""
    odd = next((each for each in allowed if not isinstance(each, (str, int, float, Enum, type(None)))), None)
    if odd is None:
        return
    raise SchemaError(
        f"Field {name!r}: {_in_short(odd)} is not an allowed value; a list here holds the allowed values.",
        fix=f'Write {name}=list[...] for a list, type | other for either, or {name}=Field(str, "description").',
    )


def _in_short(given: Any) -> str:
    is_named = isinstance(given, type) or inspect.isroutine(given)
    return given.__name__ if is_named else as_given(given)


def argument_meant(name: str) -> str | None:
    """Return the argument of a node that is meant by a field's name which is none, as a person writes it."""
    if name in _SETTINGS:
        return f'settings={{"{name}": …}}'
    known = next((argument for argument, guesses in _GUESSES.items() if name in guesses), None)
    found = known or nearest(name, _ARGUMENTS)
    return repr(found) if found else None


_SETTINGS = frozenset({"temperature", "top_p", "seed", "stop", "reasoning_effort", "effort", "verbosity"})
_GUESSES: Mapping[str, frozenset[str]] = {
    argument: frozenset(guesses.split())
    for argument, guesses in {
        "prompt": "instructions instruction system system_prompt system_message guidance description task",
        "examples": "example few_shot fewshot shots samples demonstrations",
        "schema": "output_schema output_type response_format response_model result_type json_schema model_class",
        "locale": "language lang country",
        "window": "context history last last_n memory",
        "grounding": "ground grounded evidence require_evidence citations",
        "max_tokens": "max_output_tokens max_completion_tokens",
        "model": "llm model_id model_name",
    }.items()
}
"""Names by which other libraries call the arguments of a node."""


def _wire_name(name: str, aliases: tuple[str, ...], properties: Json) -> str:
    return next((alias for alias in aliases if alias in properties), name)


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

    modes: tuple[bool | None, ...] = (True, None) if reads_first(adapter.core_schema) else (True,)

    def convert(value: Any) -> Any:
        text = json_text(value)
        for strict in modes:
            try:
                return adapter.validate_json(text, strict=strict)
            except ValidationError as error:
                mismatch = mismatch_of(value, error)
            except Exception as error:  # noqa: BLE001 - a type's own validators may raise anything
                mismatch = MismatchError(describe_exception(error))
        raise mismatch

    return convert
