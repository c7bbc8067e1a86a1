"""Texts that are offered for single fields: what a dialogue holds, where a small model would invent something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from byok_widgets.schema.json_schemas.schema_refs import Json

Offers = Mapping[str, Sequence[str]]
"""By field, the texts among which a model may choose; null remains another choice."""


def with_offers(root: Json, offers: Offers) -> dict[str, Any]:
    """Return a wire schema in which some texts are choices."""
    properties = {
        name: _choice(part, offers[name]) if name in offers else part for name, part in root["properties"].items()
    }
    return {**root, "properties": properties}


def _choice(part: Json, texts: Sequence[str]) -> dict[str, Any]:
    words = {"description": part["description"]} if "description" in part else {}
    return {**words, "type": ["string", "null"], "enum": [*texts, None]}
