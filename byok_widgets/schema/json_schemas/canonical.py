"""JSON Schemas in one form: draft 2020-12, each reference pointing to a named definition at the root.

Schemas come in several drafts, and refer to their parts by pointer, anchor or address. Everything after it
knows one draft and references of the form `#/$defs/name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from byok_widgets.errors import SchemaError
from byok_widgets.schema.json_schemas.dialects import Dialect
from byok_widgets.schema.json_schemas.patterns import check_pattern
from byok_widgets.schema.json_schemas.schema_refs import NOTES, Json
from byok_widgets.schema.json_schemas.structured_members import spelled_out
from byok_widgets.secrets.quoting import as_given

MAX_PARTS = 20_000
"""Most parts of a schema, each counted as often as it is referred to from another place."""

PARTS = frozenset(
    {"additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
MAPS = frozenset({"dependentSchemas", "patternProperties", "properties"})
IN_PLACE = ("allOf", "anyOf", "oneOf")

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_DROPPED = frozenset(
    {"$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$recursiveAnchor", "$schema", "$vocabulary"}
    | {"definitions", *_REFERENCES}
)


@dataclass(frozen=True)
class Canonical:
    """A schema in one form.

    Attributes:
        root: The schema.
        definitions: What its references point to, by name.
    """

    root: Any
    definitions: Json


def canonical(schema: Json, dialect: Dialect) -> Canonical:
    """Return a schema in draft 2020-12, with its references named.

    Raises:
        SchemaError: A reference leaves the schema, a pattern cannot be used, or the schema is too large.
    """
    walk = _Walk(schema, dialect)
    root = walk.converted(schema, walk.start)
    return Canonical(root, walk.definitions)


class _Walk:
    """One pass over a schema; definitions are converted where they are first referred to."""

    def __init__(self, schema: Json, dialect: Dialect) -> None:
        from referencing import Registry

        self._dialect = dialect
        self._specification = dialect.specification
        self._count = 0
        self._names: dict[int, str] = {}
        self.definitions: dict[str, Any] = {}
        whole = self._specification.create_resource(schema)
        self._check_dynamic_anchors(schema)
        self.start = Registry().resolver_with_root(whole)

    def converted(self, part: Any, resolver: Any, *, is_definition: bool = False) -> Any:
        """Return a part in the one form."""
        self._count += 1
        if self._count > MAX_PARTS:
            raise SchemaError(f"The schema has more than {MAX_PARTS} parts.", fix="Ask for less at once.")
        if not isinstance(part, Mapping):
            return part
        if "$id" in part or "id" in part:
            resolver = resolver.in_subresource(self._specification.create_resource(part))
        rules = spelled_out(self._dialect.upgraded(part))
        beside = {key: self._rule(key, rule, resolver) for key, rule in rules.items() if key not in _DROPPED}
        references = [self._reference(rules[key], resolver) for key in _REFERENCES if _is_reference(rules, key)]
        joined = _joined(beside, references)
        return joined if is_definition or not _may_recur(joined) else self._as_definition(part, joined)

    def _rule(self, key: str, rule: Any, resolver: Any) -> Any:
        if key in PARTS:
            return self.converted(rule, resolver)
        if key in LISTS:
            return [self.converted(inner, resolver) for inner in rule]
        if key == "pattern":
            check_pattern(rule)
        if key in MAPS:
            for pattern in rule if key == "patternProperties" else ():
                check_pattern(pattern)
            return {name: self.converted(inner, resolver) for name, inner in rule.items()}
        return rule

    def _reference(self, reference: str, resolver: Any) -> Json:
        return {"$ref": f"#/$defs/{self._named(reference, resolver)}"}

    def _named(self, reference: str, resolver: Any) -> str:
        from referencing.exceptions import Unresolvable

        try:
            found = resolver.lookup(reference)
        except Unresolvable:
            found = None
        if found is None or not isinstance(found.contents, (Mapping, bool)):
            raise SchemaError(
                f"The schema refers to {as_given(reference)}, which is not a part of it.",
                fix='Put that part under $defs, and write {"$ref": "#/$defs/its_name"}; nothing is fetched.',
            )
        known = self._names.get(id(found.contents))
        return known or self._define(found.contents, found.resolver, unquote(reference).rpartition("/")[2])

    def _define(self, part: Any, resolver: Any, wish: str) -> str:
        name = self._names[id(part)] = self._free_name(wish)
        self.definitions[name] = {}  # its place, should it refer to itself
        self.definitions[name] = self.converted(part, resolver, is_definition=True)
        return name

    def _free_name(self, wish: str) -> str:
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", wish).strip("_") or "whole"
        number = 1
        while (free := name if number == 1 else f"{name}_{number}") in self.definitions:
            number += 1
        return free

    def _as_definition(self, part: Json, converted: Json) -> Json:
        """Return a reference to a part, so that one which holds itself is finite."""
        name = self._names.get(id(part)) or self._free_name("part")
        self._names[id(part)] = name
        self.definitions.setdefault(name, converted)
        return {"$ref": f"#/$defs/{name}"}

    def _check_dynamic_anchors(self, schema: Json) -> None:
        """Reject references whose target depends on how they were reached."""
        anchors = [part["$dynamicAnchor"] for part in _mappings(schema) if "$dynamicAnchor" in part]
        if len(anchors) != len(set(map(str, anchors))):
            raise SchemaError(
                "The schema has a $dynamicAnchor twice, so what refers to it is not known in advance.",
                fix="Use $defs and $ref.",
            )


def _joined(beside: dict[str, Any], references: list[Json]) -> Json:
    """Join the references of a part with the rules beside them."""
    rules = beside.keys() - NOTES
    if len(references) == 1 and not rules:
        return {**beside, **references[0]}
    if references:
        return {**beside, "allOf": [*references, *beside.get("allOf", ())]}
    if rules == {"allOf"} and len(beside["allOf"]) == 1 and isinstance(beside["allOf"][0], Mapping):
        return {**beside["allOf"][0], **{key: note for key, note in beside.items() if key != "allOf"}}
    return beside


def _may_recur(part: Json) -> bool:
    """Whether following its references merges them with other rules, which need not end."""
    is_union = any(part.keys() - NOTES <= {key} for key in ("$ref", "anyOf", "oneOf"))
    return not is_union and any("$ref" in inner for inner in _in_place(part))


def _is_reference(rules: Json, key: str) -> bool:
    return isinstance(rules.get(key), str)


def _in_place(part: Any) -> Iterator[Json]:
    """Yield the parts that look at the same value, nested ones too."""
    for key in IN_PLACE:
        for inner in part.get(key, ()):
            if isinstance(inner, Mapping):
                yield inner
                yield from _in_place(inner)


def _mappings(part: Any) -> Iterator[Json]:
    if isinstance(part, Mapping):
        yield part
    inner = part.values() if isinstance(part, Mapping) else part if isinstance(part, (list, tuple)) else ()
    for each in inner:
        yield from _mappings(each)
