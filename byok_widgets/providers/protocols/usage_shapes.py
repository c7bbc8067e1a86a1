"""How many tokens a call took, in any of the shapes in which servers that speak Chat Completions report it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from byok_widgets.providers.base import parse_count
from byok_widgets.usage import Usage

_NAMES = {
    "read": (*("prompt_tokens", "input_tokens", "prompt_token_count", "input_token_count", "prompt_eval_count"),),
    "written": (
        *("completion_tokens", "output_tokens", "candidates_token_count", "output_token_count"),
        *("generated_tokens", "eval_count"),
    ),
    "cached": (
        *("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens"),
        "cached_content_token_count",
    ),
    "stored": ("cache_write_tokens", "cache_creation_input_tokens"),
    "reasoning": ("reasoning_tokens", "thoughts_token_count"),
    "total": ("total_tokens", "total_token_count"),
}
"""The names of each count; where a report has several of them, the first one holds."""
_COUNTED = {name: (what, rank) for what, names in _NAMES.items() for rank, name in enumerate(names)}
_UNKNOWN = ("", 0)
_DETAILED = ("cached", "stored", "reasoning")
_COUNTS = frozenset((*_NAMES["read"], *_NAMES["written"]))
_DETAILS = frozenset(f"{whole}_tokens_details" for whole in ("prompt", "input", "completion", "output"))
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
    counts = _counts_in(raw)
    read, written = counts.get("read"), counts.get("written")
    if not read and not written and before.input_tokens:
        return before
    total, reasoning = counts.get("total"), counts.get("reasoning")
    if None not in (read, written, reasoning) and total == read + written + reasoning:  # type: ignore[operator]
        written = total - read  # type: ignore[operator]
    return Usage(
        input_tokens=before.input_tokens if read is None else read,
        output_tokens=before.output_tokens if written is None else written,
        cached_input_tokens=counts.get("cached", before.cached_input_tokens),
        cache_write_tokens=counts.get("stored", before.cache_write_tokens),
    )


def _counts_in(report: Mapping[str, Any]) -> dict[str, int]:
    """Return what a report counts; what it says in details holds before what it says beside them."""
    found: dict[str, int] = {}
    ranks: dict[str, int] = {}
    detailed: dict[str, int] = {}
    for spelt, value in report.items():
        name = _snake_case(spelt)
        what, rank = _COUNTED.get(name, _UNKNOWN)
        if what and rank < ranks.get(what, len(_COUNTED)) and (count := parse_count(value)) is not None:
            found[what], ranks[what] = count, rank
        elif name in _DETAILS and isinstance(value, dict):
            detailed |= _counts_in(value)
    return found | {what: detailed[what] for what in _DETAILED if what in detailed} if detailed else found


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
