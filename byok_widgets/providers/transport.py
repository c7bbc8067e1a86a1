"""The HTTP client that all SDK clients of the process share.

A separate one for each SDK client would cost 20 ms of TLS set-up and a new connection each time.
"""

from __future__ import annotations

import asyncio
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT_S = 10.0

_clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}


def http_client() -> httpx2.AsyncClient:
    """Return the client of the running loop.

    It follows no redirect, since a redirect would send the prompt to another host. Plain http goes through no
    proxy, since it only goes to this machine. It keeps no cookies, so that flows share nothing through a host.
    """
    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None or client.is_closed:
        for dead in [known for known in _clients if known.is_closed()]:
            del _clients[dead]
        client = _clients[loop] = _new_client()
    return client


def _new_client() -> httpx2.AsyncClient:
    import httpx2

    tls = httpx2.create_ssl_context()
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)
    return httpx2.AsyncClient(
        verify=tls,
        follow_redirects=False,
        timeout=httpx2.Timeout(60.0, connect=CONNECT_TIMEOUT_S),
        limits=limits,
        mounts={"http://": httpx2.AsyncHTTPTransport(verify=tls, limits=limits)},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
