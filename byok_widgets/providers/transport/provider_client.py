"""`ProviderClient`: the HTTP client that the SDKs are given.

Both SDKs build each request with it and send it through it. For what the library's own client does on the way
(redirects, cookies, authentication, hooks, merging with defaults of the client) there is no use here, and it costs
as much as our whole transport.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx2

from byok_widgets.providers.transport.routing import ProviderTransport

_DERIVED = {"host", "content-length", "transfer-encoding"}
_DEFAULTS = (("accept", "*/*"), ("accept-encoding", "identity"), ("connection", "keep-alive"))


class ProviderClient(httpx2.AsyncClient):
    """Sends what the SDKs send: one POST or GET, with a body that is known as a whole.

    It follows no redirect, since a redirect would send the prompt to another host. It keeps no cookies, so that
    flows share nothing through a host. It trusts no environment. Anything unusual goes the library's own way.

    Args:
        transport: Sends each request.
        connect_timeout_s: How long to wait for a connection; for an answer, until the caller gives up.
    """

    def __init__(self, transport: ProviderTransport, connect_timeout_s: float) -> None:
        super().__init__(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(None, connect=connect_timeout_s),
            headers={"accept-encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
        self._sends = transport.handle_async_request

    def build_request(self, method: str, url: httpx2.URL | str, **given: Any) -> httpx2.Request:
        """Return a request; see `httpx2.AsyncClient.build_request`."""
        timeout, named, content = (given.pop(name, None) for name in ("timeout", "headers", "content"))
        headers = named.multi_items() if isinstance(named, httpx2.Headers) else named
        is_usual = _is_usual(method, headers, content) and not any(value is not None for value in given.values())
        if not (is_usual and isinstance(timeout, httpx2.Timeout)):
            return super().build_request(method, url, headers=named, timeout=timeout, content=content, **given)
        parsed = _parsed(url) if isinstance(url, str) else url
        complete = _complete(headers, parsed, content or b"")
        return _whole_request(method, parsed, complete, content or b"", {"timeout": timeout.as_dict()})

    async def send(self, request: httpx2.Request, *, stream: bool = False, **given: Any) -> httpx2.Response:
        """Send a request; see `httpx2.AsyncClient.send`."""
        if given or not stream or self.is_closed:
            return await super().send(request, stream=stream, **given)
        response = await self._sends(request)
        response.request = request
        return response


def _whole_request(
    method: str,
    url: httpx2.URL,
    headers: httpx2.Headers | list[tuple[bytes, bytes]],
    content: bytes,
    extensions: Mapping[str, Any],
) -> httpx2.Request:
    """Return a request whose body is at hand: reading it later would take an asynchronous generator."""
    stream = httpx2.ByteStream(content)
    request = httpx2.Request(method, url, headers=headers, stream=stream, extensions=dict(extensions))
    request.read()
    return request


@lru_cache(maxsize=64)  # one address for each provider and endpoint
def _parsed(url: str) -> httpx2.URL:
    return httpx2.URL(url)


def _is_usual(method: str, headers: object, content: object) -> bool:
    """Whether it is what the SDKs send: a body as bytes or a GET without one, and no header that depends on it."""
    has_body = isinstance(content, bytes) and bool(content)
    if not (has_body or (content is None and method.upper() == "GET")) or not isinstance(headers, list):
        return False
    if not headers or not all(isinstance(part, str) and part.isascii() for pair in headers for part in pair):
        return False
    return _DERIVED.isdisjoint(name.lower() for name, _ in headers)


def _complete(headers: list[tuple[str, str]], url: httpx2.URL, content: bytes) -> list[tuple[bytes, bytes]]:
    """Return the headers that are sent: those of the SDK, and what they lack."""
    named = {name.lower() for name, _ in headers}
    missing = [pair for pair in _DEFAULTS if pair[0] not in named]
    known = [(name.encode("ascii"), value.encode("ascii")) for name, value in (*missing, *headers)]
    length = [(b"content-length", b"%d" % len(content))] if content else []
    return [(b"host", url.netloc), *known, *length]
