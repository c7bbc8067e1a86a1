"""Routes requests: directly, or through the proxy that the environment names."""

from __future__ import annotations

import asyncio
import ssl
from typing import TypeAlias

import httpx2

from byok_widgets.engine import HAS_THREADS, DaemonExecutor
from byok_widgets.providers.transport.body import bound_body
from byok_widgets.providers.transport.environment import NetworkEnvironment, uses_library_transport
from byok_widgets.providers.transport.tls import tls_context

_LIMITS = httpx2.Limits(max_connections=1000, max_keepalive_connections=0)
"""One connection for each request: the library keeps what came after an answer, and reads it as the next one."""
_Way: TypeAlias = tuple[bytes, bytes, int | None]


class ProviderTransport(httpx2.AsyncBaseTransport):
    """Routes each request, and keeps its response within bounds.

    The environment is read when a host is called for the first time, and again after it made a call impossible.

    Args:
        threads: Where files are read and libraries loaded, which would make the loop stand still.
    """

    def __init__(self, threads: DaemonExecutor) -> None:
        self._threads = threads
        self._ways: dict[_Way, httpx2.AsyncBaseTransport] = {}
        self._transports: dict[str | None, httpx2.AsyncBaseTransport] = {}
        self._tls: asyncio.Task[ssl.SSLContext] | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; see `httpx2.AsyncBaseTransport`.

        Raises:
            EnvironmentVariableError: The environment names a proxy or certificates that cannot be used.
        """
        url = request.url
        way = url.raw_scheme, url.raw_host, url.port
        transport = self._ways.get(way)
        if transport is None:
            transport = self._ways[way] = await self._choose(*way)
        return bound_body(await transport.handle_async_request(request), request.method)

    async def aclose(self) -> None:
        """Close all connections."""
        self._ways.clear()
        transports = list(self._transports.values())
        self._transports.clear()
        for transport in transports:
            await transport.aclose()

    async def _choose(self, scheme: bytes, host: bytes, port: int | None) -> httpx2.AsyncBaseTransport:
        is_https = scheme == b"https"
        proxy = NetworkEnvironment.read().proxy_url(host.decode("ascii"), port or 443) if is_https else None
        if proxy is None and not uses_library_transport():
            return self._direct()
        name = proxy or scheme.decode("ascii")
        # Plain http uses no context; given none, the library would read all certificates of the system.
        tls = await self._tls_context() if is_https else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if name not in self._transports:
            made = await self._threads.run(_library_transport, tls, proxy)
            self._transports.setdefault(name, made)  # another call may have been faster
        return self._transports[name]

    def _direct(self) -> httpx2.AsyncBaseTransport:
        from byok_widgets.providers.transport.direct import DirectTransport

        if None not in self._transports:
            self._transports[None] = DirectTransport(self._tls_context)
        return self._transports[None]

    async def _tls_context(self) -> ssl.SSLContext:
        """Return how certificates are checked; read once, by the first call that needs them."""
        if self._tls is None or (self._tls.done() and (self._tls.cancelled() or self._tls.exception())):
            self._tls = asyncio.ensure_future(self._threads.run(tls_context, NetworkEnvironment.read()))
        return await asyncio.shield(self._tls)  # the other calls that wait for it survive a cancelled one


class ProxiedTransport(httpx2.AsyncBaseTransport):
    """Sends requests through a proxy; tells a proxy that fails from a server behind it that does.

    A proxy has as long as a connection may take: the library would wait for its word like for that of a model.

    Args:
        inner: The library's transport through that proxy.
    """

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; see `httpx2.AsyncBaseTransport`.

        Raises:
            ProxyError: The proxy cannot be reached, refuses the connection, or does not speak as a proxy does.
        """
        tunnel = _Tunnel()
        request.extensions = {**request.extensions, "trace": tunnel.note}
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("connect")) as tunnel.limit:
                return await self._inner.handle_async_request(request)
        except Exception as error:
            # What the parser of SOCKS raises is of no family of the HTTP library.
            is_of_server = _is_of_tls(error) or not isinstance(error, (httpx2.ConnectError, TimeoutError))
            if tunnel.leads_through and is_of_server:
                raise
            raise httpx2.ProxyError("The proxy does not connect.") from error

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()


class _Tunnel:
    """How far the way through a proxy is, as the library tells it.

    Attributes:
        leads_through: Whether the proxy has connected to the server.
        limit: Ends the wait for both.
    """

    def __init__(self) -> None:
        self.leads_through = False
        self.limit: asyncio.Timeout

    async def note(self, name: str, _details: object) -> None:
        """Take note of a step."""
        if name in ("proxy.start_tls.started", "socks.start_tls.started"):
            self.leads_through = True
        elif name in ("proxy.start_tls.complete", "socks.start_tls.complete"):
            self.limit.reschedule(None)


def _is_of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _library_transport(tls: ssl.SSLContext, proxy: str | None) -> httpx2.AsyncBaseTransport:
    if not HAS_THREADS:  # the browser connects, and takes neither certificates nor limits
        return httpx2.AsyncHTTPTransport(trust_env=False)
    if proxy is None:
        return httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_LIMITS)
    address = httpx2.Proxy(proxy, ssl_context=tls if proxy.lower().startswith("https:") else None)
    inner = httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_LIMITS, proxy=address)
    return ProxiedTransport(inner)
