"""How many tokens a call took, in any of the shapes in which servers that speak Chat Completions report it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from byok_widgets.providers.base import parse_count
from byok_widgets.usage import Usage

_INPUT = ("prompt_tokens", "input_tokens", "prompt_eval_count")
_OUTPUT = ("completion_tokens", "output_tokens", "eval_count")
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details")
_CACHED = ("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
_WRITTEN = ("cache_write_tokens", "cache_creation_input_tokens")


def find_usage(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the usage in an event: under `usage`, there, one level down or in a piece; `None` without one."""
    usage = event.get("usage")
    if isinstance(usage, dict):
        return usage
    choices = event.get("choices")
    choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    pieces = [choice.get(name) for choice in choices for name in ("delta", "message")]
    below = [*choices, *pieces, *event.values()]
    found = (value.get("usage") for value in below if isinstance(value, dict))
    return next((usage for usage in found if isinstance(usage, dict)), None)


def merged_usage(raw: Mapping[str, Any], before: Usage) -> Usage:
    """Return what is known after one more report of usage; a count that it lacks keeps its earlier value.

    Reasoning is part of what was written. Some servers count it apart, which shows in their total.
    """
    read, written = _count(raw, _INPUT), _count(raw, _OUTPUT)
    reasoning = _count(_mapping(raw, _OUTPUT_DETAILS), ("reasoning_tokens",))
    total = parse_count(raw.get("total_tokens"))
    if None not in (read, written, reasoning) and total == read + written + reasoning:  # type: ignore[operator]
        written = total - read  # type: ignore[operator]
    details = _mapping(raw, _INPUT_DETAILS)
    return Usage(
        input_tokens=before.input_tokens if read is None else read,
        output_tokens=before.output_tokens if written is None else written,
        cached_input_tokens=_first(_count(details, _CACHED), _count(raw, _CACHED), before.cached_input_tokens),
        cache_write_tokens=_first(_count(details, _WRITTEN), _count(raw, _WRITTEN), before.cache_write_tokens),
    )


def _count(raw: Mapping[str, Any], names: Iterable[str]) -> int | None:
    for name in names:
        if name in raw and (count := parse_count(raw[name])) is not None:
            return count
    return None


def _first(*counts: int | None) -> int | None:
    return next((count for count in counts if count is not None), None)


def _mapping(raw: Mapping[str, Any], names: Iterable[str]) -> Mapping[str, Any]:
    for name in names:
        if isinstance(value := raw.get(name), dict):
            return value
    return {}
