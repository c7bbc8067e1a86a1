"""`Server`: a flow that is served, on the engine's loop: calls of models and callers share it without a hop."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from byok_widgets.engine import ENGINE
from byok_widgets.errors import ConfigError
from byok_widgets.serve.access import Access
from byok_widgets.serve.app import App
from byok_widgets.serve.store import LEASE_S, Store
from byok_widgets.serve.turn_service import TurnService

if TYPE_CHECKING:
    import concurrent.futures

    import uvicorn

KEEP_ALIVE_S = 130
"""Longer than a spoken turn, and than the 120 s for which clients keep idle connections."""
GRACE_S = 15.0
"""Time that running turns have to end when the server stops, in seconds."""
_BACKLOG = 2048
_BEAT_S = LEASE_S / 4


class Server:
    """Serves a flow until it is stopped."""

    def __init__(self, turns: TurnService, store: Store, access: Access, *, model: str, bound: socket.socket) -> None:
        self._turns, self._store, self._bound = turns, store, bound
        self._app = App(turns, access, model)
        self._http: uvicorn.Server | None = None
        self._running: concurrent.futures.Future[None] | None = None

    @property
    def port(self) -> int:
        """The port."""
        port: int = self._bound.getsockname()[1]
        return port

    def start(self) -> None:
        """Begin to serve, and return at once."""
        ENGINE.run(self._open())
        self._running = ENGINE.submit(self._serve())

    def stop(self) -> None:
        """Let running turns end, and stop."""
        if self._http is not None and self._running is not None:
            ENGINE.run(self._turns.stop(GRACE_S))
            self._http.should_exit = True
            self._running.result()
            self._running = None

    async def _open(self) -> None:
        await self._store.open()
        await self._turns.versions.open()

    async def _serve(self) -> None:
        import uvicorn

        config = uvicorn.Config(
            self._app,
            http="httptools",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        self._http = uvicorn.Server(config)
        beating = asyncio.create_task(self._beat())
        try:
            await self._http.serve([self._bound])
        finally:
            beating.cancel()
            await self._store.close()

    async def _beat(self) -> None:
        while True:
            await self._store.beat()
            await asyncio.sleep(_BEAT_S)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound: whoever has the port already is told at once.

    Raises:
        ConfigError: It cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(_BACKLOG)  # whoever connects before the server runs waits for it
    except OSError as error:
        bound.close()
        problem = error.strerror or str(error)
    else:
        return bound
    raise ConfigError(
        f"Port {port} of {host} cannot be used: {problem}.",
        kind="serve_port",
        fix="Choose another with port=..., or 0 for any that is free.",
    )
