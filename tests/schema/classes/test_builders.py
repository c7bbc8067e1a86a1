"""What to extract, given as keywords or as pydantic classes with all their features."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, TypedDict

import pytest
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

from byok_widgets import SchemaError
from byok_widgets.schema import ExtractionSchema


class NotAModel:
    a: int


class Typed(TypedDict):
    a: int


class Visit(BaseModel):
    name: str
    nights: int
    guests: int = 1

    @field_validator("name")
    @classmethod
    def _tidy(cls, name: str) -> str:
        if name == "Nobody":
            raise ValueError("nobody stays here")
        return name.title()

    @field_validator("nights", mode="before")
    @classmethod
    def _in_words(cls, nights: Any) -> Any:
        return 7 if nights == "a week" else nights

    @model_validator(mode="after")
    def _room(self) -> Visit:
        if self.guests > self.nights * 10:
            raise ValueError("too many guests")
        return self


visit = ExtractionSchema.of(Visit)


def test_a_class_reads_with_its_own_validators() -> None:
    checked = visit.check({"name": "ana", "nights": "a week"})
    assert checked.record == Visit(name="Ana", nights=7)
    assert checked.values == {"name": "Ana", "nights": 7, "guests": None}


def test_a_value_that_a_validator_rejects_is_invalid_and_says_why() -> None:
    checked = visit.check({"name": "Nobody", "nights": 2})
    assert (checked.status["name"], checked.values["name"], checked.record) == ("invalid", None, None)
    assert "nobody stays here" in checked.problems["name"]
    assert checked.values["nights"] == 2


def test_a_rule_of_the_whole_class_belongs_to_no_field() -> None:
    checked = visit.check({"name": "ana", "nights": 1, "guests": 50})
    assert "too many guests" in checked.problems[""]
    assert checked.record is None
    assert set(checked.status.values()) == {"found"}


def test_a_missing_value_is_not_a_problem() -> None:
    checked = visit.check({"name": "ana", "nights": None})
    assert (checked.record, checked.problems, checked.status["nights"]) == (None, {}, "not_stated")
    assert checked.values["name"] == "Ana"
    assert checked.pending
    assert not visit.check({"name": "ana", "nights": 1}).pending


def test_there_is_no_record_with_an_invalid_value() -> None:
    for guests in ("many", True):
        checked = visit.check({"name": "ana", "nights": 1, "guests": guests})
        assert (checked.record, checked.status["guests"]) == (None, "invalid")


def test_a_class_accepts_no_more_than_a_field_does() -> None:
    class Urgent(BaseModel):
        urgent: bool

    assert ExtractionSchema.of(Urgent).check({"urgent": "1"}).status["urgent"] == "invalid"
    assert ExtractionSchema.of(Urgent).check({"urgent": "TRUE"}).record == Urgent(urgent=True)


def test_an_unexpected_error_in_a_validator_is_a_problem_not_a_crash() -> None:
    class Clumsy(BaseModel):
        a: Annotated[int, AfterValidator(lambda value: {}[value])]
        b: int = 0

        @field_validator("b")
        @classmethod
        def _with_a(cls, b: int, info: ValidationInfo) -> int:
            return b / 0

    checked = ExtractionSchema.of(Clumsy).check({"a": 1, "b": 2})
    assert checked.status["a"] == "invalid"
    assert "KeyError" in checked.problems["a"]
    assert checked.record is None


def test_aliases_are_the_names_and_choices_give_their_first() -> None:
    class Aliases(BaseModel):
        model_config = ConfigDict(populate_by_name=True)
        name: str = Field(alias="fullName")
        age: int = Field(validation_alias=AliasChoices("years", "age"))

    schema = ExtractionSchema.of(Aliases)
    assert list(schema.json_schema()["properties"]) == ["fullName", "years"]
    checked = schema.check({"fullName": "Ana", "years": 36})
    assert (checked.record.name, checked.record.age) == ("Ana", 36)
    assert checked.values == {"fullName": "Ana", "years": 36}


def test_a_field_that_is_not_in_the_json_schema_is_not_asked_for() -> None:
    class Partly(BaseModel):
        a: int
        hidden: SkipJsonSchema[int] = 3

    schema = ExtractionSchema.of(Partly)
    assert [spec.name for spec in schema.fields] == ["a"]
    assert schema.check({"a": 1}).record == Partly(a=1)


def test_a_frozen_class_is_read_like_any_other() -> None:
    class Frozen(BaseModel):
        model_config = ConfigDict(frozen=True)
        a: int

    checked = ExtractionSchema.of(Frozen).check({"a": "36", "b": 1})
    assert (checked.record, checked.extra, checked.problems) == (Frozen(a=36), {"b": 1}, {})


def test_a_name_that_the_class_forbids_is_a_problem_and_costs_no_field() -> None:
    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        a: int

    schema = ExtractionSchema.of(Closed)
    checked = schema.check({"a": "36", "b": 1})
    assert (checked.values, checked.record, checked.extra) == ({"a": 36}, None, {"b": 1})
    assert list(checked.problems) == ["b"]
    assert schema.check({"a": "36", "b": None}).record == Closed(a=36), "null states nothing"


def test_a_class_that_takes_other_names_keeps_them_in_its_record() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        __pydantic_extra__: dict[str, int]
        a: int

        @model_validator(mode="after")
        def has_few(self) -> Open:
            if len(self.__pydantic_extra__) > 1:
                raise ValueError("too many")
            return self

    schema = ExtractionSchema.of(Open)
    checked = schema.check({"a": "36", "b": 1, "c": None})
    assert (checked.values, checked.record, checked.problems) == ({"a": 36}, Open(a=36, b=1), {})
    assert checked.extra == {"b": 1, "c": None}, "it is visible as what no field has"
    wrong = schema.check({"a": "36", "b": "x"})
    assert (wrong.values, wrong.record, list(wrong.problems)) == ({"a": 36}, None, ["b"])
    assert list(schema.check({"a": "36", "b": 1, "c": 2}).problems) == [""], "a rule of the class sees them"


def test_a_validator_that_waits_for_a_missing_field_is_pending() -> None:
    class Stay(BaseModel):
        start: date
        end: date

        @field_validator("end")
        @classmethod
        def is_after(cls, end: date, info: ValidationInfo) -> date:
            if end < info.data["start"]:
                raise ValueError("it ends before it starts")
            return end

    schema = ExtractionSchema.of(Stay)
    alone = schema.check({"end": "2026-01-01"})
    assert (alone.status["end"], alone.pending) == ("found", True)
    assert not schema.check({"start": "2026-01-01"}).pending
    assert schema.check({"start": "2026-01-02", "end": "2026-01-01"}).status["end"] == "invalid"


def test_a_types_own_validators_read_what_the_model_wrote() -> None:
    weekday = Annotated[str, BeforeValidator(lambda text: text[:3])]
    assert ExtractionSchema.of(fields={"x": weekday}).check({"x": "Tuesday"}).values["x"] == "Tue"


@pytest.mark.parametrize(
    ("schema", "fields", "words"),
    [
        (None, None, ""),
        (None, {}, ""),
        (Visit, {"x": str}, ""),
        ("name", None, "'name'"),
        (NotAModel, None, "NotAModel"),
        (None, {"": str}, ""),
        (None, {"x": object()}, "'x'"),
    ],
)
def test_what_is_not_a_schema_is_named(schema: Any, fields: Any, words: str) -> None:
    with pytest.raises(SchemaError) as caught:
        ExtractionSchema.of(schema, fields=fields)
    assert re.search(words, caught.value.problem)


def test_an_incomplete_class_is_rejected_rather_than_half_read() -> None:
    class Half(BaseModel):
        later: Nowhere  # noqa: F821 - that is the point

    with pytest.raises(SchemaError, match="Half"):
        ExtractionSchema.of(Half)


class Stay(BaseModel):
    first: int
    last: int
    room: int | None

    @field_validator("last")
    @classmethod
    def _later(cls, last: int, info: ValidationInfo) -> int:
        if last < info.data["first"]:
            raise ValueError("last comes before first")
        return last


@pytest.mark.parametrize(
    ("said", "values", "places"),
    [
        ({"last": 3}, {"first": None, "last": 3, "room": None}, []),
        ({"first": 4, "last": 3}, {"first": 4, "last": None, "room": None}, ["last"]),
        ({"first": "x", "last": 3}, {"first": None, "last": 3, "room": None}, ["first"]),
        ({"first": 1, "last": "x"}, {"first": 1, "last": None, "room": None}, ["last"]),
    ],
)
def test_a_validator_that_looks_at_another_field_waits_for_it(
    said: dict[str, Any], values: dict[str, Any], places: list[str]
) -> None:
    checked = ExtractionSchema.of(Stay).check(said)
    assert (checked.values, list(checked.problems)) == (values, places)


def test_null_satisfies_an_optional_field_without_a_default() -> None:
    assert ExtractionSchema.of(Stay).check({"first": 1, "last": 2}).record == Stay(first=1, last=2, room=None)


def test_one_bad_field_beside_a_validator_that_reads_first_is_the_only_bad_one() -> None:
    checked = visit.check({"name": "Nobody", "nights": "a week"})
    assert (checked.values["nights"], list(checked.problems)) == (7, ["name"])


@pytest.mark.parametrize("given", [list[Visit], Visit | None, RootModel[list[int]]])
def test_what_has_no_named_fields_says_what_to_write(given: Any) -> None:
    with pytest.raises(SchemaError) as caught:
        ExtractionSchema.of(given)
    assert "items=" in caught.value.fix


def test_a_typed_dict_of_the_standard_library_is_a_class_and_a_field() -> None:
    assert ExtractionSchema.of(Typed).check({"a": "1"}).record == {"a": 1}
    assert ExtractionSchema.of(fields={"x": Typed}).check({"x": {"a": "1"}}).values == {"x": {"a": 1}}
