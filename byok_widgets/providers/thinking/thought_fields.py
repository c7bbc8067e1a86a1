"""Thinking that a provider sends apart from the text: in fields of a message, or in typed parts of its content."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FIELDS = (
    *("reasoning", "reasoning_content", "reasoning_details", "reasoning_text"),
    *("reasoning_summary", "thinking", "thinking_content", "thinking_blocks", "thought", "thoughts"),
)
"""Fields of a message or a delta; several of them hold the same thinking, so the first one with text counts."""
_ENVELOPES = ("provider_specific_fields", "model_extra")
"""Fields in which routers pass on what the protocol does not have."""
_KIND = re.compile(r"(?:redacted_)?(?:thinking|thought|reasoning|analysis)(?![a-z])|summary_text")
"""What a type, a role or a channel of thinking begins with."""
_MARKS = ("type", "role", "channel")
_TEXTS = ("thinking", "reasoning", "reasoning_content", "reasoning_text", "text", "content", "summary", "thought")
_MAX_DEPTH = 6
_PLACES = frozenset((*FIELDS, *_ENVELOPES))
_MARKED = frozenset((*_MARKS, "thought", "extra_content"))


def thought_in(part: Mapping[str, Any]) -> tuple[str, str]:
    """Return the thinking in a message or a delta, and the field it comes from."""
    if _PLACES.isdisjoint(part):  # as in nearly every piece
        return "", ""
    for name in FIELDS:
        if (value := part.get(name)) and (thought := thought_of(value)):
            return thought, name
    for name in _ENVELOPES:
        if isinstance(inner := part.get(name), Mapping) and (found := thought_in(inner))[0]:
            return found
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
    """Whether a message, a delta or a typed part is marked as thinking, not said."""
    if _MARKED.isdisjoint(part):
        return False
    if part.get("thought") is True or any(_says_thinking(part.get(name)) for name in _MARKS):
        return True
    vendors = part.get("extra_content")  # where a vendor keeps what the protocol does not have, under its name
    own = vendors.values() if isinstance(vendors, Mapping) else ()
    return any(isinstance(marks, Mapping) and marks.get("thought") is True for marks in own)


def _says_thinking(mark: Any) -> bool:
    return isinstance(mark, str) and _KIND.match(mark) is not None
