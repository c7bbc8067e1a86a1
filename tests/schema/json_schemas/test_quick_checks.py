"""Which schemas are checked where the answer arrives, and which in a worker: those with foreign or slow rules."""

from __future__ import annotations

import datetime
import enum
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, field_validator, model_validator

from byok_widgets.schema import ExtractionSchema


class Colour(enum.Enum):
    RED = "red"


class Lenient(enum.Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> Lenient:
        return cls.RED


class Place(BaseModel):
    street: Annotated[str, Field(min_length=1)]
    kind: Literal["home", "work"] = "home"


class Person(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: str | None = Field(None, alias="full name", description="as it was said")
    born: datetime.date | None
    favourite: Colour | None = None
    places: list[Place] = []
    counts: dict[str, int] = {}
    either: int | str | None = None


class WithValidator(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def _tidy(cls, value: str) -> str:
        return value.strip()


class WithRule(BaseModel):
    name: str

    @model_validator(mode="after")
    def _hold(self) -> WithRule:
        return self


class WithPostInit(BaseModel):
    name: str

    def model_post_init(self, context: Any) -> None:
        del context


class WithInit(BaseModel):
    name: str

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class WithNew(BaseModel):
    name: str

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return super().__new__(cls)


class WithFactory(BaseModel):
    name: str = Field(default_factory=lambda: "Ana")


class WithPattern(BaseModel):
    name: str = Field(pattern="^A")


class WithUrl(BaseModel):
    name: HttpUrl


class Tree(BaseModel):
    children: list[Tree | int] = []


@pytest.mark.parametrize("plain", [Place, Person], ids=lambda model: model.__name__)
def test_what_pydantic_checks_alone_needs_no_worker(plain):
    schema = ExtractionSchema.of(plain)
    assert schema.is_quick(100)
    assert not schema.is_quick(10**6)


@pytest.mark.parametrize(
    "model",
    [WithValidator, WithRule, WithPostInit, WithInit, WithNew, WithFactory, WithPattern, WithUrl, Tree],
    ids=lambda model: model.__name__,
)
def test_a_class_with_code_of_its_own_or_slow_rules_is_checked_in_a_worker(model):
    class Holder(BaseModel):
        inner: list[model]

    assert not ExtractionSchema.of(model).is_quick(100)
    assert not ExtractionSchema.of(Holder).is_quick(100)
    assert not ExtractionSchema.of(fields={"inner": model}).is_quick(100)


@pytest.mark.parametrize(
    ("annotation", "is_quick"),
    [
        (str, True),
        (["Mon", "Tue"], True),
        (list[int] | None, True),
        (Annotated[int, Field(ge=1)], True),
        (datetime.datetime, True),
        (Annotated[str, BeforeValidator(str.strip)], False),
        (Annotated[str, Field(pattern="(a+)+$")], False),
        (Lenient, False),
    ],
)
def test_a_field_needs_no_worker_if_its_type_brings_no_code(annotation, is_quick):
    assert ExtractionSchema.of(fields={"x": annotation}).is_quick(100) is is_quick


@pytest.mark.parametrize(
    ("part", "is_quick"),
    [
        ({"type": "string", "description": "a word", "enum": ["a"]}, True),
        ({"type": ["integer", "null"], "minimum": 1}, True),
        ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"const": 1}]}, "maxItems": 3}, True),
        ({"type": "object", "properties": {"y": {"type": "string"}}, "additionalProperties": False}, True),
        ({"type": "string", "pattern": "(a+)+$"}, False),
        ({"type": "array", "items": {"type": "string", "pattern": "a"}}, False),
        ({"type": "object", "properties": {"y": {"pattern": "a"}}}, False),
        ({"anyOf": [{"type": "integer"}, {"pattern": "a"}]}, False),
        ({"type": "object", "additionalProperties": {"pattern": "a"}}, False),
        ({"type": "array", "uniqueItems": True}, False),
        ({"$ref": "#/$defs/A"}, False),
        ({"type": "string", "format": "date"}, False),
    ],
)
def test_a_json_schema_needs_no_worker_without_patterns_references_and_comparisons(part, is_quick):
    schema = {"title": "Any", "type": "object", "properties": {"x": part}}
    if "$ref" in part:
        schema["$defs"] = {"A": {"type": "string"}}
    assert ExtractionSchema.of(schema).is_quick(100) is is_quick
