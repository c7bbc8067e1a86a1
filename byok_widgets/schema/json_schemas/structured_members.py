"""Allowed values that are objects or lists, written as schemas of their parts.

`{"const": {"a": 1}}` says the same as an object whose only property `a` is 1, which everything else here can ask
for, read and check.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from byok_widgets.schema.json_schemas.schema_refs import NOTES, Json, type_of


def spelled_out(rules: Json) -> Json:
    """Return the rules of a part, with objects and lists among its allowed values as schemas."""
    for key in ("const", "enum"):
        members = [rules["const"]] if key == "const" and key in rules else rules.get(key, ())
        if any(isinstance(member, (dict, list)) for member in members):
            rules = _replaced(rules, key, [member for member in members if _has_type(member, rules)])
    return rules


def _replaced(rules: Json, key: str, members: list[Any]) -> Json:
    plain = [member for member in members if not isinstance(member, (dict, list))]
    exact = [_exactly(member) for member in members if isinstance(member, (dict, list))]
    options = [*exact, *([{"enum": plain}] if plain else [])]
    fixed = options[0] if len(options) == 1 else _any_of(options)
    rest = {name: rule for name, rule in rules.items() if name not in (key, "type")}
    if rest.keys() <= NOTES:
        return {**rest, **fixed}
    return {**rest, "allOf": [*rest.get("allOf", ()), fixed]}


def _any_of(options: list[Json]) -> Json:
    return {"anyOf": options} if options else {"not": {}}


def _exactly(value: Any) -> Json:
    """Return the schema of one value."""
    if isinstance(value, dict):
        parts = {name: _exactly(part) for name, part in value.items()}
        return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}
    if not isinstance(value, list):
        return {"const": value}
    count = len(value)
    items: Mapping[str, Any] = (
        {"prefixItems": [_exactly(item) for item in value], "minItems": count} if count else {}
    )
    return {"type": "array", **items, "maxItems": count}


def _has_type(value: Any, rules: Json) -> bool:
    named = rules.get("type")
    if named is None:
        return True
    types = [named] if isinstance(named, str) else named
    kind = type_of(value)
    return kind in types or (kind == "integer" and "number" in types)
