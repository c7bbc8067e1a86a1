"""The three ways to say what to extract, each made into field specs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from byok_widgets.errors import SchemaError
from byok_widgets.schema.fields import Field, FieldSpec, Json, follow

if TYPE_CHECKING:
    from pydantic import BaseModel, TypeAdapter
    from pydantic.fields import FieldInfo

_HOW = 'Give fields as keywords like name=str, weekday=["Mon", "Tue"], or a pydantic class, or a JSON Schema.'


def from_fields(fields: Mapping[str, Any]) -> tuple[FieldSpec, ...]:
    """Read fields given as keywords."""
    if not fields:
        raise SchemaError("There is nothing to extract.", fix=_HOW)
    return tuple(
        _from_field(name, given if isinstance(given, Field) else Field(given)) for name, given in fields.items()
    )


def from_model(model: type[BaseModel]) -> tuple[FieldSpec, ...]:
    """Read the fields of a pydantic class; the names are those of its JSON Schema, so aliases count."""
    from pydantic import RootModel

    if issubclass(model, RootModel):
        raise SchemaError(f"{model.__name__} is a RootModel; an extraction needs named fields.", fix=_HOW)
    made = _json_schema(model.__name__, model.model_json_schema)
    whole = follow(made, made.get("$defs", {}))
    names = list(whole.get("properties", {}))
    if not names:
        raise SchemaError(f"{model.__name__} has no fields.", fix=_HOW)
    infos = model.model_fields.values()
    return tuple(
        FieldSpec(
            name=name,
            schema=whole["properties"][name],
            required=info.is_required(),
            convert=_by_pydantic(_adapter(name, _annotation(info))),
            definitions=whole.get("$defs", {}),
        )
        for name, info in zip(names, infos, strict=True)
    )


def from_json_schema(schema: Json) -> tuple[FieldSpec, ...]:
    """Read the properties of a JSON Schema whose root is an object."""
    import jsonschema

    checker = jsonschema.Draft202012Validator
    try:
        checker.check_schema(schema)
    except jsonschema.SchemaError as error:
        problem = f"This is not a valid JSON Schema: {error.message[:200]}"
    else:
        problem = ""
    if problem:
        raise SchemaError(problem, fix="Mend it where it says, or give fields as keywords.")
    definitions = {**schema.get("definitions", {}), **schema.get("$defs", {})}
    root = follow(schema, definitions)
    properties = root.get("properties")
    if root.get("type", "object") != "object" or not isinstance(properties, Mapping) or not properties:
        raise SchemaError("The schema's root must be an object with properties.", fix=_HOW)
    required = set(root.get("required", ()))
    return tuple(
        FieldSpec(
            name=name,
            schema=part if isinstance(part, Mapping) else {},
            required=name in required,
            convert=_by_json_schema(checker({**_rooted(part), "$defs": definitions, "definitions": definitions})),
            definitions=definitions,
        )
        for name, part in properties.items()
    )


def _from_field(name: str, field: Field) -> FieldSpec:
    if not isinstance(name, str) or not name.strip():
        raise SchemaError("A field needs a name.", fix=_HOW)
    annotation = field.type
    if isinstance(annotation, (list, tuple, set, frozenset)):
        if not annotation or len({str(value).casefold() for value in annotation}) != len(annotation):
            raise SchemaError(f"Field {name!r}: the allowed values must be there, each once.")
        annotation = Literal[tuple(annotation)]
    adapter = _adapter(name, annotation)
    schema = dict(_json_schema(name, adapter.json_schema))
    definitions = schema.pop("$defs", {})
    if field.description:
        schema["description"] = field.description
    return FieldSpec(name, schema, field.required, _by_pydantic(adapter), definitions)


def _annotation(info: FieldInfo) -> Any:
    """Return the field's type with its own bounds."""
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def _adapter(name: str, annotation: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    try:
        return TypeAdapter(annotation)
    except Exception as error:  # noqa: BLE001 - pydantic raises several families for a type it does not know
        said = str(error).splitlines()[0]
    raise SchemaError(f"Field {name!r}: {annotation!r} is not a type that can be extracted ({said}).", fix=_HOW)


def _json_schema(name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - as above
        said = str(error).splitlines()[0]
    raise SchemaError(f"{name!r} has no JSON Schema ({said}).", fix=_HOW)


def _by_pydantic(adapter: TypeAdapter[Any]) -> Callable[[Any], Any]:
    from pydantic import ValidationError

    def convert(value: Any) -> Any:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"]))
            problem = f"{where}: {first['msg']}" if where else first["msg"]
        raise ValueError(problem)

    return convert


def _by_json_schema(checker: Any) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        for error in checker.iter_errors(value):
            raise ValueError(error.message[:200])
        return value

    return convert


def _rooted(part: Any) -> Json:
    return part if isinstance(part, Mapping) else {"not": {}} if part is False else {}
