"""The same calls over our transport and, where it is installed, aiohttp: what a transport of our own saves."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2

from byok_widgets.providers.transport import routing
from byok_widgets.providers.transport.body import bound_body
from tests.bench.calls import HELLO, REPEATS, stub_flow
from tests.bench.rows import Row, interleaved, interleaved_async


class _AiohttpBody(httpx2.AsyncByteStream):
    def __init__(self, response: Any) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._response.content.iter_any():
            yield piece

    @property
    def has_arrived(self) -> bool:
        return bool(self._response.content.is_eof())

    async def aclose(self) -> None:
        self._response.release()


class _AiohttpTransport(httpx2.AsyncBaseTransport):
    """Sends requests with one session of aiohttp, set up as lean as it allows."""

    def __init__(self) -> None:
        self._session: Any = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
            )
        response = await self._session.request(
            request.method,
            str(request.url),
            headers=request.headers.multi_items(),
            data=await request.aread(),
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        )
        return httpx2.Response(response.status, headers=response.raw_headers, stream=_AiohttpBody(response))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Switched(routing.ProviderTransport):
    """Our transport, or aiohttp while `over_aiohttp` is set."""

    over_aiohttp = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._aiohttp = _AiohttpTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if _Switched.over_aiohttp:
            return bound_body(await self._aiohttp.handle_async_request(request), request.method)
        return await super().handle_async_request(request)

    async def aclose(self) -> None:
        await self._aiohttp.aclose()
        await super().aclose()


def transport_rows(base_url: str) -> list[Row]:
    """Compare calls over aiohttp ("raw") with calls over our transport, all else being ours in both."""
    if not importlib.util.find_spec("aiohttp"):
        return []
    known, routing.ProviderTransport = routing.ProviderTransport, _Switched  # type: ignore[misc]
    try:
        ask = stub_flow("bench transports", base_url).conversation("ask", HELLO[0]["content"])
        return [
            interleaved(
                "one call over aiohttp and ours, sync, CPU",
                _over_aiohttp(lambda: ask.run("Hi")),
                lambda: ask.run("Hi"),
                REPEATS,
                1.0,
                0.85,
            ),
            interleaved_async(
                "one call over aiohttp and ours, async, CPU",
                _over_aiohttp_async(lambda: ask.arun("Hi")),
                lambda: ask.arun("Hi"),
                REPEATS,
                1.0,
                0.85,
                close=_nothing,
            ),
        ]
    finally:
        routing.ProviderTransport = known  # type: ignore[misc]


def _over_aiohttp(call: Callable[[], object]) -> Callable[[], object]:
    def work() -> object:
        _Switched.over_aiohttp = True
        try:
            return call()
        finally:
            _Switched.over_aiohttp = False

    return work


def _over_aiohttp_async(call: Callable[[], Any]) -> Callable[[], Any]:
    async def work() -> object:
        _Switched.over_aiohttp = True
        try:
            return await call()
        finally:
            _Switched.over_aiohttp = False

    return work


async def _nothing() -> None:
    pass
