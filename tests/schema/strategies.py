"""Hypothesis strategies: JSON values that a wire schema allows, any JSON values, and JSON Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(["key", "value", "kind", "label", "children", "x"])
_TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["N/A", "unknown", "none", "null", "", "36", "about 36", "true", "2026-12-01", "14:00", "0"]),
)
_NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.just(36.0))
_SCALARS = st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXTS)

JUNK = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=8,
)


def allowed_by(root: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Return the values that a wire schema allows; their strings need not have the format it asks for."""
    return _values(root, root, 3)


def _values(part: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if "$ref" in part:
        target = root["$defs"][part["$ref"].removeprefix("#/$defs/")]
        return _values(target, root, depth - 1) if depth else st.nothing()
    if "anyOf" in part:
        return st.one_of([_values(option, root, depth) for option in part["anyOf"]])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    types = [part["type"]] if isinstance(part["type"], str) else part["type"]
    return st.one_of([_of_type(name, part, root, depth) for name in types])


def _of_type(name: str, part: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> st.SearchStrategy[Any]:
    if name == "object":
        parts = {key: _values(value, root, depth) for key, value in part["properties"].items()}
        needed = {key: values for key, values in parts.items() if key in part["required"]}
        rest = {key: values for key, values in parts.items() if key not in needed and not values.is_empty}
        return st.fixed_dictionaries(needed, optional=rest)
    if name == "array":
        entries = _values(part["items"], root, depth)
        most = min(part.get("maxItems", 3), 3)
        return (
            st.just([]) if entries.is_empty else st.lists(entries, min_size=part.get("minItems", 0), max_size=most)
        )
    return {
        "null": st.none(),
        "boolean": st.booleans(),
        "integer": st.integers(part.get("minimum"), part.get("maximum")),
        "number": st.floats(allow_nan=False, allow_infinity=False),
        "string": _TEXTS,
    }[name]


def _json_schemas() -> st.SearchStrategy[Any]:
    values = st.sampled_from(["a", "b", "A", "null", "36", "", -1, 0, 1, 1.5, True, False, None])
    scalars = st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "integer", "number", "boolean", "null"])},
        optional={
            "description": st.just("words"),
            "minLength": st.integers(0, 2),
            "minimum": st.integers(-1, 1),
            "format": st.sampled_from(["date", "date-time", "uri", "time"]),
            "pattern": st.sampled_from(["a", "^(?!b)"]),
            "default": values,
            "x-own": values,
        },
    )
    leaves = st.one_of(
        st.booleans(),
        st.just({}),
        scalars,
        st.builds(
            lambda names: {"type": names}, st.lists(st.sampled_from(["string", "null", "object"]), unique=True)
        ),
        st.builds(lambda allowed: {"enum": allowed}, st.lists(values, min_size=1, max_size=3)),
        st.builds(lambda value: {"const": value}, values),
        st.builds(
            lambda name: {"$ref": name, "title": "T"}, st.sampled_from(["#/$defs/A", "#/definitions/B", "#/x"])
        ),
    )
    return st.recursive(leaves, _holding, max_leaves=6)


def _holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {"properties": st.dictionaries(NAMES, inner, max_size=3)},
            optional={
                "type": st.just("object"),
                "required": st.lists(NAMES, unique=True, max_size=2),
                "additionalProperties": inner,
                "anyOf": some,
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("object")},
            optional={
                "additionalProperties": inner,
                "patternProperties": st.builds(lambda part: {"^x": part}, inner),
                "propertyNames": st.just({"enum": ["x", "value"]}),
                "oneOf": some,
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("array")},
            optional={"items": inner, "prefixItems": some, "maxItems": st.integers(1, 3), "contains": inner},
        ),
        st.fixed_dictionaries(
            {"anyOf": some}, optional={"type": st.just("string"), "description": st.just("words")}
        ),
        st.builds(lambda parts: {"oneOf": parts}, some),
        st.fixed_dictionaries({"allOf": some}, optional={"type": st.just("object")}),
        st.builds(lambda part: {"not": part, "type": "string"}, inner),
    )


JSON_SCHEMAS = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(NAMES, _json_schemas(), min_size=1, max_size=3)},
    optional={
        "required": st.lists(NAMES, unique=True, max_size=2),
        "$defs": st.fixed_dictionaries({"A": _json_schemas(), "B": _json_schemas()}),
        "anyOf": st.lists(_json_schemas(), min_size=1, max_size=2),
        "allOf": st.lists(_json_schemas(), min_size=1, max_size=2),
    },
)
