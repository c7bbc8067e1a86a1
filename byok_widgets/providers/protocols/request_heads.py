"""Heads of requests: the SDK builds and signs one anew for each request, although only the body is another.

There is no public place to keep one. A request that differs from an earlier one by its body alone takes that one's
head, which the SDK has signed, and goes to the same HTTP client: the SDK copies options several times on the way,
which takes most of its time. What fails is named by the SDK. One that builds requests in another way than is known
here is left alone.
"""

from __future__ import annotations

import inspect
import json
import logging
import ssl
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from byok_widgets.providers.transport.request_bytes import KeptHead

if TYPE_CHECKING:
    import httpx2

_PLAIN = frozenset({"method", "url", "json_data", "content", "files", "idempotency_key"})
"""The options of a request that is nothing but a body."""
_ALONE = frozenset({"cast_to", "body", "stream", "stream_cls"})
"""The arguments of such a request."""
_BUILDS_FROM = ["self", "options", "retries_taken"]
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_OWN_WAYS = ("_workload_identity_auth", "_provider_runtime")
"""What an SDK's client may have to sign requests anew, or to send them in another way."""
_USED = ("post", "_make_status_error_from_response")


@cache
def client_class(sdk: ModuleType) -> Any:
    """Return the SDK's client, which keeps the head of its first request to each address for those that follow."""
    if not _is_known(sdk.AsyncOpenAI):
        return sdk.AsyncOpenAI

    log = logging.getLogger(sdk.__name__)

    class AsyncOpenAI(sdk.AsyncOpenAI):  # type: ignore[name-defined, misc]
        # It goes by the SDK's name: the name of its class is what it sends as its `User-Agent`.
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments)
            self._kept_heads: dict[str, KeptHead] = {}
            # Else each request has a head of its own.
            is_plain = getattr(self, "_idempotency_header", None) is None and self.custom_auth is None
            self._keeps_heads = is_plain and not any(getattr(self, name, None) for name in _OWN_WAYS)

        def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
            content = None if retries_taken or not self._keeps_heads else _body_of(options)
            if content is None:
                request: httpx2.Request = super()._build_request(options, retries_taken=retries_taken)
                return request
            head = self._kept_heads.get(options.url)
            if head is None:
                head = self._kept_heads[options.url] = KeptHead(super()._build_request(options))
            return head.with_content(content)

        async def post(self, path: str, **given: Any) -> Any:
            head = None if log.isEnabledFor(logging.DEBUG) else self._kept_heads.get(path)  # the SDK logs more
            is_alone = head is not None and given.keys() <= _ALONE and given.get("stream") is True
            content = _json_of(given.get("body")) if is_alone else None
            if head is None or content is None:
                return await super().post(path, **given)
            return await self._sent(head.with_content(content))

        async def _sent(self, request: httpx2.Request) -> httpx2.Response:
            """Send a request, which is signed; what fails is named as the SDK names it."""
            import httpx2

            try:
                response: httpx2.Response = await self._client.send(request, stream=True)
            except httpx2.TimeoutException as error:
                raise sdk.APITimeoutError(request=request) from error
            except (httpx2.RequestError, ssl.SSLError) as error:
                raise sdk.APIConnectionError(request=request) from error
            if response.is_success:
                return response
            await response.aread()
            raise self._make_status_error_from_response(response)

    return AsyncOpenAI


def _is_known(client: Any) -> bool:
    build = getattr(client, "_build_request", None)
    is_built_so = callable(build) and [*inspect.signature(build).parameters] == _BUILDS_FROM
    return is_built_so and all(callable(getattr(client, name, None)) for name in _USED)


def _body_of(options: Any) -> bytes | None:
    """Return the body of a request that posts JSON and asks for nothing else; `None` for any other."""
    is_plain = options.method == "post" and options.model_fields_set <= _PLAIN
    if not is_plain or options.content is not None or options.files is not None:
        return None
    return _json_of(options.json_data)


def _json_of(given: Any) -> bytes | None:
    if not isinstance(given, dict):
        return None
    try:
        return _JSON.encode(given).encode()
    except (TypeError, ValueError):  # the SDK knows more types, and reports the rest
        return None
