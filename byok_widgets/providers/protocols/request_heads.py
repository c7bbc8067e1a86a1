"""Heads of requests: the SDK builds and signs one anew for each request, although only the body is another.

There is no public place to keep one. An SDK that builds requests in another way than is known here is left alone.
"""

from __future__ import annotations

import inspect
import json
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from byok_widgets.providers.transport.provider_client import with_content

if TYPE_CHECKING:
    import httpx2

_PLAIN = frozenset({"method", "url", "json_data", "content", "files", "idempotency_key"})
"""The options of a request that is nothing but a body."""
_BUILDS_FROM = ["self", "options", "retries_taken"]


@cache
def client_class(sdk: ModuleType) -> Any:
    """Return the SDK's client, which keeps the head of its first request to each address for those that follow."""
    if not _is_known(sdk.AsyncOpenAI):
        return sdk.AsyncOpenAI

    class Client(sdk.AsyncOpenAI):  # type: ignore[name-defined, misc]
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self._kept_heads: dict[str, httpx2.Request] = {}

        def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
            content = None if retries_taken or getattr(self, "_idempotency_header", None) else _body_of(options)
            if content is None:
                request: httpx2.Request = super()._build_request(options, retries_taken=retries_taken)
                return request
            head = self._kept_heads.get(options.url)
            if head is None:
                head = self._kept_heads[options.url] = with_content(super()._build_request(options), b"")
            return with_content(head, content)

    return Client


def _is_known(client: Any) -> bool:
    build = getattr(client, "_build_request", None)
    return callable(build) and [*inspect.signature(build).parameters] == _BUILDS_FROM


def _body_of(options: Any) -> bytes | None:
    """Return the body of a request that posts JSON and asks for nothing else; `None` for any other."""
    given = options.json_data
    is_plain = options.method == "post" and isinstance(given, dict) and options.model_fields_set <= _PLAIN
    if not is_plain or options.content is not None or options.files is not None:
        return None
    try:
        return json.dumps(given, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError):  # the SDK knows more types, and reports the rest
        return None
