"""The fields of a schema as lines of a prompt: names, types, choices and descriptions, also of nested parts.

Some servers hold a model to a schema and never show it: what is not in the prompt, the model cannot know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from byok_widgets.schema.fields import FieldSpec
from byok_widgets.schema.json_schemas.schema_refs import (
    Json,
    branches,
    entries_of,
    enum_of,
    is_map,
    resolved,
    types_in,
    types_of,
)

MAX_DEPTH = 6
MAX_LINES = 300
"""A longer list is cut: it would leave no room for the dialogue."""


def field_list(fields: Iterable[FieldSpec]) -> str:
    """Return the fields as a list, one line for each field and each nested part."""
    lines = (line for spec in fields for line in _Listing(spec.definitions).lines(spec.name, spec.schema, ()))
    return "\n".join(line for _, line in zip(range(MAX_LINES), lines, strict=False))


def kind_of(spec: FieldSpec) -> str:
    """Return the type of a field in words, with the values that are allowed."""
    return _Listing(spec.definitions).kind(spec.schema)


class _Listing:
    """The lines of one field."""

    def __init__(self, definitions: Json) -> None:
        self._definitions = definitions

    def lines(self, name: str, schema: Any, above: tuple[Json, ...]) -> Iterator[str]:
        """Yield the line of a part and those of the parts in it.

        Args:
            name: Its name.
            schema: Its schema.
            above: The properties of each object that it is in.
        """
        description = " ".join(str(resolved(schema, self._definitions).get("description", "")).split())
        ended = f". {description}" if description else ""
        yield f"{'  ' * len(above)}- {name}: {self.kind(schema)}{ended}"
        yield from self._inner(schema, above)

    def _inner(self, schema: Any, above: tuple[Json, ...]) -> Iterator[str]:
        found = [self._item(branch) for branch in branches(schema, self._definitions)]
        objects = [branch for options in found for branch in options if branch.get("properties")]
        if len(above) >= MAX_DEPTH:
            return
        for number, properties in enumerate(branch["properties"] for branch in objects):
            if properties in above:  # the schema is recursive
                continue
            if number:
                yield f"{'  ' * len(above)}  or:"
            for name, part in properties.items():
                yield from self.lines(name, part, (*above, properties))

    def _item(self, branch: Json) -> list[Json]:
        """Return the alternatives of a list's items or a map's values; of anything else, the branch itself."""
        if is_map(branch) and "object" in types_in(branch):
            return branches(entries_of(branch), self._definitions)
        if "items" in branch and "array" in types_in(branch):
            return branches(branch["items"], self._definitions)
        return [branch]

    def kind(self, schema: Any) -> str:
        """Return the type of a part in words."""
        allowed = enum_of(schema, self._definitions)
        if allowed:
            return "one of " + ", ".join(map(repr, allowed))
        whole = resolved(schema, self._definitions)
        kind = " or ".join(sorted(types_of(schema, self._definitions))) or "any"
        kind += f" ({whole['format']})" if "format" in whole else ""
        for branch in branches(schema, self._definitions):
            if is_map(branch) and "object" in types_in(branch):
                return f'{kind}, as a list of objects with "key" and "value" ({self.kind(entries_of(branch))})'
            if branch.get("items") and "array" in types_in(branch):
                return f"{kind}, each item {self.kind(branch['items'])}"
        return kind
