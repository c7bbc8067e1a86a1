"""The wire schema: each provider's rules, and values that survive the round trip."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, create_model

from byok_widgets import SchemaError
from byok_widgets.schema import STRICT, ExtractionSchema, SchemaProfile, ValidationResult
from tests.schema.features import FEATURES, REFUSED, Feature, Times
from tests.schema.strategies import JUNK, allowed_by
from tests.schema.wire_rules import MAX_UNIONS, anthropic_problems, openai_problems, unions

LOOSE = SchemaProfile(unstated_is_null=False, takes_bounds=False)
PROFILES = (STRICT, LOOSE)
SCHEMAS = {feature.name: ExtractionSchema.of(feature.model) for feature in FEATURES}
quickly = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("feature", FEATURES, ids=str)
def test_each_feature_follows_openais_rules(feature: Feature) -> None:
    assert not openai_problems(SCHEMAS[feature.name].json_schema(STRICT))


@pytest.mark.parametrize("feature", FEATURES, ids=str)
def test_each_feature_follows_anthropics_rules(feature: Feature) -> None:
    assert not anthropic_problems(SCHEMAS[feature.name].json_schema(LOOSE))


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("feature", FEATURES, ids=str)
def test_each_value_goes_over_the_wire_and_comes_back(feature: Feature, profile: SchemaProfile) -> None:
    schema = SCHEMAS[feature.name]
    sent = schema.wire(feature.value)
    if not profile.unstated_is_null:
        sent = {name: value for name, value in sent.items() if value is not None}
    jsonschema.validate(sent, schema.json_schema(profile))
    checked = schema.check(sent)
    assert checked.record == feature.model.model_validate(feature.value)
    stated = {name for name, value in feature.value.items() if value not in (None, [], {})}
    assert {name for name, status in checked.status.items() if status == "found"} == stated


@pytest.mark.parametrize("feature", REFUSED, ids=str)
def test_an_unsupported_schema_is_rejected_with_a_reason(feature: Feature) -> None:
    with pytest.raises(SchemaError, match=feature.model.__name__) as caught:
        ExtractionSchema.of(feature.model)
    assert "pydantic" in caught.value.fix


@quickly
@given(st.data())
def test_whatever_the_wire_schema_allows_means_the_same_when_it_is_sent_again(data: st.DataObject) -> None:
    schema = SCHEMAS[data.draw(st.sampled_from(list(SCHEMAS)))]
    profile = data.draw(st.sampled_from(PROFILES))
    checked = schema.check(data.draw(allowed_by(schema.json_schema(profile))))
    again = schema.check(schema.wire(checked.said))
    assert (again.said, again.values) == (checked.said, checked.values)
    assert not again.problems
    assert_honest(schema, checked)


@quickly
@given(st.data())
def test_junk_never_breaks_the_check_and_is_never_found_where_it_does_not_fit(data: st.DataObject) -> None:
    schema = SCHEMAS[data.draw(st.sampled_from(list(SCHEMAS)))]
    names = st.sampled_from([spec.name for spec in schema.fields])
    assert_honest(schema, schema.check(data.draw(st.dictionaries(names, JUNK, min_size=1))))


def assert_honest(schema: ExtractionSchema, checked: ValidationResult) -> None:
    """A value is found only if it fits the user's own schema, according to another library."""
    own = schema.model.model_json_schema()
    root = own["$defs"][own["$ref"].removeprefix("#/$defs/")] if "$ref" in own else own
    for spec in schema.fields:
        status = checked.status[spec.name]
        is_incomplete = status == "incomplete"
        assert is_incomplete or (status == "found") == (spec.name in checked.said)
        assert (status == "invalid") == (spec.name in checked.problems)
        if spec.name in checked.said:
            rules = {key: rule for key, rule in root["properties"][spec.name].items() if key != "uniqueItems"}
            jsonschema.validate(checked.said[spec.name], {**rules, "$defs": own.get("$defs", {})})
        else:
            assert checked.values[spec.name] is None


def test_descriptions_and_bounds_that_a_provider_does_not_accept_become_words() -> None:
    bounds = SCHEMAS["bounds"]
    assert bounds.json_schema(STRICT)["properties"]["people"]["maximum"] == 20
    assert "maximum: 20" in bounds.json_schema(LOOSE)["properties"]["people"]["description"]
    assert bounds.dropped(STRICT) == ()
    assert "people: maximum: 20" in bounds.dropped(LOOSE)
    nested = SCHEMAS["nested with description"].json_schema()["properties"]
    assert nested["home"]["description"] == "where the caller lives"
    assert "maxLength: 5" in SCHEMAS["lengths"].json_schema()["properties"]["word"]["description"]
    assert "uniqueItems" in SCHEMAS["set"].json_schema()["properties"]["names"]["description"]


def test_unstated_values_are_null_for_openai_and_left_out_for_anthropic() -> None:
    strict, anthropic = (SCHEMAS["dates and times"].json_schema(profile) for profile in PROFILES)
    assert strict["properties"]["day"]["type"] == ["string", "null"]
    assert strict["required"] == list(Times.model_fields)
    assert anthropic["properties"]["day"]["type"] == "string"
    assert anthropic["required"] == []


def test_many_fields_stay_below_anthropics_limit_of_unions() -> None:
    fields = {f"field_{number}": str | None for number in range(3 * MAX_UNIONS)}
    assert unions(ExtractionSchema.of(fields=fields).json_schema(LOOSE)) == 0


def test_a_recursive_class_stays_a_reference_and_others_are_inlined() -> None:
    tree = SCHEMAS["recursive inside"].json_schema()
    assert len(tree["$defs"]) == 1
    assert "$defs" not in SCHEMAS["nested with description"].json_schema()


def test_a_reference_that_stays_has_nothing_beside_it() -> None:
    tree = {"properties": {"parent": {"description": "above", "anyOf": [{"$ref": "#/$defs/tree"}]}}}
    schema = ExtractionSchema.of({"properties": {"x": {"$ref": "#/$defs/tree"}}, "$defs": {"tree": tree}})
    assert not openai_problems(schema.json_schema())


def test_parts_of_one_shape_are_asked_for_once() -> None:
    items = ExtractionSchema.of(fields={"x": tuple[int, int]}).json_schema()["properties"]["x"]["items"]
    assert items == {"type": "integer"}


def test_two_classes_of_one_name_are_not_mixed_up() -> None:
    one = create_model("Same", a=(int, ...))
    other = create_model("Same", b=(str, ...))
    schema = ExtractionSchema.of(fields={"x": list[one], "y": list[other]}).json_schema()
    assert list(schema["properties"]["x"]["items"]["properties"]) == ["a"]
    assert list(schema["properties"]["y"]["items"]["properties"]) == ["b"]


def test_two_recursive_classes_of_one_name_are_not_mixed_up() -> None:
    first, second = recursive_class(int), recursive_class(str)
    schema = ExtractionSchema.of(fields={"x": first, "y": second})
    assert not openai_problems(schema.json_schema())
    leaves = [part["properties"]["leaf"]["type"] for part in schema.json_schema()["$defs"].values()]
    assert leaves == [["integer", "null"], ["string", "null"]], "what was not stated is null at any depth"


def recursive_class(leaf: type) -> type[BaseModel]:
    class Same(BaseModel):
        leaf: leaf
        more: list[Same] = []

    Same.model_rebuild(_types_namespace={"Same": Same, "leaf": leaf})
    return Same


def test_a_schema_of_too_many_properties_is_refused_before_it_grows() -> None:
    model: Any = create_model("Leaf", a=(int, ...))
    for level in range(20):
        model = create_model(f"Level{level}", left=(model, ...), right=(model, ...))
    with pytest.raises(SchemaError, match="5000"):
        ExtractionSchema.of(model)


@pytest.mark.parametrize(("pattern", "good", "bad"), [("day", "Tuesday", "Tues"), ("^a", "ab", "ba")])
def test_a_pattern_that_a_grammar_reads_differently_is_described_and_checked_here(
    pattern: str, good: str, bad: str
) -> None:
    schema = ExtractionSchema.of({"type": "object", "properties": {"x": {"type": "string", "pattern": pattern}}})
    asked = schema.json_schema()["properties"]["x"]
    assert asked == {"type": ["string", "null"], "description": f"pattern: {pattern}"}
    assert [schema.check({"x": text}).status["x"] for text in (good, bad)] == ["found", "invalid"]


def test_keywords_that_a_provider_ignores_are_not_sent() -> None:
    class Odd(BaseModel):
        a: int = Field(title="A", examples=[1], deprecated=True, json_schema_extra={"x-order": 3})

    assert ExtractionSchema.of(Odd).json_schema()["properties"]["a"] == {"type": ["integer", "null"]}
