"""JSON Schemas with objects that they allow and objects that they forbid: each keyword, and each draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_6 = "http://json-schema.org/draft-06/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Case:
    """A schema with objects to check against it.

    Attributes:
        valid: Objects that it allows.
        invalid: Objects that it forbids.
    """

    name: str
    schema: dict[str, Any]
    valid: Sequence[dict[str, Any]]
    invalid: Sequence[dict[str, Any]]

    def __str__(self) -> str:
        return self.name


def field(name: str, part: Any, valid: Sequence[Any], invalid: Sequence[Any], **beside: Any) -> Case:
    """Return a case with a single property `x`."""
    schema = {"type": "object", "properties": {"x": part}, **beside}
    return Case(name, schema, [{"x": value} for value in valid], [{"x": value} for value in invalid])


def whole(name: str, valid: Sequence[dict[str, Any]], invalid: Sequence[dict[str, Any]], **schema: Any) -> Case:
    """Return a case about several properties."""
    return Case(name, {"type": "object", **schema}, valid, invalid)


_TEXT, _INT = {"type": "string"}, {"type": "integer"}
_TREE = {"properties": {"label": _TEXT, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}
_CAT = {
    "type": "object",
    "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
    "required": ["kind", "lives"],
}
_DOG = {
    "type": "object",
    "properties": {"kind": {"const": "dog"}, "tricks": {"type": "array", "items": _TEXT}},
    "required": ["kind", "tricks"],
}
_COMPANY = {"properties": {"kind": {"const": "company"}}, "required": ["kind"]}
_KINDS = {"kind": {"enum": ["person", "company"]}, "vat": _TEXT}

VALUES = (
    field("string", _TEXT, ["Ana", "36 Main St"], [["Ana"], {"a": 1}]),
    field("integer", _INT, [3, -2], ["three", 2.5, True]),
    field("number", {"type": "number"}, [2.5, 3], ["about 3", False]),
    field("boolean", {"type": "boolean"}, [True, False], ["maybe", 3]),
    field("several types", {"type": ["integer", "string"]}, [3, "three"], [[1], {"a": 1}]),
    field("integer or null", {"type": ["integer", "null"]}, [3], ["three"]),
    field("enum", {"enum": ["Mon", "Tue"]}, ["Mon"], ["Wed", 1]),
    field("enum of numbers", {"enum": [1, 2.5]}, [1, 2.5], [3]),
    field(
        "enum of objects",
        {"enum": [{"a": 1}, {"a": 2, "b": [1, 2]}, "none of these"]},
        [{"a": 1}, {"a": 2, "b": [1, 2]}, "none of these"],
        [{"a": 3}, {"a": 1, "b": [1, 2]}, {"a": 2, "b": [2, 1]}, {"a": 1, "c": 1}, "some"],
    ),
    field("enum of lists", {"enum": [[1, 2], [3, 4], [1]]}, [[1, 2], [1]], [[1, 3], [4], [1, 2, 3]]),
    field(
        "const object", {"const": {"kind": "x", "n": None}}, [{"kind": "x", "n": None}], [{"kind": "y", "n": None}]
    ),
    field(
        "enum of objects beside other rules",
        {"type": "object", "enum": [{"a": 1}, {"a": 1, "b": 2}, "x"], "minProperties": 2},
        [{"a": 1, "b": 2}],
        [{"a": 1}, "x"],
    ),
    field("const", {"const": "yes"}, ["yes"], ["no"]),
    field("minimum", {"type": "integer", "minimum": 1}, [1], [0]),
    field("maximum", {"type": "number", "maximum": 2.5}, [2.5], [2.6]),
    field("exclusive bounds", {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, [0.5], [0, 1]),
    field("multipleOf", {"type": "integer", "multipleOf": 5}, [10], [11]),
    field("minLength", {"type": "string", "minLength": 2}, ["ab"], ["a"]),
    field("maxLength", {"type": "string", "maxLength": 2}, ["ab", "é"], ["abc"]),
    field("pattern", {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"}, ["AB12"], ["ab12", "AB"]),
    field("unanchored pattern", {"type": "string", "pattern": "day"}, ["Tuesday"], ["Tues"]),
    field("pattern of JavaScript", {"type": "string", "pattern": r"^[\w\-.]+\/\d{2}$"}, ["a-b/12"], ["a b/12"]),
    field("date", {"type": "string", "format": "date"}, ["2026-12-01"], ["next Tuesday"]),
    field("email", {"type": "string", "format": "email"}, ["ana@example.com"], ["ana"]),
    field("not", {"type": "string", "not": {"enum": ["a", "b"]}}, ["c"], ["a"]),
    field("any of", {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 2}]}, [3, "ab"], ["abc"]),
    field(
        "one of", {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "integer", "maximum": 3}]}, [5, 3], [4]
    ),
    field("one of, not both", {"oneOf": [{"minimum": 0}, {"maximum": 10}], "type": "integer"}, [-1, 11], [5]),
    field("all of", {"allOf": [{"type": "integer", "minimum": 1}, {"maximum": 5}]}, [3], [0, 6]),
    field(
        "conditional value", {"if": _INT, "then": {"minimum": 3}, "else": {"minLength": 3}}, [3, "abc"], [2, "ab"]
    ),
    field("array", {"type": "array", "items": _INT}, [[1, 2], [3]], [["a"], "1, a"]),
    field(
        "item counts", {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 2}, [["a"]], [["a", "b", "c"]]
    ),
    field("unique items", {"type": "array", "items": _INT, "uniqueItems": True}, [[1, 2]], [[1, 1]]),
    field(
        "tuple",
        {"type": "array", "prefixItems": [_INT, _TEXT], "items": False},
        [[1, "a"]],
        [["a", "b"], [1, "a", 2]],
    ),
    field("contains", {"type": "array", "items": _INT, "contains": {"minimum": 5}}, [[1, 5]], [[1, 2]]),
    field(
        "minContains",
        {"type": "array", "items": _INT, "contains": {"minimum": 5}, "minContains": 2},
        [[5, 6]],
        [[1, 5]],
    ),
    field(
        "object",
        {"type": "object", "properties": {"a": _INT, "b": _TEXT}, "required": ["a"]},
        [{"a": 1}, {"a": 1, "b": "x"}],
        [{"b": "x"}, {"a": "one"}, "a"],
    ),
    field(
        "closed object",
        {"type": "object", "properties": {"a": _INT}, "additionalProperties": False},
        [{"a": 1}],
        [{"a": 1, "c": 2}],
    ),
    field("map", {"type": "object", "additionalProperties": _INT}, [{"eggs": 2}], [{"eggs": "two"}]),
    field(
        "map with bounded names",
        {"type": "object", "propertyNames": {"maxLength": 3}, "additionalProperties": _INT},
        [{"egg": 2}],
        [{"eggs": 2}],
    ),
    field(
        "map of patterns",
        {"type": "object", "patternProperties": {"^n_": _INT, "^t_": _TEXT}, "additionalProperties": False},
        [{"n_a": 1}, {"n_a": 1, "t_a": "x"}],
        [{"n_a": "x"}, {"other": 1}],
    ),
    field(
        "property counts",
        {"type": "object", "additionalProperties": _INT, "minProperties": 1, "maxProperties": 2},
        [{"a": 1}],
        [{"a": 1, "b": 2, "c": 3}],
    ),
    field(
        "dependentRequired inside",
        {"type": "object", "properties": {"card": _TEXT, "cvc": _TEXT}, "dependentRequired": {"card": ["cvc"]}},
        [{"cvc": "1"}, {"card": "4", "cvc": "1"}],
        [{"card": "4"}],
    ),
    field(
        "condition inside",
        {
            "type": "object",
            "properties": _KINDS,
            "if": _COMPANY,
            "then": {"properties": {"vat": {"pattern": "^[A-Z]{2}"}}, "required": ["vat"]},
        },
        [{"kind": "person"}, {"kind": "company", "vat": "DE1"}],
        [{"kind": "company"}, {"kind": "company", "vat": "1"}],
    ),
    field(
        "property that only a condition names",
        {
            "type": "object",
            "properties": {"kind": {"enum": ["person", "company"]}},
            "if": _COMPANY,
            "then": {"properties": {"staff": _INT}, "required": ["staff"]},
        },
        [{"kind": "company", "staff": 3}],
        [{"kind": "company"}, {"kind": "company", "staff": "few"}],
    ),
    field(
        "alternatives of objects",
        {"oneOf": [_CAT, _DOG]},
        [{"kind": "cat", "lives": 9}],
        [{"kind": "dog", "lives": 9}],
    ),
    field(
        "unevaluatedProperties",
        {
            "type": "object",
            "allOf": [{"properties": {"a": _INT}}],
            "properties": {"b": _INT},
            "unevaluatedProperties": False,
        },
        [{"a": 1, "b": 2}],
        [{"a": 1, "c": 3}],
    ),
    field(
        "objects in a list",
        {"type": "array", "items": _CAT},
        [[{"kind": "cat", "lives": 9}]],
        [[{"kind": "cat", "lives": "x"}]],
    ),
    field("everything allowed", True, ["a", 1, False], []),
)

REFERENCES = (
    field("$defs", {"$ref": "#/$defs/few"}, [1], [9], **{"$defs": {"few": {"type": "integer", "maximum": 3}}}),
    field(
        "definitions",
        {"$ref": "#/definitions/few"},
        [1],
        [9],
        definitions={"few": {"type": "integer", "maximum": 3}},
    ),
    field(
        "odd names",
        {"$ref": "#/$defs/a~1b%20c"},
        [1],
        ["x"],
        **{"$defs": {"a/b c": {"type": "integer"}}},
    ),
    whole(
        "reference to a property",
        [{"a": 2, "b": 3}],
        [{"a": 2, "b": 0}],
        properties={"a": {"type": "integer", "minimum": 1}, "b": {"$ref": "#/properties/a"}},
    ),
    whole(
        "reference to items",
        [{"a": [2], "b": 3}],
        [{"b": "x"}],
        properties={"a": {"type": "array", "items": _INT}, "b": {"$ref": "#/properties/a/items"}},
    ),
    whole(
        "reference to the root",
        [{"n": 1, "child": {"n": 2, "child": {"n": 3}}}],
        [{"n": 1, "child": {"n": 2, "child": {"n": "x"}}}],
        properties={"n": _INT, "child": {"$ref": "#"}},
    ),
    field(
        "$anchor",
        {"$ref": "#few"},
        [1],
        [9],
        **{"$defs": {"f": {"$anchor": "few", "type": "integer", "maximum": 3}}},
    ),
    whole(
        "$id at the root",
        [{"a": 1, "b": 1}],
        [{"a": 1, "b": "x"}],
        **{"$id": "https://example.com/order", "$defs": {"n": _INT}},
        properties={"a": {"$ref": "#/$defs/n"}, "b": {"$ref": "https://example.com/order#/$defs/n"}},
    ),
    whole(
        "$id inside",
        [{"a": {"n": 1}}],
        [{"a": {"n": "x"}}],
        **{
            "$id": "https://example.com/order",
            "$defs": {
                "item": {
                    "$id": "item",
                    "type": "object",
                    "properties": {"n": {"$ref": "#/$defs/number"}},
                    "$defs": {"number": _INT},
                }
            },
        },
        properties={"a": {"$ref": "item"}},
    ),
    field(
        "recursive definition",
        {"$ref": "#/$defs/tree"},
        [{"label": "a", "kids": [{"label": "b"}]}],
        [{"label": "a", "kids": [{"label": ["b"]}]}],
        **{"$defs": {"tree": _TREE}},
    ),
    field(
        "rules beside a reference",
        {"$ref": "#/$defs/person", "required": ["name"]},
        [{"name": "Ana"}],
        [{"age": 3}],
        **{"$defs": {"person": {"type": "object", "properties": {"name": _TEXT, "age": _INT}}}},
    ),
)

WHOLE = (
    whole(
        "required",
        [{"a": 1, "b": "x"}, {"a": 1}],
        [{"a": "x"}],
        properties={"a": _INT, "b": _TEXT},
        required=["a"],
    ),
    Case("object or null", {"type": ["object", "null"], "properties": {"a": _INT}}, [{"a": 1}], [{"a": "x"}]),
    whole(
        "if and then",
        [{"kind": "person", "vat": "1"}, {"kind": "company", "vat": "DE1"}],
        [{"kind": "company", "vat": "1"}, {"kind": "company"}],
        properties=_KINDS,
        required=["kind"],
        **{"if": _COMPANY, "then": {"properties": {"vat": {"pattern": "^[A-Z]{2}"}}, "required": ["vat"]}},
    ),
    whole(
        "else",
        [{"kind": "company", "vat": "DE1"}, {"kind": "person"}],
        [{"kind": "person", "vat": "DE1"}],
        properties=_KINDS,
        **{"if": _COMPANY, "else": {"not": {"required": ["vat"]}}},
    ),
    whole(
        "patternProperties on a property",
        [{"n_a": 4}],
        [{"n_a": 3}],
        properties={"n_a": _INT},
        patternProperties={"^n_": {"minimum": 4}},
    ),
    whole(
        "dependentSchemas",
        [{"a": 1}, {"a": 1, "card": "4", "cvc": "123"}],
        [{"card": "4", "cvc": "1"}, {"card": "4"}],
        properties={"a": _INT, "card": _TEXT},
        dependentSchemas={
            "card": {"properties": {"cvc": {"type": "string", "minLength": 3}}, "required": ["cvc"]}
        },
    ),
    whole(
        "dependentRequired",
        [{"cvc": "1"}, {"card": "4", "cvc": "1"}],
        [{"card": "4"}],
        properties={"card": _TEXT, "cvc": _TEXT},
        dependentRequired={"card": ["cvc"]},
    ),
    whole(
        "overlapping allOf",
        [{"a": 4}],
        [{"a": 1}, {"a": 9}],
        allOf=[{"properties": {"a": {"type": "integer", "minimum": 3}}}, {"properties": {"a": {"maximum": 5}}}],
    ),
    whole(
        "allOf beside properties",
        [{"a": 4, "b": "x"}],
        [{"a": 1, "b": "x"}],
        properties={"a": _INT},
        allOf=[{"$ref": "#/$defs/base"}],
        **{"$defs": {"base": {"properties": {"a": {"minimum": 3}, "b": _TEXT}}}},
    ),
    whole(
        "one contact or the other",
        [{"phone": "1"}, {"mail": "a@b"}],
        [{"note": "x"}],
        properties={"phone": _TEXT, "mail": _TEXT, "note": _TEXT},
        anyOf=[{"required": ["phone"]}, {"required": ["mail"]}],
    ),
    whole(
        "not both",
        [{"a": 1}, {"b": 1}],
        [{"a": 1, "b": 1}],
        properties={"a": _INT, "b": _INT},
        **{"not": {"required": ["a", "b"]}},
    ),
    whole(
        "alternatives at the root",
        [{"kind": "cat", "lives": 9}],
        [{"kind": "cat", "lives": "x"}],
        oneOf=[_CAT, _DOG],
    ),
    whole("minProperties", [{"a": 1, "b": 1}], [{"a": 1}], properties={"a": _INT, "b": _INT}, minProperties=2),
    whole("maxProperties", [{"a": 1}], [{"a": 1, "b": 1}], properties={"a": _INT, "b": _INT}, maxProperties=1),
    whole(
        "propertyNames",
        [{"ab": 1}],
        [{"abc": 1}],
        properties={"ab": _INT, "abc": _INT},
        propertyNames={"maxLength": 2},
    ),
    Case(
        "root by reference",
        {"$ref": "#/$defs/order", "$defs": {"order": _CAT}},
        [{"kind": "cat", "lives": 9}],
        [{"kind": "cat", "lives": "x"}],
    ),
)

DRAFTS = (
    field(
        "draft 4 bounds",
        {"type": "number", "minimum": 0, "exclusiveMinimum": True},
        [1],
        [0],
        **{"$schema": DRAFT_4},
    ),
    field(
        "draft 4 id",
        {"$ref": "#few"},
        [1],
        [9],
        **{"$schema": DRAFT_4, "definitions": {"f": {"id": "#few", "type": "integer", "maximum": 3}}},
    ),
    field(
        "draft 6 tuple",
        {"type": "array", "items": [_INT, _TEXT], "additionalItems": False},
        [[1, "a"]],
        [[1, "a", 2]],
        **{"$schema": DRAFT_6},
    ),
    whole(
        "draft 7 dependencies",
        [{"a": 1, "b": 2}, {"b": 2}],
        [{"a": 1}],
        **{"$schema": DRAFT_7},
        properties={"a": _INT, "b": _INT},
        dependencies={"a": ["b"]},
    ),
    whole(
        "draft 7 dependencies with a schema",
        [{"a": 1, "b": 5}],
        [{"a": 1, "b": 2}],
        **{"$schema": DRAFT_7},
        properties={"a": _INT, "b": _INT},
        dependencies={"a": {"properties": {"b": {"minimum": 5}}}},
    ),
    field(
        "draft 7 ignores what stands beside a reference",
        {"$ref": "#/definitions/n", "maximum": 3},
        [9],
        ["x"],
        **{"$schema": DRAFT_7, "definitions": {"n": _INT}},
    ),
    field(
        "draft 7 anchor",
        {"$ref": "#n"},
        [9],
        ["x"],
        **{"$schema": DRAFT_7, "definitions": {"n": {"$id": "#n", "type": "integer"}}},
    ),
    whole(
        "draft 2019-09 recursion",
        [{"n": 1, "child": {"n": 2}}],
        [{"n": 1, "child": {"n": "x"}}],
        **{"$schema": DRAFT_2019},
        properties={"n": _INT, "child": {"$recursiveRef": "#"}},
    ),
    field(
        "draft 2020-12 dynamic reference",
        {"$dynamicRef": "#n"},
        [9],
        ["x"],
        **{"$schema": DRAFT_2020, "$defs": {"n": {"$dynamicAnchor": "n", "type": "integer"}}},
    ),
)

CASES = (*VALUES, *REFERENCES, *WHOLE, *DRAFTS)
