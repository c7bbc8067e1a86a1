"""The fields as they stand in a prompt."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from byok_widgets.schema import ExtractionSchema
from byok_widgets.schema.request.field_list import MAX_DEPTH, MAX_LINES, field_list


class Address(BaseModel):
    """Where someone
    lives."""

    city: Annotated[str, Field(description="the town")]
    zip: str | None = None


class Row(BaseModel):
    sku: str
    size: Literal["S", "L"]


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Cat(BaseModel):
    kind: Literal["cat"]


class Dog(BaseModel):
    kind: Literal["dog"]


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        (Address, ["object. Where someone lives.", "  - city: string. the town", "  - zip: string"]),
        (list[Row], ["array, each item object", "  - sku: string", "  - size: one of 'S', 'L'"]),
        (list[Row] | None, ["array, each item object", "  - sku: string", "  - size: one of 'S', 'L'"]),
        (list[Literal["a", "b"]], ["array, each item one of 'a', 'b'"]),
        (list[list[int]], ["array, each item array, each item integer"]),
        (dict[str, int], ['object, as a list of objects with "key" and "value" (integer)']),
        (dict[str, Tree], ['object, as a list of objects with "key" and "value" (object)', "  - name: string"]),
        (Tree, ["object", "  - name: string", "  - children: array, each item object"]),
        (Cat | Dog, ["object", "  - kind: one of 'cat'", "  or:", "  - kind: one of 'dog'"]),
    ],
    ids=str,
)
def test_nested_parts_are_listed_under_their_field(given: Any, lines: list[str]) -> None:
    found = field_list(ExtractionSchema.of(fields={"x": given}).fields).splitlines()
    assert found[: len(lines)] == [f"- x: {lines[0]}", *lines[1:]]


def test_a_list_of_fields_has_an_end() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _ in range(30):
        deep = {"type": "object", "properties": {"inner": deep}}
    parts = {f"part{number}": {"type": "string"} for number in range(2 * MAX_LINES)}
    wide = {"type": "object", "properties": parts}
    schema = ExtractionSchema.of({"type": "object", "properties": {"deep": deep, "wide": wide}})
    lines = field_list(schema.fields).splitlines()
    assert len(lines) == MAX_LINES
    assert sum("inner" in line for line in lines) == MAX_DEPTH
