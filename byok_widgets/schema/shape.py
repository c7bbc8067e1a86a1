"""`Shape`: a part of a schema, compiled for reading values.

Answers are read against the same schema again and again, so its references, alternatives, types and allowed values
are worked out once, where a value first reaches them.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Any

from byok_widgets.schema.json_schemas.schema_refs import (
    TIMES,
    Json,
    branches,
    entries_of,
    enum_of,
    is_map,
    type_of,
    types_in,
    types_of,
)
from byok_widgets.schema.reading.names import KnownNames


class Shapes:
    """The shapes of all parts of one schema; each part has one, so that a recursive schema has finitely many."""

    def __init__(self, definitions: Json, *, has_decimals: bool = False) -> None:
        self.definitions = definitions
        self.has_decimals = has_decimals
        self._known: dict[int, Shape] = {}

    def of(self, part: Any) -> Shape:
        """Return the shape of a part, which must not change any more."""
        known = self._known.get(id(part))
        if known is None:  # a shape keeps its part alive, so that no other part gets its id
            known = self._known[id(part)] = Shape(part, self)
        return known


class Shape:
    """What a part of a schema allows, over all its alternatives.

    Attributes:
        schema: The part.
    """

    def __init__(self, schema: Any, shapes: Shapes) -> None:
        self.schema = schema
        self._shapes = shapes

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """The alternatives; a schema without any is its own."""
        return tuple(Branch(raw, self._shapes) for raw in branches(self.schema, self._shapes.definitions))

    @cached_property
    def types(self) -> frozenset[str]:
        """The JSON types of a stated value; empty if any type is allowed."""
        return types_of(self.schema, self._shapes.definitions)

    @cached_property
    def enum(self) -> tuple[Any, ...] | None:
        """The allowed values; `None` if they are not restricted to a list."""
        return enum_of(self.schema, self._shapes.definitions)

    @cached_property
    def takes_text(self) -> bool:
        """Whether any string is allowed, not only a date or a time."""
        return any("string" in branch.types and not branch.is_time for branch in self.branches)

    @cached_property
    def takes_null(self) -> bool:
        """Whether null is a value, and not only the sign for one that is not stated."""
        return any("null" in branch.types if branch.types else branch.allowed is None for branch in self.branches)

    @cached_property
    def takes_decimal(self) -> bool:
        """Whether a number stays a decimal; its schema allows a number, or the same as text."""
        return self._shapes.has_decimals and {"number", "string"} <= self.types

    @cached_property
    def formats(self) -> frozenset[str]:
        """The formats of its strings, of which some stand for dates and times."""
        return frozenset(branch.format for branch in self.branches if branch.format)

    @cached_property
    def highest(self) -> float | None:
        """The largest number that is allowed; `None` for no such bound."""
        bounds = [branch.highest for branch in self.branches if branch.types & {"integer", "number"}]
        known = [bound for bound in bounds if bound is not None]
        return max(known) if known and len(known) == len(bounds) else None

    @cached_property
    def description(self) -> str:
        """What the schema says about the value, in words."""
        return " ".join(branch.description for branch in self.branches)

    @cached_property
    def takes_map(self) -> bool:
        """Whether an object with arbitrary keys is allowed."""
        return any(branch.is_map for branch in self.branches)

    @cached_property
    def takes_parts(self) -> bool:
        """Whether a list or an object is among the types that are named."""
        return bool({"array", "object"} & self.types)

    @cached_property
    def takes_list(self) -> bool:
        """Whether a list is among the types that are named."""
        return any("array" in branch.types for branch in self.branches)

    def chosen(self, value: Any) -> Branch:
        """Return the alternative that fits a value best; one that says nothing if none does."""
        of_its_type = [branch for branch in self.branches if branch.has_type(value)]
        if len(of_its_type) == 1:
            return of_its_type[0]
        fitting = [branch for branch in of_its_type if branch.may_hold(value)]
        return min(fitting, key=lambda branch: branch.mismatch(value), default=_NOTHING_SAID)


class Branch:
    """One alternative of a shape.

    Attributes:
        types: Its JSON types; empty if it names none.
        allowed: The values it is restricted to; `None` for no such list.
        highest: The largest number that it allows; `None` for no such bound.
        description: Its title and description.
        is_map: Whether it is an object with arbitrary keys.
        format: The format of its strings; empty for any.
        is_time: Whether its strings are dates or times, which people put in other words.
        properties: The names of its properties.
        required: The names of the properties that an object needs.
        optional: The names of the properties that an object may lack.
        places: How many items of a list have a meaning of their own, by their position.
        fewest: How many items a list needs.
        keywords: The keywords of its schema.
    """

    def __init__(self, raw: Json, shapes: Shapes) -> None:
        self._raw = raw
        self._shapes = shapes
        self.keywords = frozenset(raw)
        self.types = types_in(raw)
        self.allowed = [raw["const"]] if "const" in raw else raw.get("enum")
        self.is_map = is_map(raw)
        self.highest: float | None = raw.get("maximum", raw.get("exclusiveMaximum"))
        self.description = f"{raw.get('title', '')} {raw.get('description', '')}".strip()
        self.format = str(raw.get("format", ""))
        self.is_time = self.format in TIMES
        self.properties: Json = raw.get("properties", {})
        self.required = frozenset(raw.get("required", ()))
        self.optional = frozenset(self.properties) - self.required
        self.places = len(raw.get("prefixItems", ()))
        self.fewest: int = raw.get("minItems", 0)

    def has_type(self, value: Any) -> bool:
        """Whether a value has one of its types."""
        return not self.types or ("number" if isinstance(value, Decimal) else type_of(value)) in self.types

    def may_hold(self, value: Any) -> bool:
        """Whether a value is allowed, or an object whose properties with a list of values have one of these."""
        if self.allowed is not None:
            return value in self.allowed
        if not isinstance(value, dict):
            return True
        return all(value.get(name) is None or _is_among(value[name], allowed) for name, allowed in self._fixed)

    def mismatch(self, value: Any) -> tuple[int, int]:
        """Return how many required properties or items a value lacks, and how many unknown ones it has."""
        if isinstance(value, list):
            return max(self.fewest - len(value), 0), max(len(value) - self.places, 0) if self.is_closed else 0
        given = {name for name, entry in value.items() if entry is not None} if isinstance(value, dict) else set()
        unknown = given - set(self.properties) if "properties" in self._raw else ()
        return len(self.required - given), len(unknown)

    @property
    def is_closed(self) -> bool:
        """Whether a list has no items but those with a meaning of their own."""
        return bool(self.places) and (self._raw.get("items") is False or self._raw.get("maxItems") == self.places)

    def item(self, at: int) -> Shape:
        """Return the shape of a list's item."""
        first = self._raw.get("prefixItems", ())
        return self._shapes.of(first[at]) if at < len(first) else self._items

    def entry(self, name: str) -> Shape:
        """Return the shape of an object's entry."""
        return self._shapes.of(self.properties[name]) if name in self.properties else self._entries

    def can_lack(self, name: str) -> bool:
        """Whether an object means the same without an entry; a default would stand for what was stated."""
        if name not in self.properties:
            return bool(self.properties or entries_of(self._raw))
        part = self.properties[name]
        has_default = isinstance(part, dict) and part.get("default") not in (None, "", [], {})
        return not has_default and (name in self.optional or self.entry(name).takes_null)

    def is_tag(self, name: str) -> bool:
        """Whether a property has only one allowed value, which tells alternatives apart and states nothing."""
        allowed = self.entry(name).enum if name in self.properties else None
        return allowed is not None and len(allowed) <= 1

    def knows(self, name: str) -> bool:
        """Whether the schema says something about a property of this name."""
        return name in self.properties or not self.properties or bool(entries_of(self._raw))

    @cached_property
    def names(self) -> KnownNames | None:
        """The names of its properties; `None` where an object may have any other name too."""
        takes_others = self.is_map or bool(entries_of(self._raw)) or not self.properties
        return None if takes_others else KnownNames((name,) for name in self.properties)

    @cached_property
    def _items(self) -> Shape:
        return self._shapes.of(self._raw.get("items", _ANYTHING))

    @cached_property
    def _entries(self) -> Shape:
        return self._shapes.of(entries_of(self._raw) or _ANYTHING)

    @cached_property
    def _fixed(self) -> tuple[tuple[str, tuple[Any, ...]], ...]:
        """The properties with a list of allowed values."""
        found = ((name, self._shapes.of(part).enum) for name, part in self.properties.items())
        return tuple((name, allowed) for name, allowed in found if allowed)


def _is_among(value: Any, allowed: tuple[Any, ...]) -> bool:
    """Whether a value is allowed, in capitals or not."""
    if value in allowed or not isinstance(value, str):
        return value in allowed
    folded = value.strip().casefold()
    return any(isinstance(each, str) and each.casefold() == folded for each in allowed)


_ANYTHING: Json = {}
_NOTHING_SAID = Branch(_ANYTHING, Shapes({}))
