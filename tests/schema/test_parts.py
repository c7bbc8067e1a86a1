"""What is known of each part of a value: nothing said at any depth, bad items, missing required parts."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, create_model, field_validator, model_validator
from pydantic import Field as PydanticField

from byok_widgets.schema import ExtractionSchema, ValidationResult
from byok_widgets.schema.parts import walk
from byok_widgets.schema.paths import joined, steps_below

Loose = create_model("Loose", city=(str | None, None), zip=(str | None, None))
Home = create_model("Home", city=(str, ...), zip=(str, ...))
Row = create_model("Row", name=(str, ...), price=(float, ...))
Order = create_model("Order", id=(int, ...), items=(list[str], ...), note=(str | None, ...))


def check(type_: Any, value: Any) -> ValidationResult:
    return ExtractionSchema.of(fields={"x": type_}).check({"x": value})


def statuses(checked: ValidationResult) -> dict[str, str]:
    return {part.path: part.status for part in walk(checked.parts)}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (Loose, {"city": None, "zip": None}),
        (Loose, {"city": "unknown", "zip": ""}),
        (Loose, {}),
        (list[str], []),
        (list[str], ["none", "", None]),
        (list[Loose], [{"city": None}, {}]),
        (list[list[str]], [[], [""]]),
        (dict[str, int], []),
        (dict[str, Loose], [{"key": "a", "value": {"city": "n/a"}}]),
        (Home, {"city": "", "zip": None}),
    ],
)
def test_a_value_of_which_no_part_was_stated_is_not_stated(type_: Any, value: Any) -> None:
    checked = check(type_, value)
    assert (checked.status["x"], checked.values["x"], checked.problems) == ("not_stated", None, {})


def test_a_bad_item_costs_that_item_and_not_the_list() -> None:
    rows = [{"name": "eggs", "price": 2}, {"name": "ham", "price": "x"}, None, {"name": "jam", "price": 3}]
    checked = check(list[Row], rows)
    assert [row.name for row in checked.values["x"]] == ["eggs", "jam"]
    assert (checked.status["x"], checked.record) == ("incomplete", None)
    assert list(checked.problems) == ["x[1].price"]
    assert statuses(checked)["x[1].price"] == "invalid"
    assert check(list[int], ["a"]).status["x"] == "invalid", "nothing of it can be taken"
    assert check(dict[str, int], {"a": 1, "b": "many"}).values["x"] == {"a": 1}
    assert check(tuple[int, str], [1, None]).values["x"] is None, "each place of a tuple has its meaning"


class Place(BaseModel):
    city: str
    floor: int | None
    size: Literal["s", "l"] | None = None
    language: str = "en"


_PLACE = {"city": "Rome", "floor": 3, "size": "s", "language": "it"}


@pytest.mark.parametrize(
    ("bad", "kept"),
    [
        ({"floor": "up"}, Place(city="Rome", floor=None, size="s", language="it")),
        ({"size": "xl"}, Place(city="Rome", floor=3, language="it")),
        ({"city": ["Rome"]}, None),
        ({"language": ["it"]}, None),
    ],
    ids=["nullable", "allowed values", "required", "its default would stand for it"],
)
def test_a_bad_part_that_an_object_may_lack_costs_that_part(bad: Any, kept: Any) -> None:
    checked = check(Place, {**_PLACE, **bad})
    [name] = bad
    assert (checked.values["x"], list(checked.problems)) == (kept, [f"x.{name}"])
    assert statuses(checked)["x"] == ("invalid" if kept is None else "incomplete")
    assert checked.record is None, "an object in which something is wrong is not complete"
    rows = check(list[Place], [_PLACE, {**_PLACE, **bad}])
    assert rows.values["x"] == [Place(**_PLACE), *([kept] if kept else [])]


def test_an_object_of_which_nothing_fits_is_invalid() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "integer"}, "kind": {"const": "k"}}}
    schema = ExtractionSchema.of({"type": "object", "properties": {"x": inner}})
    checked = schema.check({"x": {"a": "many", "kind": "k"}})
    assert (checked.values, checked.status) == ({"x": None}, {"x": "invalid"})


def test_a_rule_of_the_object_holds_for_what_is_left_of_it() -> None:
    parts = {"a": {"type": "string"}, "b": {"type": "integer"}}
    inner = {"type": "object", "properties": parts, "dependentRequired": {"a": ["b"]}}
    schema = ExtractionSchema.of({"type": "object", "properties": {"x": inner}})
    checked = schema.check({"x": {"a": "y", "b": "z"}})
    assert (checked.values, checked.status) == ({"x": None}, {"x": "invalid"})


def test_an_object_that_lacks_a_required_part_is_stated_in_part() -> None:
    checked = check(Home, {"city": "Rome", "zip": None})
    assert (checked.values["x"], checked.problems) == (None, {})
    assert statuses(checked) == {"x": "incomplete", "x.city": "found", "x.zip": "not_stated"}
    assert checked.parts[0].stated == {"city": "Rome"}


def test_empty_lists_and_nulls_that_the_schema_allows_stay_in_an_object_that_was_stated() -> None:
    checked = check(Order, {"id": 7, "items": [], "note": None})
    assert checked.values["x"] == Order(id=7, items=[], note=None)
    assert statuses(checked) == {"x": "found", "x.id": "found", "x.items": "not_stated", "x.note": "not_stated"}


def test_names_that_the_schema_does_not_know_are_visible() -> None:
    schema = ExtractionSchema.of(fields={"x": Loose})
    assert schema.check({"x": {"city": "Rome", "mood": "good"}, "y": 1}).extra == {"y": 1, "x.mood": "good"}


def test_a_required_part_may_be_null_on_the_wire() -> None:
    shape = ExtractionSchema.of(fields={"x": Home}).json_schema()["properties"]["x"]
    assert shape["properties"]["zip"]["type"] == ["string", "null"]
    assert shape["required"] == ["city", "zip"]


@pytest.mark.parametrize("steps", [["a", "b"], ["a", 2, "b c"], ["a", 'q"].x', 0], ["a", "ü"]])
def test_a_path_is_taken_apart_as_it_was_put_together(steps: list[Any]) -> None:
    path = str(steps[0])
    ends = [path]
    for step in steps[1:]:
        path = joined(path, step)
        ends.append(path)
    assert len(steps_below(path)) == len(steps) - 1
    assert "".join([str(steps[0]), *steps_below(path)]) == path


_ROW = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "price": {"type": "number", "minimum": 0}},
    "required": ["name", "price"],
}
_ROWS = {"type": "array", "items": _ROW}
_EGGS, _DEBT, _JAM = ({"name": name, "price": price} for name, price in (("eggs", 2), ("debt", -1), ("jam", 3)))
_KIND = {"type": "object", "properties": {"kind": {"const": "gift"}}, "required": ["kind"]}


@pytest.mark.parametrize(
    ("part", "value", "kept", "place"),
    [
        (_ROWS, [_EGGS, _DEBT, _JAM], [_EGGS, _JAM], "x[1].price"),
        ({"anyOf": [_ROWS, {"type": "null"}]}, [_EGGS, _DEBT, _JAM], [_EGGS, _JAM], "x[1].price"),
        ({"oneOf": [{"type": "string"}, _ROWS]}, [_EGGS, _DEBT, _JAM], [_EGGS, _JAM], "x[1].price"),
        ({"anyOf": [_ROWS, {"type": "null"}]}, [_EGGS, {"name": "a", "price": "b"}], [_EGGS], "x[1].price"),
        ({"anyOf": [{"allOf": [_ROWS]}, {"type": "null"}]}, [_EGGS, _DEBT], [_EGGS], "x[1].price"),
        ({"type": "array", "items": {"anyOf": [_ROW, {"type": "null"}]}}, [_EGGS, _DEBT], [_EGGS], "x[1].price"),
        (
            {"type": "array", "items": {"oneOf": [_KIND, {**_ROW, "additionalProperties": False}]}},
            [_EGGS, {**_DEBT, "kind": "debt"}],
            [_EGGS],
            "x[1].price",
        ),
        (
            {"type": "array", "items": {"anyOf": [{"type": "null"}, _ROWS]}},
            [[_EGGS, _DEBT], [_JAM]],
            [[_EGGS], [_JAM]],
            "x[0][1].price",
        ),
        (
            {"anyOf": [{"type": "object", "additionalProperties": _ROW}, {"type": "null"}]},
            {"a": _EGGS, "b": _DEBT},
            {"a": _EGGS},
            "x.b.price",
        ),
        (
            {"type": "object", "propertyNames": {"maxLength": 2}},
            {"a": 1, "long": 2},
            {"a": 1},
            "x.long",
        ),
        (
            {
                "type": "object",
                "patternProperties": {"^a": {"type": "integer"}},
                "additionalProperties": False,
            },
            {"a": 1, "b": 2},
            {"a": 1},
            "x.b",
        ),
    ],
)
def test_a_bad_entry_of_a_json_schema_costs_that_entry(part: Any, value: Any, kept: Any, place: str) -> None:
    schema = ExtractionSchema.of({"type": "object", "properties": {"x": part}})
    checked = schema.check({"x": value})
    assert checked.values["x"] == kept
    assert checked.status["x"] == "incomplete"
    assert place in checked.problems
    assert "x" not in checked.problems


def test_a_bad_entry_by_a_rule_of_the_whole_costs_that_entry() -> None:
    rows = {"type": "array", "items": {"type": "integer"}}
    rules = {
        "if": {"properties": {"kind": {"const": "even"}}, "required": ["kind"]},
        "then": {"properties": {"x": {"items": {"multipleOf": 2}}}},
    }
    properties = {"kind": {"type": "string"}, "x": rows}
    checked = ExtractionSchema.of({"type": "object", "properties": properties, **rules}).check(
        {"kind": "even", "x": [2, 3, 4]}
    )
    assert checked.values == {"kind": "even", "x": [2, 4]}
    assert list(checked.problems) == ["x[1]"]


def test_a_value_that_the_class_rejects_only_as_a_whole_is_invalid() -> None:
    class Turned(BaseModel):
        x: Annotated[int, PydanticField(ge=0)]

        @model_validator(mode="before")
        @classmethod
        def turn(cls, given: Any) -> Any:
            return {**given, "x": -given["x"]} if "x" in given else given

    checked = ExtractionSchema.of(Turned).check({"x": 5})
    assert (checked.values["x"], checked.status["x"], checked.record) == (None, "invalid", None)
    assert list(checked.problems) == ["x"]


def test_an_empty_shell_is_no_record_of_a_list() -> None:
    assert check(list[Loose], [{"city": "Rome"}, {}, {"city": None}]).values["x"] == [Loose(city="Rome")]


@pytest.mark.parametrize(
    ("given", "value", "status"),
    [
        ({"x": "Ana", "ex": "Bob"}, None, "invalid"),
        ({"x": "Ana", "ex": "Ana"}, "Ana", "found"),
        ({"x": None, "ex": "Bob"}, "Bob", "found"),
    ],
)
def test_a_field_under_two_names_is_read_only_where_they_agree(given: Any, value: Any, status: str) -> None:
    class Named(BaseModel):
        model_config = ConfigDict(populate_by_name=True)
        ex: str = PydanticField(alias="x")

    checked = ExtractionSchema.of(Named).check(given)
    assert (checked.values["x"], checked.status["x"]) == (value, status)


_Kg = create_model("_Kg", kg=(int, ...), note=(bool | None, None))
_Pound = create_model("_Pound", pound=(int, ...), note=(bool | None, None))
_Cat = create_model("_Cat", kind=(Literal["cat"], ...), lives=(Annotated[int, PydanticField(ge=0)], ...))
_Dog = create_model("_Dog", kind=(Literal["dog"], ...), age=(Annotated[int, PydanticField(ge=0)], ...))


@pytest.mark.parametrize(
    ("type_", "value", "bad"),
    [
        (list[Row] | str, [_EGGS, {"name": "ham", "price": "x"}], "x[1].price"),
        (list[int] | list[Row] | None, [_EGGS, {"name": "ham", "price": "x"}], "x[1].price"),
        (list[Row | str], [_EGGS, {"name": "ham", "price": "x"}], "x[1].price"),
        (list[_Cat | _Dog], [{"kind": "cat", "lives": 9}, {"kind": "dog", "age": -1}], "x[1].age"),
        (_Kg | _Pound, {"pound": 1, "note": 5.5}, "x.note"),
        (list[list[Row] | str], [[_EGGS, {"name": "ham", "price": "x"}], "a"], "x[0][1].price"),
    ],
)
def test_a_bad_entry_of_a_union_is_that_of_the_alternative_meant(type_: Any, value: Any, bad: str) -> None:
    checked = check(type_, value)
    assert list(checked.problems) == [bad]
    assert checked.status["x"] == "incomplete"
    assert checked.values["x"]


class Tagged(BaseModel):
    x: list[str]
    n: int | None = None

    @field_validator("x")
    @classmethod
    def are_lower(cls, tags: list[str]) -> list[str]:
        for tag in tags:
            if not tag.islower():
                raise ValueError(f"{tag} is not in lower case")
        if len(tags) > 4:
            raise ValueError("at most four")
        return tags


_FIRST = {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}


@pytest.mark.parametrize(
    ("schema", "given", "kept", "bad"),
    [
        (Tagged, ["a", "B", "c", "D"], ["a", "c"], {"x[1]", "x[3]"}),
        (Tagged, ["a", "b", "c", "d", "e"], None, {"x"}),
        (Tagged, ["A", "B"], None, {"x"}),
        ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, [1, 1.0, 2], [1, 2], {"x[1]"}),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 2}, [1, 2, "x"], [1, 2], {"x[2]"}),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 2}, [1, 2, 3], None, {"x"}),
        ({**_FIRST, "items": False}, [1, "a", "b"], [1, "a"], {"x[2]"}),
        ({**_FIRST, "items": {"type": "integer"}}, [1, "a", "b", 6], [1, "a", 6], {"x[2]"}),
        ({**_FIRST, "items": {"type": "integer"}}, ["q", "a", 6], None, {"x[0]"}),
    ],
)
def test_a_rule_of_a_list_costs_the_items_at_fault(schema: Any, given: Any, kept: Any, bad: set[str]) -> None:
    made = schema if isinstance(schema, type) else {"type": "object", "properties": {"x": schema}}
    checked = ExtractionSchema.of(made).check({"x": given})
    assert checked.values["x"] == kept
    assert checked.status["x"] == ("invalid" if kept is None else "incomplete")
    assert set(checked.problems) == bad


def test_a_list_that_needs_an_item_beside_another_keeps_both() -> None:
    class Pizza(BaseModel):
        x: list[str]

        @field_validator("x")
        @classmethod
        def has_base(cls, toppings: list[str]) -> list[str]:
            if "base" not in toppings or "soap" in toppings:
                raise ValueError("not a pizza")
            return toppings

    checked = ExtractionSchema.of(Pizza).check({"x": ["ham", "base", "soap"]})
    assert (checked.values["x"], list(checked.problems)) == (["ham", "base"], ["x[2]"])


def test_a_tuple_takes_no_item_too_many_and_is_stated_in_part_with_too_few() -> None:
    pair = tuple[int, str]
    longer, shorter = check(pair, [1, "a", "b"]), check(pair, [1])
    assert (longer.values["x"], longer.status["x"], list(longer.problems)) == ((1, "a"), "incomplete", ["x[2]"])
    assert (shorter.values["x"], shorter.status["x"], shorter.problems) == (None, "incomplete", {})


@pytest.mark.parametrize(
    ("rules", "unknown", "is_allowed"),
    [
        ({"additionalProperties": False}, 2, False),
        ({"additionalProperties": {"type": "integer"}}, "x", False),
        ({"additionalProperties": {"type": "integer"}}, 2, True),
        ({"patternProperties": {"^n_": {"type": "integer"}}}, "x", False),
        ({"patternProperties": {"^n_": {"type": "integer"}}, "additionalProperties": False}, 2, True),
        ({"propertyNames": {"maxLength": 2}}, 2, False),
        ({"unevaluatedProperties": False}, 2, False),
        ({"unevaluatedProperties": False}, None, True),
        ({}, "x", True),
    ],
)
def test_a_rule_for_names_that_no_field_has_is_told_at_that_name(
    rules: Any, unknown: Any, is_allowed: bool
) -> None:
    schema = ExtractionSchema.of({"type": "object", "properties": {"a": {"type": "integer"}}, **rules})
    checked = schema.check({"a": 1, "n_x": unknown})
    assert checked.values == {"a": 1}
    assert list(checked.problems) == ([] if is_allowed else ["n_x"])
