"""What a variable may be, as far as the extraction nodes that write it say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from byok_widgets.graph.conditions.value_kinds import WORDS, Kind, kind_of
from byok_widgets.graph.flow_graph import FlowGraph
from byok_widgets.schema.json_schemas.schema_refs import TIMES, Json, branches, enum_of, types_in, types_of

_KINDS: Mapping[str, Kind] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "truth",
    "array": "list",
    "object": "object",
}
_MEETS: Mapping[Kind, Kind] = {"truth": "number", "date": "text"}
"""The kind that a value of another kind is also compared as."""


@dataclass(frozen=True)
class ValueType:
    """What a value may be.

    Attributes:
        kinds: Its kinds; empty if it may be anything.
        allowed: The allowed values; `None` if they are not restricted to a list.
        entries: What the entries of a list may be; `None` if they may be anything.
    """

    kinds: frozenset[Kind] = frozenset()
    allowed: tuple[Any, ...] | None = None
    entries: ValueType | None = None

    @property
    def words(self) -> str:
        """The kinds in plain words."""
        return " or ".join(WORDS[kind] for kind in WORDS if kind in self.kinds)

    def is_only(self, *kinds: Kind) -> bool:
        """Whether it is known to be of these kinds, and of no other."""
        return bool(self.kinds) and self.kinds <= set(kinds)

    def is_never(self, *kinds: Kind) -> bool:
        """Whether it is known to be of none of these kinds."""
        return bool(self.kinds) and self.kinds.isdisjoint(kinds)

    def is_unlike(self, other: ValueType) -> bool:
        """Whether values of the two can never be compared."""
        mine, others = ({_MEETS.get(kind, kind) for kind in side.kinds} for side in (self, other))
        return bool(mine and others) and mine.isdisjoint(others)

    def never_equals(self, other: ValueType) -> bool:
        """Whether values of the two are never equal."""
        if self.allowed is None or other.allowed is None:
            return self.is_unlike(other)
        return not any(value == another for value in self.allowed for another in other.allowed)

    def __or__(self, other: ValueType) -> ValueType:
        kinds = self.kinds | other.kinds if self.kinds and other.kinds else frozenset[Kind]()
        allowed = None if self.allowed is None or other.allowed is None else (*self.allowed, *other.allowed)
        return ValueType(kinds, allowed, self.entries and other.entries and self.entries | other.entries)


ANYTHING = ValueType()
"""Nothing is known about it."""


def of_value(value: Any) -> ValueType:
    """Return the type of a value in a condition."""
    kind = kind_of(value)
    return ValueType(frozenset([kind]), (value,)) if kind else ANYTHING


def any_of(types: Iterable[ValueType]) -> ValueType:
    """Return the union of some types."""
    found = list(types)
    return reduce(ValueType.__or__, found) if found else ANYTHING


def of_variables(graph: FlowGraph) -> dict[str, ValueType]:
    """Return the types of the variables that nodes write; several nodes may write one."""
    found: dict[str, ValueType] = {}
    for node in graph.nodes.values():
        for name in node.writes:
            spec = node.field(name)
            written = _of_schema(spec.schema, spec.definitions) if spec else ANYTHING
            found[name] = found[name] | written if name in found else written
    return found


def _of_schema(schema: Any, definitions: Json) -> ValueType:
    lists = [branch for branch in branches(schema, definitions) if isinstance(branch.get("items"), Mapping)]
    entries = _flat(lists[0]["items"], definitions) if len(lists) == 1 else None
    return replace(_flat(schema, definitions), entries=entries)


def _flat(schema: Any, definitions: Json) -> ValueType:
    """Return a type without the types of its entries: a list may contain lists of its own kind, endlessly."""
    kinds = frozenset(_KINDS[name] for name in types_of(schema, definitions))
    texts = [branch for branch in branches(schema, definitions) if "string" in types_in(branch)]
    if texts and all(branch.get("format") in TIMES for branch in texts):
        kinds = kinds - {"text"} | {"date"}
    return ValueType(kinds, enum_of(schema, definitions))
