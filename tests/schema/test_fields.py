"""Fields: what the user writes, and what is built from it."""

from __future__ import annotations

import datetime
import enum
from typing import Any, Literal, Union

import pytest

from byok_widgets import Field, KeyFormatError, SchemaError
from byok_widgets.schema import ExtractionSchema
from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.request.field_list import field_list
from tests.fake_keys import fake_key


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def spec(given: Any) -> FieldSpec:
    (only,) = ExtractionSchema.of(fields={"x": given}).fields
    return only


@pytest.mark.parametrize(
    ("given", "enum"),
    [
        (["Mon", "Tue"], ("Mon", "Tue")),
        (("Mon", "Tue"), ("Mon", "Tue")),
        (Literal["a", 1, True], ("a", 1, True)),
        (Literal["a"] | None, ("a",)),
        (Union[Literal["a"], Literal["b"]], ("a", "b")),  # noqa: UP007, PYI030 - its schema differs from that of one literal
        (Colour, ("red", "blue")),
        (Colour | None, ("red", "blue")),
        (Literal["a"] | int, None),
        (Literal["a"] | str, None),  # noqa: PYI051 - as people write it
        (list[Literal["a"]], None),
        (str, None),
    ],
)
def test_allowed_values_are_those_of_all_alternatives_or_none(given: Any, enum: Any) -> None:
    assert spec(given).enum == enum


def test_a_set_of_allowed_values_has_an_order_of_its_own() -> None:
    assert spec(set("hgfedcba")).enum == tuple("abcdefgh")


@pytest.mark.parametrize("given", [[], ["Mon", "mon"], [1, "1"]])
def test_allowed_values_must_be_distinct(given: list[Any]) -> None:
    with pytest.raises(SchemaError, match="'x'"):
        spec(given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (str, "string"),
        (bool, "boolean"),
        (int | None, "integer"),
        (int | str, "integer or string"),
        (Any, "any"),
        (datetime.date, "string (date)"),
        (["Mon", "Tue"], "one of 'Mon', 'Tue'"),
        (Field(int, "how many people"), "integer. how many people"),
        (Field(["Mon"], "the day"), "one of 'Mon'. the day"),
    ],
)
def test_a_field_says_in_one_line_what_it_wants(given: Any, words: str) -> None:
    assert field_list([spec(given)]) == f"- x: {words}"


def test_a_description_reaches_the_wire() -> None:
    schema = ExtractionSchema.of(fields={"x": Field(int, "how many people")}).json_schema()
    assert schema["properties"]["x"]["description"] == "how many people"


def test_a_field_is_required_unless_it_says_otherwise() -> None:
    assert spec(str).required
    assert not spec(Field(str, required=False)).required


@pytest.mark.parametrize(
    ("name", "given", "shown", "fix"),
    [
        ("name", "the caller's name", "caller", 'name=Field(str, "the caller\'s name")'),
        ("age", "int", "'int'", "age=int"),
        ("name", "String", "'String'", "name=str"),
        ("toppings", "list", "'list'", "toppings=list[str]"),
        ("day", "date", "'date'", "day=date, after from datetime import date"),
        ("modle", "openai:gpt-4", "openai:gpt-4", "'model'"),
        ("max_token", 20, "20", "'max_tokens'"),
        ("age", 42, "42", "age=int"),
        ("urgent", True, "True", "urgent=bool"),
        ("name", Field("the caller's name"), "caller", "name=Field(str,"),
    ],
)
def test_something_other_than_a_type_is_explained_in_plain_words(
    name: str, given: Any, shown: str, fix: str
) -> None:
    with pytest.raises(SchemaError, match=shown) as caught:
        ExtractionSchema.of(fields={name: given})
    assert repr(name) in caught.value.problem
    assert fix in caught.value.fix
    assert not any(word in str(caught.value) for word in ("pydantic", "Forward reference", "TypeAdapter"))


def test_a_key_given_as_a_type_is_not_quoted() -> None:
    key = fake_key()
    with pytest.raises(KeyFormatError) as caught:
        ExtractionSchema.of(fields={"api_key": key})
    assert caught.value.fix
    assert key[-12:] not in str(caught.value)
