"""What `ProviderClient` builds is what the library's client would send, whatever it is given."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from byok_widgets.providers.transport.provider_client import ProviderClient

_URL = "https://provider.example/v1/chat"
_TIMEOUT = httpx2.Timeout(3.0)
_BODY = b"{}"
_OF_THE_CLIENT = {"user-agent", "accept", "accept-encoding", "connection"}
"""Headers in which the two clients may differ: they say who sends, not what."""


class _Transport(httpx2.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, request=request)


def built(client: httpx2.AsyncClient, method: str, **given: Any) -> Any:
    try:
        request = client.build_request(method, **{"url": _URL, "timeout": _TIMEOUT, **given})
        body = request.read()
    except Exception as error:
        return type(error)
    headers = sorted((name.lower(), value) for name, value in request.headers.multi_items())
    return (
        request.method,
        request.url,
        [pair for pair in headers if pair[0] not in _OF_THE_CLIENT],
        body,
        request.extensions,
    )


@pytest.mark.parametrize("method", ["POST", "post", "GET", "HEAD"])
@pytest.mark.parametrize(
    "given",
    [
        {"headers": [("authorization", "Bearer x"), ("a", "1"), ("a", "2")], "content": _BODY},
        {"headers": {"a": "b"}, "content": _BODY},
        {"headers": httpx2.Headers({"A": "b", "c": "d"}), "content": _BODY},
        {"headers": httpx2.Headers([("a", b"\xe9")]), "content": _BODY},
        {"headers": [(b"a", b"b")], "content": _BODY},
        {"headers": [("a", "b"), (b"c", b"d")], "content": _BODY},
        {"headers": (("a", "b"),), "content": _BODY},
        {"headers": [("a", None)], "content": _BODY},
        {"headers": [("a", "é")], "content": _BODY},
        {"headers": [], "content": _BODY},
        {"content": _BODY},
        {"headers": [("Host", "other.example")], "content": _BODY},
        {"headers": [("Content-Length", "5")], "content": _BODY},
        {"headers": [("Transfer-Encoding", "chunked")], "content": _BODY},
        {"headers": [("a", "b")]},
        {"headers": [("a", "b")], "content": b""},
        {"headers": [("a", "b")], "content": "text"},
        {"headers": [("a", "b")], "json": {}},
        {"headers": [("a", "b")], "json": 0},
        {"headers": [("a", "b")], "params": {"q": "1"}, "content": _BODY},
        {"headers": [("a", "b")], "data": {"q": "1"}},
        {"headers": [("a", "b")], "cookies": {"q": "1"}, "content": _BODY},
        {"headers": [("a", "b")], "extensions": {"sni_hostname": "x"}, "content": _BODY},
        {"headers": [("a", "b")], "timeout": 2.0, "content": _BODY},
        {"headers": [("a", "b")], "timeout": None, "content": _BODY},
        {"headers": [("a", "b")], "url": httpx2.URL(_URL), "content": _BODY},
        {"headers": [("a", "b")], "url": "https://ä.example:443/ü?q=ß#there", "content": _BODY},
    ],
)
def test_a_request_is_the_one_that_the_library_builds(method: str, given: dict[str, Any]) -> None:
    ours = ProviderClient(_Transport(), 5.0)  # type: ignore[arg-type]  # any transport that sends
    plain = httpx2.AsyncClient(transport=_Transport(), trust_env=False)
    assert built(ours, method, **given) == built(plain, method, **given)
