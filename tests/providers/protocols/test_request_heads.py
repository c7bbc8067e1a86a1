"""Heads of requests are kept only where the SDK builds requests as it is known to."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import openai

from byok_widgets.providers.protocols.request_heads import client_class


def test_the_sdk_keeps_heads() -> None:
    assert issubclass(client_class(openai), openai.AsyncOpenAI)
    assert client_class(openai) is not openai.AsyncOpenAI, "each request is built anew: the SDK has changed"


def test_an_sdk_that_builds_requests_in_another_way_is_left_alone() -> None:
    class Other:
        def _build_request(self, options: Any, *, attempt: int) -> None: ...

    sdk = ModuleType("sdk")
    sdk.AsyncOpenAI = Other  # type: ignore[attr-defined]
    assert client_class(sdk) is Other
    sdk = ModuleType("another")
    sdk.AsyncOpenAI = object  # type: ignore[attr-defined]
    assert client_class(sdk) is object
