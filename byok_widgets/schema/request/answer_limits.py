"""Ends for lists and texts that have none of their own.

A small model that is held to a grammar often repeats itself until its tokens run out, and the whole answer is
lost. With an end to each list and text only that field is lost. A value that reaches such an end may be cut, so it
never counts as found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TOKENS_PER_VALUE = 8
"""What one value of a list's item takes with its name and its punctuation, in tokens."""
_FEWEST = 4


class Limit(int):
    """A bound that the schema's author did not set."""


@dataclass(frozen=True)
class AnswerLimits:
    """The most that a list or a text may hold in an answer of so many tokens.

    Attributes:
        tokens: Maximum number of tokens of the answer.
    """

    tokens: int = 512

    @property
    def chars(self) -> Limit:
        """Longest text in characters: half of the answer, since each digit and sign may take a token."""
        return Limit(max(self.tokens // 2, 64))

    @property
    def repeats(self) -> Limit:
        """How often `+` or `*` repeats in a pattern: as often as a text has characters."""
        return self.chars

    def items(self, values: int) -> Limit:
        """Return the largest number of items in a list, each of which holds so many values: half of the answer."""
        return Limit(max(self.tokens // 2 // (_TOKENS_PER_VALUE * max(values, 1)), _FEWEST))


def bounded(schema: dict[str, Any], limits: AnswerLimits, definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part of a wire schema with an end to its list or text."""
    if "enum" in schema or "$ref" in schema:
        return schema
    types = frozenset([schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", ()))
    if "array" in types:
        most, least = limits.items(_values_in(schema.get("items", {}), definitions)), schema.get("minItems", 0)
        return _ended(schema, "maxItems", most, least)
    if "string" in types and not {"format", "pattern"} & set(schema):
        return _ended(schema, "maxLength", limits.chars, schema.get("minLength", 0))
    return schema


def _ended(schema: dict[str, Any], name: str, most: Limit, least: int) -> dict[str, Any]:
    own = schema.get(name)
    if own is not None and own <= most:
        return schema
    return {**schema, name: max(most, Limit(least + 1))}


def _values_in(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> int:
    """Return about how many values a part of an answer holds."""
    if "anyOf" in schema:
        return max(_values_in(option, definitions) for option in schema["anyOf"])
    parts = schema.get("properties", {}).values()
    return sum(_values_in(part, definitions) for part in parts) or 1


def reached(raw: Mapping[str, Any], wire: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with each field of an answer whose list or text has reached a limit.

    Args:
        raw: The answer as the model wrote it.
        wire: The schema that it followed.
    """
    definitions = wire.get("$defs", {})
    parts = wire["properties"].items()
    found = ((name, next(_ends(raw.get(name), part, definitions), "")) for name, part in parts)
    return {name: problem for name, problem in found if problem}


def _ends(value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for option in schema.get("anyOf", ()):
        yield from _ends(value, option, definitions)
    if isinstance(value, str) and _is_at(len(value), schema.get("maxLength")):
        yield f"the text has {len(value)} characters, as many as this answer may have, and may be cut"
    elif isinstance(value, list):
        if _is_at(len(value), schema.get("maxItems")):
            yield f"the list has {len(value)} items, as many as this answer may have, and may be cut"
        for item in value:
            yield from _ends(item, schema.get("items", {}), definitions)
    elif isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            yield from _ends(value.get(name), part, definitions)


def _is_at(size: int, bound: object) -> bool:
    return isinstance(bound, Limit) and size >= bound
