"""The HTTP client that all SDK clients of the process share.

A separate one for each SDK client would cost 20 ms of TLS set-up and a new connection each time.
"""

from __future__ import annotations

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

from byok_widgets.engine import DaemonExecutor

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT_S = 10.0

SET_UP = DaemonExecutor("byok-set-up", 2)
"""Where SDKs are imported and certificates read: on the loop, all calls would stand still meanwhile."""

_clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}


def http_client() -> httpx2.AsyncClient:
    """Return the client of the running loop.

    It follows no redirect, since a redirect would send the prompt to another host. Plain http goes through no
    proxy, since it only goes to this machine. It keeps no cookies, so that flows share nothing through a host.
    """
    client = _known_client()
    return _new_client(_tls_context()) if client is None else client


async def prepare_client() -> None:
    """Make the client of the running loop where there is none, with what is slow about it in a thread."""
    if _known_client() is None:
        tls = await SET_UP.run(_tls_context)
        if _known_client() is None:  # another call may have been quicker
            _new_client(tls)


def _known_client() -> httpx2.AsyncClient | None:
    client = _clients.get(asyncio.get_running_loop())
    return None if client is None or client.is_closed else client


def _tls_context() -> ssl.SSLContext:
    """Return how certificates are checked; it reads files, and loads the modules that a client needs."""
    import httpx2

    tls = httpx2.create_ssl_context()
    httpx2.AsyncHTTPTransport(verify=tls)  # it loads its modules when one is made
    return tls


def _new_client(tls: ssl.SSLContext) -> httpx2.AsyncClient:
    import httpx2

    for dead in [known for known in _clients if known.is_closed()]:
        del _clients[dead]
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
    client = _clients[asyncio.get_running_loop()] = httpx2.AsyncClient(
        verify=tls,
        follow_redirects=False,
        timeout=httpx2.Timeout(60.0, connect=CONNECT_TIMEOUT_S),
        limits=limits,
        mounts={"http://": httpx2.AsyncHTTPTransport(verify=tls, limits=limits)},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
    return client
