"""Which JSON Schemas are known to be valid without a validator: never one that a validator refuses."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from byok_widgets.schema.json_schemas.plain_schemas import is_surely_valid
from tests.schema.conformance.json_schemas import CASES, DRAFT_2020
from tests.schema.strategies import JSON_SCHEMAS, JUNK

_KEYWORDS = sorted(
    {name for case in CASES for name in case.schema} | {"$id", "enum", "items", "not", "multipleOf"}
)
_RULES = st.one_of(JUNK, st.lists(st.sampled_from(["a", "string", "null", 1, {}, True]), max_size=3))


def is_valid(schema: Any) -> bool:
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError:
        return False
    return True


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"x": {"type": ["string", "null"]}}, "required": ["x"]},
        {"properties": {"x": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"anyOf": [{"enum": [1]}, True]}}},
        {"$schema": DRAFT_2020, "title": "T", "properties": {"x": {"items": {"multipleOf": 0.5}, "maxItems": 2}}},
    ],
)
def test_usual_schemas_are_known(schema: dict[str, Any]) -> None:
    assert is_valid(schema)
    assert is_surely_valid(schema)


@pytest.mark.parametrize(
    ("keyword", "rule"),
    [
        ("type", "text"),
        ("type", []),
        ("type", ["null", "null"]),
        ("type", [{}]),
        ("required", "x"),
        ("required", ["x", "x"]),
        ("required", [1]),
        ("enum", "x"),
        ("minimum", "1"),
        ("minimum", True),
        ("minLength", -1),
        ("maxItems", 1.5),
        ("multipleOf", 0),
        ("uniqueItems", 1),
        ("items", []),
        ("anyOf", []),
        ("anyOf", [1]),
        ("anyOf", {"type": "null"}),
        ("properties", {"x": {"type": "text"}}),
        ("properties", []),
        ("$defs", {"x": {"properties": {"y": 1}}}),
        ("not", None),
        ("description", 1),
        ("format", ["date"]),
        ("default", {1}),
        ("nothing known", {"type": "text"}),
    ],
)
def test_what_is_not_known_is_left_to_the_validator(keyword: str, rule: Any) -> None:
    schema = {"properties": {"x": {keyword: rule}}}
    assert not is_surely_valid(schema) or is_valid(schema)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(JSON_SCHEMAS | st.dictionaries(st.sampled_from(_KEYWORDS), _RULES, max_size=3))
def test_none_is_known_that_a_validator_refuses(schema: Any) -> None:
    assert not is_surely_valid(schema) or is_valid(schema)
