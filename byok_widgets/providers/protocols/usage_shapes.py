"""How many tokens a call took, in any of the shapes in which servers that speak Chat Completions report it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from byok_widgets.providers.base import parse_count
from byok_widgets.usage import Usage

_INPUT = ("prompt_tokens", "input_tokens", "prompt_token_count", "input_token_count", "prompt_eval_count")
_OUTPUT = (
    *("completion_tokens", "output_tokens", "candidates_token_count", "output_token_count"),
    *("generated_tokens", "eval_count"),
)
_COUNTS = frozenset((*_INPUT, *_OUTPUT))
_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details")
_CACHED = (
    *("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens"),
    "cached_content_token_count",
)
_WRITTEN = ("cache_write_tokens", "cache_creation_input_tokens")
_REASONING = ("reasoning_tokens", "thoughts_token_count")
_HOLDERS = ("usage", "usage_metadata", "token_usage", "billed_units", "tokens")
_WORD = re.compile("(?<=[a-z])(?=[A-Z])")


def find_usage(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the usage in an event: there, one level down or in a piece, or inside usage; `None` without one."""
    usual = event.get("usage")
    if isinstance(usual, dict) and not _COUNTS.isdisjoint(usual):  # as nearly always
        return usual
    choices = event.get("choices")
    choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    pieces = [choice.get(name) for choice in choices for name in ("delta", "message")]
    for place in (event, *choices, *pieces, *event.values()):
        for usage in _usage_in(place):
            return next(filter(_counts, _usage_in(usage)), usage)
    return None


def merged_usage(raw: Mapping[str, Any], before: Usage) -> Usage:
    """Return what is known after one more report of usage; a count that it lacks keeps its earlier value.

    Reasoning is part of what was written. Some servers count it apart, which shows in their total, and some end
    with zeros for what they have reported before.
    """
    raw = _in_snake_case(raw)
    read, written = _count(raw, _INPUT), _count(raw, _OUTPUT)
    if not read and not written and before.input_tokens:
        return before
    reasoning = _first(_count(_mapping(raw, _OUTPUT_DETAILS), _REASONING), _count(raw, _REASONING))
    total = _count(raw, ("total_tokens", "total_token_count"))
    if None not in (read, written, reasoning) and total == read + written + reasoning:  # type: ignore[operator]
        written = total - read  # type: ignore[operator]
    details = _mapping(raw, _INPUT_DETAILS)
    return Usage(
        input_tokens=before.input_tokens if read is None else read,
        output_tokens=before.output_tokens if written is None else written,
        cached_input_tokens=_first(_count(details, _CACHED), _count(raw, _CACHED), before.cached_input_tokens),
        cache_write_tokens=_first(_count(details, _WRITTEN), _count(raw, _WRITTEN), before.cache_write_tokens),
    )


def _usage_in(place: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(place, dict):
        named = _in_snake_case(place)
        for name in _HOLDERS:
            if isinstance(usage := named.get(name), dict):
                yield usage


def _counts(usage: Mapping[str, Any]) -> bool:
    return not _COUNTS.isdisjoint(_in_snake_case(usage))


def _in_snake_case(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a report with its names in one spelling: `promptTokens` is `prompt_tokens`."""
    return {_snake_case(name): value for name, value in raw.items()}


@lru_cache(maxsize=256)  # servers name few things, again and again
def _snake_case(name: str) -> str:
    return _WORD.sub("_", name).lower()


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
            return _in_snake_case(value)
    return {}
