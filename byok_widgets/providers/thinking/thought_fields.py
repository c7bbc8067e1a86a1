"""Thinking that a provider sends apart from the text: in fields of a message, or in typed parts of its content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS = (
    *("reasoning", "reasoning_content", "reasoning_details", "reasoning_text"),
    *("thinking", "thinking_content", "thinking_blocks"),
)
"""Fields of a message or a delta; several of them hold the same thinking, so the first one with text counts."""
_PART_TYPES = frozenset(
    {"thinking", "redacted_thinking", "reasoning", "reasoning_text", "summary_text", "thought"}
)
_TEXTS = ("thinking", "reasoning", "text", "content", "summary")
_MAX_DEPTH = 6


def thought_in(part: Mapping[str, Any]) -> tuple[str, str]:
    """Return the thinking in a message or a delta, and the field it comes from."""
    for name in FIELDS:
        if (value := part.get(name)) and (thought := thought_of(value)):
            return thought, name
    return "", ""


def thought_of(value: Any, depth: int = 0) -> str:
    """Return the text of thinking in any shape; empty for what has none, such as encrypted thinking."""
    if isinstance(value, str):
        return value
    if depth == _MAX_DEPTH:
        return ""
    if isinstance(value, list):
        return "".join(thought_of(entry, depth + 1) for entry in value)
    if isinstance(value, Mapping):
        found = (thought_of(value[name], depth + 1) for name in _TEXTS if value.get(name))
        return next((text for text in found if text), "")
    return ""


def is_thought(part: Mapping[str, Any]) -> bool:
    """Whether a typed part of a message's content is thinking."""
    kind = part.get("type")
    return isinstance(kind, str) and kind in _PART_TYPES
