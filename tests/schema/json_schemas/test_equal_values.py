"""The rules `enum` and `uniqueItems`: what counts as equal, and that long lists take no time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.schema import ExtractionSchema
from byok_widgets.schema.json_schemas.json_checker import errors_of, json_checker

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 1.5, "", "1", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


def fits(schema: dict[str, Any], value: Any) -> bool:
    return not errors_of(json_checker()(schema), value)


@given(st.lists(VALUES, min_size=1, max_size=4), VALUES)
def test_they_say_what_jsonschema_says(listed: list[Any], value: Any) -> None:
    import jsonschema

    for schema, given_value in (({"enum": listed}, value), ({"uniqueItems": True}, listed)):
        expected = jsonschema.Draft202012Validator(schema).is_valid(given_value)
        assert fits(schema, given_value) is expected, (schema, given_value)


def test_each_item_of_a_long_array_is_looked_up_at_once() -> None:
    allowed = [f"v{number}" for number in range(20_000)]
    started = time.process_time()
    assert fits({"items": {"enum": allowed}, "type": "array"}, [allowed[-1]] * 20_000)
    assert not fits({"items": {"enum": allowed}, "type": "array"}, ["other"])
    assert time.process_time() - started < 5


@pytest.mark.parametrize("twice", [False, True])
def test_a_long_array_of_objects_is_compared_at_once(twice: bool) -> None:
    items = [{"a": number, "b": [number]} for number in range(3_000)]
    schema = {"type": "object", "properties": {"x": {"type": "array", "uniqueItems": True}}}
    started = time.process_time()
    checked = ExtractionSchema.of(schema, name="e").check_answer(json.dumps({"x": items + items[:twice]}))
    assert checked.status["x"] == ("invalid" if twice else "found")
    assert time.process_time() - started < 5
