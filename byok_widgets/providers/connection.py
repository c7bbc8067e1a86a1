"""The one HTTP client that all SDK clients of the process share.

A client of its own for each SDK client would cost 20 ms of TLS set-up and a new connection each time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT_S = 10.0

_clients: dict[asyncio.AbstractEventLoop, httpx2.AsyncClient] = {}


def http_client() -> httpx2.AsyncClient:
    """Return the client of the running loop.

    It follows no redirect, since a redirect would carry the prompt to another host, and sends nothing for plain
    http through a proxy, since plain http only goes to this machine.
    """
    import httpx2

    loop = asyncio.get_running_loop()
    client = _clients.get(loop)
    if client is None or client.is_closed:
        for dead in [known for known in _clients if known.is_closed()]:
            del _clients[dead]
        client = _clients[loop] = httpx2.AsyncClient(
            follow_redirects=False,
            timeout=httpx2.Timeout(60.0, connect=CONNECT_TIMEOUT_S),
            limits=httpx2.Limits(max_connections=1000, max_keepalive_connections=100),
            mounts={"http://": httpx2.AsyncHTTPTransport()},
        )
    return client
