"""Streams as servers of both protocols write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.providers.asking import letter_events
from tests.providers.fault_server import Reply, stream

BOTH = pytest.mark.parametrize("of", ["compatible", "anthropic"])


def chunk(delta: Mapping[str, Any] | None = None, finish: Any = None, **more: Any) -> dict[str, Any]:
    """Return a chunk of Chat Completions."""
    return {"choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}


def deltas(*parts: Mapping[str, Any], finish: Any = "stop") -> Reply:
    """Return a stream of Chat Completions with these deltas."""
    return stream(*map(chunk, parts), chunk(finish=finish))


def blocks(*events: Mapping[str, Any], stop: Any = "end_turn") -> Reply:
    """Return a stream of Messages with these events before its end."""
    usual = letter_events([], stop)
    return stream(usual[0], *events, *usual[3:], named=True)


def said(*texts: str, finish: str = "stop") -> Callable[[str], Reply]:
    """Return the stream with these texts, for each protocol."""

    def reply(of: str) -> Reply:
        if of == "anthropic":
            return stream(*letter_events(list(texts), {"stop": "end_turn"}.get(finish, finish)), named=True)
        return deltas(*({"content": text} for text in texts), finish=finish)

    return reply
