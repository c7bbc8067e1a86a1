"""Values that are offered for single fields: what a dialogue holds, where a small model would invent something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from byok_widgets.schema.json_schemas.schema_refs import Json, type_of

Offers = Mapping[str, Sequence[Any]]
"""By field, the values among which a model may choose; null remains another choice, or the only one."""


def with_offers(root: Json, offers: Offers) -> dict[str, Any]:
    """Return a wire schema in which some fields are choices."""
    properties = {
        name: _choice(part, offers[name]) if name in offers else part for name, part in root["properties"].items()
    }
    return {**root, "properties": properties}


def _choice(part: Json, values: Sequence[Any]) -> dict[str, Any]:
    words = {"description": part["description"]} if "description" in part else {}
    if not values:
        return {**words, "type": "null"}
    types = list(dict.fromkeys(map(type_of, values)))
    return {**words, "type": [*types, "null"], "enum": [*values, None]}
