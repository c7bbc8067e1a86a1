"""JSON Schemas: which of them can be used, and that each of their rules is checked here."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byok_widgets import SchemaError
from byok_widgets.schema import ExtractionSchema
from tests.schema.request.test_wire import LOOSE
from tests.schema.strategies import JSON_SCHEMAS, JUNK, NAMES, allowed_by
from tests.schema.wire_rules import anthropic_problems, openai_problems


def of(**keywords: Any) -> ExtractionSchema:
    return ExtractionSchema.of({"type": "object", **keywords})


def field(**keywords: Any) -> ExtractionSchema:
    return of(properties={"x": keywords})


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_schema_is_rejected_with_a_reason_or_valid_and_enforced(data: st.DataObject) -> None:
    own = data.draw(JSON_SCHEMAS)
    try:
        schema = ExtractionSchema.of(own)
    except SchemaError:
        return
    wire = schema.json_schema()
    assert not openai_problems(wire)
    assert not [problem for problem in anthropic_problems(schema.json_schema(LOOSE)) if "several" not in problem]
    answers = allowed_by(wire)
    for answer in (data.draw(st.dictionaries(NAMES, JUNK)), {} if answers.is_empty else data.draw(answers)):
        checked = schema.check(answer)
        for spec in schema.fields:
            if checked.status[spec.name] == "found" and "" not in checked.problems:
                validator(spec.schema, own).validate(checked.said[spec.name])


def validator(part: Any, own: Any) -> jsonschema.Draft202012Validator:
    definitions = own.get("$defs", {})
    whole = {"allOf": [part], "$defs": definitions, "definitions": definitions}
    checker = jsonschema.Draft202012Validator
    return checker(whole, format_checker=checker.FORMAT_CHECKER)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (
            {"type": "object", "properties": {"x": {"type": "strange"}}},
            "x.type cannot be 'strange'; the types are string, ",
        ),
        ({"type": "object", "properties": {"x": {"pattern": "("}}}, "pattern '\\('.*unclosed group"),
        ({"properties": {"x": {"pattern": "(?=a)"}}}, "looks ahead"),
        ({"properties": {"x": {"patternProperties": {"(a)\\1": {}}}}}, "refers back"),
        ({"type": "array", "items": {}}, "object"),
        ({"type": "object"}, "object"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "object"),
        ({"anyOf": [{"type": "array"}, {"type": "string"}]}, "object"),
        ({"properties": {"x": {"$ref": "https://example.com/s.json"}}}, "https://example.com/s.json"),
        ({"properties": {"x": {"$ref": "#/properties/z"}, "y": {}}, "$defs": {"z": {}}}, "'#/properties/z'"),
        ({"properties": {"x": {"not": {"$ref": "#/$defs/gone"}}}}, "gone"),
        (
            {"properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"$ref": "#/$defs/a"}}},
            "",
        ),
        ({"properties": {"x": {"$dynamicRef": "#a"}}}, "'#a'"),
        ({"properties": {"x": {"$dynamicAnchor": "a"}, "y": {"$dynamicAnchor": "a"}}}, "dynamicAnchor"),
        ({"$schema": "https://example.com/own", "properties": {"x": {}}}, "https://example.com/own"),
    ],
)
def test_an_unsupported_schema_is_rejected_at_once(schema: dict[str, Any], words: str) -> None:
    with pytest.raises(SchemaError) as caught:
        ExtractionSchema.of(schema)
    assert re.search(words, caught.value.problem)


def test_a_reference_inside_data_is_not_a_reference() -> None:
    assert (
        field(type="string", examples=[{"$ref": "#/gone"}], default="$ref").check({"x": "a"}).status["x"]
        == "found"
    )


@pytest.mark.parametrize(
    ("keywords", "good", "bad"),
    [
        ({"type": "integer", "minimum": 1}, 1, 0),
        ({"type": "string", "maxLength": 2}, "ab", "abc"),
        ({"type": "string", "format": "date"}, "2026-12-01", "next Tuesday"),
        ({"type": "string", "format": "email"}, "ana@example.com", "ana"),
        ({"type": "string", "not": {"const": "x"}}, "y", "x"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 2], [1]),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}, [1, "a"], ["a", "b"]),
        ({"if": {"type": "string"}, "then": {"minLength": 2}}, "ab", "a"),
        (
            {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 1},
            {"a": 1},
            {"a": "b"},
        ),
        ({"type": "object", "patternProperties": {"^x": {"type": "integer"}}}, {"x": 1}, {"x": "one"}),
    ],
)
def test_rules_that_no_provider_enforces_are_checked_here(keywords: dict[str, Any], good: Any, bad: Any) -> None:
    schema = field(**keywords)
    assert schema.check({"x": good}).values["x"] == good
    checked = schema.check({"x": bad})
    assert (checked.status["x"], checked.values["x"]) == ("invalid", None)
    assert checked.problems["x"].startswith("x")


def test_definitions_under_their_old_name_and_with_odd_names_are_found() -> None:
    schema = ExtractionSchema.of(
        {
            "properties": {"x": {"$ref": "#/definitions/a~1b%20c"}},
            "definitions": {"a/b c": {"type": ["array", "integer"], "items": {"$ref": "#/definitions/a~1b%20c"}}},
        }
    )
    assert not openai_problems(schema.json_schema())
    assert schema.check({"x": [[], [[], [1]]]}).values["x"] == [[], [[], [1]]]


def test_parts_joined_by_all_of_are_one_object() -> None:
    schema = of(
        allOf=[{"$ref": "#/$defs/person"}, {"properties": {"age": {"type": "integer"}}, "required": ["age"]}],
        **{"$defs": {"person": {"properties": {"name": {"type": "string"}}, "required": ["name"]}}},
    )
    assert [spec.name for spec in schema.fields if spec.required] == ["name", "age"]
    assert schema.check({"name": "Ana", "age": "36"}).values == {"name": "Ana", "age": 36}


def test_keywords_beside_alternatives_apply_to_each_of_them() -> None:
    schema = field(
        type="object",
        properties={"a": {"type": "integer"}, "b": {"type": "string"}},
        anyOf=[{"required": ["a"]}, {"required": ["b"]}],
    )
    assert not openai_problems(schema.json_schema())
    assert list(schema.json_schema()["properties"]["x"]["properties"]) == ["a", "b"]
    assert schema.check({"x": {"a": None, "b": "z"}}).values["x"] == {"b": "z"}


def test_allowed_values_given_one_by_one_are_all_allowed() -> None:
    schema = field(oneOf=[{"const": "Mon", "title": "Monday"}, {"const": "Tue", "title": "Tuesday"}])
    assert schema.check({"x": "TUE"}).values["x"] == "Tue"
    assert "Mon, Tue" in schema.check({"x": "Wed"}).problems["x"]


def test_rules_of_the_root_apply_once_nothing_required_is_missing() -> None:
    schema = of(
        properties={"a": {"type": "integer"}, "phone": {"type": "string"}, "mail": {"type": "string"}},
        required=["a"],
        anyOf=[{"required": ["phone"]}, {"required": ["mail"]}],
    )
    assert "" in schema.check({"a": 1}).problems
    assert not schema.check({"a": None}).problems
    assert not schema.check({"a": 1, "mail": "x"}).problems


def test_a_schema_of_true_allows_anything_and_of_false_nothing() -> None:
    schema = of(properties={"x": True, "y": False})
    checked = schema.check({"x": 1.5, "y": 1})
    assert checked.values == {"x": 1.5, "y": None}
    assert checked.status == {"x": "found", "y": "invalid"}


def test_unpaired_surrogates_and_infinite_numbers_are_invalid() -> None:
    schema = of(properties={"text": {"type": "string"}, "number": {"type": "number"}})
    checked = schema.check_answer('{"text": "\\ud83d", "number": 1e999}')
    assert set(checked.status.values()) == {"invalid"}


KINDS = {
    "properties": {"kind": {"enum": ["person", "company"]}, "vat": {"type": "string"}, "name": {"type": "string"}},
    "required": ["kind", "name"],
    "if": {"properties": {"kind": {"const": "company"}}},
    "then": {"properties": {"vat": {"pattern": "^[A-Z]{2}"}}, "required": ["vat"]},
}


@pytest.mark.parametrize(
    ("said", "places", "pending"),
    [
        ({"vat": "1"}, [], True),
        ({"kind": "company", "vat": "1"}, ["vat"], True),
        ({"kind": "company", "name": "Ana", "vat": "1"}, ["vat"], False),
        ({"kind": "company", "name": "Ana"}, [""], False),
        ({"kind": "person", "name": "Ana", "vat": "1"}, [], False),
    ],
)
def test_a_condition_is_decided_as_soon_as_what_it_looks_at_is_stated(
    said: dict[str, Any], places: list[str], pending: bool
) -> None:
    checked = of(**KINDS).check(said)
    assert list(checked.problems) == places
    assert checked.pending == pending


def test_that_more_must_be_stated_is_no_complaint_about_the_answer() -> None:
    checked = of(**KINDS).check({"kind": "company", "name": "Ana"})
    assert checked.lacks_only
    assert checked.complaint == ""
    assert "vat" in of(**KINDS).check({"kind": "company", "vat": "1"}).complaint


def test_null_satisfies_a_required_property_that_takes_it() -> None:
    schema = of(properties={"floor": {"type": ["integer", "null"]}}, required=["floor"], minProperties=1)
    assert not schema.fields[0].required
    assert not schema.check({"floor": None}).problems


def doubling(keyword: str) -> dict[str, Any]:
    """Return a schema whose parts refer to each other twice, thirty times over."""
    parts: dict[str, Any] = {"d0": {"type": "integer"}}
    for level in range(30):
        parts[f"d{level + 1}"] = {keyword: [{"$ref": f"#/$defs/d{level}"}] * 2}
    return {"properties": {"x": {"$ref": "#/$defs/d30"}}, "$defs": parts}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_a_schema_that_doubles_at_each_level_is_refused(keyword: str) -> None:
    with pytest.raises(SchemaError, match="2000 parts"):
        ExtractionSchema.of(doubling(keyword))


def test_a_check_that_doubles_with_each_level_of_the_value_is_given_up() -> None:
    tree = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/t"}, "maxItems": most} for most in (1, 2)]}
    schema = ExtractionSchema.of({"properties": {"x": {"$ref": "#/$defs/t"}}, "$defs": {"t": tree}})
    value: Any = "leaf"
    for _ in range(30):
        value = [value]
    assert "too long" in schema.check({"x": value}).problems["x"]


def test_a_property_that_a_condition_forbids_is_the_one_that_is_invalid() -> None:
    schema = of(
        properties={"kind": {"type": "string"}, "vat": {"type": "string"}},
        **{"if": {"properties": {"kind": {"const": "person"}}}, "then": {"properties": {"vat": False}}},
    )
    assert list(schema.check({"kind": "person", "vat": "1"}).problems) == ["vat"]
    assert not schema.check({"kind": "company", "vat": "1"}).problems
