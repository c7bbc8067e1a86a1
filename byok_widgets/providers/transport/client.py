"""The HTTP client of each event loop.

A separate one for each SDK client would cost 20 ms of TLS set-up and a new connection each time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from byok_widgets.engine import DaemonExecutor
from byok_widgets.providers.transport.environment import uses_library_transport

if TYPE_CHECKING:
    import httpx2

CONNECT_TIMEOUT_S = 10.0

SET_UP = DaemonExecutor("byok-set-up", 2)
"""Where SDKs are imported and certificates read: on the loop, all calls would stand still meanwhile."""

_clients: dict[asyncio.AbstractEventLoop, tuple[httpx2.AsyncClient, AsyncGenerator[None]]] = {}


def http_client() -> httpx2.AsyncClient:
    """Return the client of the running loop.

    It waits for a connection for `CONNECT_TIMEOUT_S`, and for an answer until the caller gives up: a model may
    think for minutes.
    """
    client = _known_client()
    return _new_client() if client is None else client


async def prepare_client() -> None:
    """Load, in a thread, what the client of the running loop needs."""
    if _known_client() is None:
        await SET_UP.run(_load)


def _known_client() -> httpx2.AsyncClient | None:
    known = _clients.get(asyncio.get_running_loop())
    return None if known is None or known[0].is_closed else known[0]


def _load() -> None:
    import byok_widgets.providers.transport.provider_client

    if not uses_library_transport():
        import byok_widgets.providers.transport.direct  # noqa: F401


def _new_client() -> httpx2.AsyncClient:
    from byok_widgets.providers.transport import routing
    from byok_widgets.providers.transport.provider_client import ProviderClient

    for dead in [known for known in _clients if known.is_closed()]:
        del _clients[dead]
    client = ProviderClient(routing.ProviderTransport(SET_UP), CONNECT_TIMEOUT_S)
    _clients[asyncio.get_running_loop()] = client, _close_with_loop(client)
    return client


def _close_with_loop(client: httpx2.AsyncClient) -> AsyncGenerator[None]:
    """Close a client when its loop ends.

    A loop that is shut down properly, as `asyncio.run` does, closes the async generators that were begun on it.
    """

    async def wait_for_end() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await client.aclose()
            await asyncio.sleep(0)  # sockets are closed in the next round of the loop

    generator = wait_for_end()
    with contextlib.suppress(StopIteration):  # how a coroutine returns: it has come to its `yield`
        generator.__anext__().send(None)
    return generator
