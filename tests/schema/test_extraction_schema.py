"""`ExtractionSchema` as a whole: names, statuses, problems, and values sent out and read back."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
from pydantic import BaseModel

from byok_widgets import SchemaError
from byok_widgets.schema import ExtractionSchema
from tests.schema.request.test_wire import PROFILES


class Booking(BaseModel):
    name: str
    day: datetime.date
    people: int = 2


BY_CLASS = ExtractionSchema.of(Booking)
BY_FIELDS = ExtractionSchema.of(fields={"name": str, "day": datetime.date, "people": int})
BY_JSON_SCHEMA = ExtractionSchema.of(Booking.model_json_schema())


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("data", "data"),
        ("Page[Inner]", "Page_Inner"),
        ("the name & day", "the_name_day"),
        ("名前", "extraction"),
        ("x" * 99, "x" * 64),
    ],
)
def test_its_name_is_valid_for_every_provider(given: str, name: str) -> None:
    assert ExtractionSchema.of(fields={"x": str}, name=given).name == name


@pytest.mark.parametrize("schema", [BY_CLASS, BY_FIELDS, BY_JSON_SCHEMA], ids=["class", "fields", "JSON Schema"])
def test_all_three_kinds_of_schema_ask_and_check_alike(schema: ExtractionSchema) -> None:
    asked = schema.json_schema()["properties"]
    assert asked["people"] == {"type": ["integer", "null"]}
    assert asked["day"] == {"format": "date", "type": ["string", "null"]}
    checked = schema.check({"name": "Ana", "day": "someday", "people": "4", "mood": "good"})
    assert checked.status == {"name": "found", "day": "invalid", "people": "found"}
    assert (checked.values["name"], checked.values["day"], checked.values["people"]) == ("Ana", None, 4)
    assert checked.said == {"name": "Ana", "people": 4}
    assert checked.extra == {"mood": "good"}
    assert list(checked.problems) == ["day"]
    assert "'someday'" in checked.problems["day"]


def test_an_invalid_value_affects_only_its_field_and_the_record() -> None:
    checked = BY_CLASS.check({"name": "Ana", "day": "2026-12-01", "people": None})
    assert checked.record == Booking(name="Ana", day=datetime.date(2026, 12, 1))
    assert checked.values["people"] is None, "a default does not count as stated"
    assert BY_CLASS.check({"name": "Ana", "day": "2026-12-01", "people": "many"}).record is None
    assert BY_CLASS.check({"name": "Ana"}).record is None


def test_a_problem_is_short_even_for_a_long_value() -> None:
    problem = BY_CLASS.check({"people": "x" * 10_000}).problems["people"]
    assert len(problem) < 250


def test_an_answer_with_nothing_in_it_states_nothing() -> None:
    assert BY_CLASS.check({}).status == {"name": "not_stated", "day": "not_stated", "people": "not_stated"}


def test_values_are_written_as_a_model_would_write_them() -> None:
    schema = ExtractionSchema.of(fields={"day": datetime.date, "counts": dict[str, int], "people": int})
    assert schema.wire({"day": datetime.date(2026, 12, 1), "counts": {"eggs": 2}}) == {
        "day": "2026-12-01",
        "counts": [{"key": "eggs", "value": 2}],
        "people": None,
    }


@pytest.mark.parametrize(
    ("values", "words"),
    [({"people": "many"}, "people"), ({"peple": 3}, "'peple'"), ({"people": object()}, "object")],
)
def test_values_that_do_not_fit_are_not_written(values: dict[str, Any], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        BY_FIELDS.wire(values)


def test_what_is_asked_is_the_same_each_time() -> None:
    again = ExtractionSchema.of(Booking)
    for profile in PROFILES:
        assert repr(again.json_schema(profile)) == repr(BY_CLASS.json_schema(profile))


def test_fields_that_are_given_as_a_schema_are_shown_the_way() -> None:
    with pytest.raises(SchemaError, match=re.escape('fields={"name": str}')):
        ExtractionSchema.of({"size": str})


@pytest.mark.parametrize(
    ("guess", "meant"),
    [
        ("instructions", "'prompt'"),
        ("system_prompt", "'prompt'"),
        ("few_shot", "'examples'"),
        ("exampels", "'examples'"),
        ("language", "'locale'"),
        ("context", "'window'"),
        ("temperature", 'settings={"temperature": …}'),
    ],
)
def test_a_guessed_argument_that_would_be_a_field_is_told(guess: str, meant: str) -> None:
    for schema in ({"type": "object", "properties": {"a": {"type": "string"}}}, None):
        with pytest.raises(SchemaError) as told:
            ExtractionSchema.of(schema, fields={guess: "some text"})
        assert repr(guess) in told.value.problem
        assert meant in told.value.fix
    assert ExtractionSchema.of(fields={guess: str}).fields[0].name == guess


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ((str, "The caller's name"), "Field(str"),
        ([{"a": str}], "list[...]"),
        ([str], "list[...]"),
        ({"city": str}, "TypedDict"),
        ({"type": "string"}, "JSON Schema"),
        (lambda text: text, "pydantic class"),
    ],
)
def test_what_is_neither_a_type_nor_allowed_values_is_told(given: object, fix: str) -> None:
    with pytest.raises(SchemaError) as told:
        ExtractionSchema.of(fields={"name": given})
    assert "'name'" in told.value.problem
    assert fix in told.value.fix
