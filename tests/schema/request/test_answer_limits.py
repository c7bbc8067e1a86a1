"""Ends for the lists and texts of an answer, and what becomes of a value that reaches one."""

from __future__ import annotations

from typing import Any

import pytest

from byok_widgets.schema import ExtractionSchema, SchemaProfile
from byok_widgets.schema.request.answer_limits import AnswerLimits

LIMITS = AnswerLimits(512)
LOCAL = SchemaProfile(limits=LIMITS)


def schema(part: dict[str, Any], **definitions: Any) -> ExtractionSchema:
    return ExtractionSchema.of(
        {"type": "object", "properties": {"x": part, "y": {"type": "integer"}}, "$defs": definitions}
    )


def sent(part: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema(part).json_schema(LOCAL)["properties"]["x"]
    return found


TEXT, NUMBERS = {"type": "string"}, {"type": "array", "items": {"type": "integer"}}
PAIR = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}


@pytest.mark.parametrize(
    ("part", "name", "bound"),
    [
        (TEXT, "maxLength", LIMITS.chars),
        ({**TEXT, "maxLength": 20}, "maxLength", 20),
        ({**TEXT, "maxLength": 10_000}, "maxLength", LIMITS.chars),
        ({**TEXT, "minLength": 800}, "maxLength", 801),
        (NUMBERS, "maxItems", LIMITS.items(1)),
        ({**NUMBERS, "maxItems": 3}, "maxItems", 3),
        ({**NUMBERS, "minItems": 500}, "maxItems", 501),
        ({"type": "array", "items": PAIR}, "maxItems", LIMITS.items(2)),
        ({"type": "object", "additionalProperties": TEXT}, "maxItems", LIMITS.items(2)),
        ({**TEXT, "pattern": "^[0-9]+$"}, "maxLength", LIMITS.repeats),
        ({**TEXT, "pattern": "^[0-9]{3}$"}, "maxLength", None),
        ({**TEXT, "format": "date"}, "maxLength", None),
        ({"enum": ["a", "b"]}, "maxLength", None),
        ({}, "maxLength", LIMITS.chars),
    ],
    ids=str,
)
def test_each_list_and_text_has_an_end(part: dict[str, Any], name: str, bound: int | None) -> None:
    assert sent(part).get(name) == bound


def test_other_providers_are_sent_no_limits() -> None:
    assert "maxLength" not in str(schema(TEXT).json_schema())
    assert "maxItems" not in str(schema(NUMBERS).json_schema())


def test_a_longer_answer_may_hold_more() -> None:
    assert LOCAL.within(4096).limits == AnswerLimits(4096)
    assert AnswerLimits(4096).items(3) > LIMITS.items(3)
    assert LOCAL.within(None) == LOCAL
    assert SchemaProfile().within(10) == SchemaProfile()


KIDS = {"type": "array", "items": {"$ref": "#/$defs/tree"}}
TREE = {"type": "object", "properties": {"name": TEXT, "kids": KIDS}}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (TEXT, "a" * LIMITS.chars),
        (NUMBERS, [1] * LIMITS.items(1)),
        ({"type": "array", "items": PAIR}, [{"a": "1", "b": None}] * LIMITS.items(2)),
        ({"type": "array", "items": PAIR}, [{"a": "1", "b": "c" * LIMITS.chars}]),
        (PAIR, {"a": "a" * LIMITS.chars, "b": None}),
        ({"anyOf": [NUMBERS, TEXT]}, [1] * LIMITS.items(1)),
        ({"$ref": "#/$defs/tree"}, {"name": None, "kids": [{"name": "a" * LIMITS.chars, "kids": []}]}),
    ],
    ids=["text", "list", "list of objects", "text in a list", "text in an object", "alternative", "recursive"],
)
def test_a_value_that_reaches_a_limit_is_invalid_and_costs_no_other(part: dict[str, Any], value: Any) -> None:
    given = schema(part, tree=TREE)
    raw = {"x": value, "y": 3}
    checked = given.check(raw, cut=given.cut(raw, LOCAL))
    assert (checked.status["x"], checked.values["x"]) == ("invalid", None)
    assert "may be cut" in checked.problems["x"]
    assert (checked.status["y"], checked.values["y"]) == ("found", 3)
    assert not given.cut(raw, SchemaProfile())


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (TEXT, "a" * (LIMITS.chars - 1)),
        ({**TEXT, "maxLength": 20}, "a" * 20),
        ({**NUMBERS, "maxItems": 3}, [1, 2, 3]),
        ({**NUMBERS, "maxItems": int(LIMITS.items(1))}, [1] * LIMITS.items(1)),
        (NUMBERS, None),
        (NUMBERS, "no list"),
    ],
    ids=str,
)
def test_a_value_within_the_limits_is_as_it_is(part: dict[str, Any], value: Any) -> None:
    assert not schema(part).cut({"x": value}, LOCAL)


@pytest.mark.parametrize("tokens", [128, 256, 512, 2000])
def test_a_text_of_signs_that_take_a_token_each_leaves_room_for_the_rest(tokens: int) -> None:
    assert max(AnswerLimits(tokens).chars, AnswerLimits(tokens).repeats) <= tokens // 2
