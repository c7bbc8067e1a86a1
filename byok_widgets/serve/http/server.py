"""`Server`: HTTP for a served flow, on the engine's loop: calls of models and callers share it without a hop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import socket
import time
from typing import TYPE_CHECKING

from byok_widgets.engine import ENGINE
from byok_widgets.errors import ConfigError
from byok_widgets.serve.http.access import Access
from byok_widgets.serve.http.app import App
from byok_widgets.serve.monitoring.metrics import Metrics
from byok_widgets.serve.stores.store import LEASE_S, Store
from byok_widgets.serve.turns.turn_service import TurnService

if TYPE_CHECKING:
    import uvicorn

_LOG = logging.getLogger("byok_widgets.serve")

KEEP_ALIVE_S = 130
"""Longer than a spoken turn, and than the 120 s for which clients keep idle connections."""
GRACE_S = 15.0
"""Time that running turns have to end when the server stops, in seconds."""
_BACKLOG = 2048
_BEAT_S = LEASE_S / 4
_EXPIRE_EVERY_S = 600.0


class Server:
    """Serves a flow until it is stopped."""

    def __init__(
        self,
        turns: TurnService,
        store: Store,
        access: Access,
        *,
        model: str,
        bound: socket.socket,
        metrics: Metrics,
        keep_s: float,
    ) -> None:
        self._turns, self._store, self._access, self._bound = turns, store, access, bound
        self._keep_s = keep_s
        self._app = App(turns, access, model, metrics)
        self._http: uvicorn.Server | None = None
        self._running: concurrent.futures.Future[None] | None = None
        self._port: int = bound.getsockname()[1]

    @property
    def port(self) -> int:
        """The port."""
        return self._port

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self._running is not None and not self._running.done()

    def open(self) -> None:
        """Open the store.

        Raises:
            ConfigError: It cannot be used, or what serves is not installed.
        """
        self._http = self._new_http()
        ENGINE.run(self._open())

    def start(self) -> None:
        """Begin to serve, and return at once."""
        self._http = self._http or self._new_http()
        self._running = ENGINE.submit(self._serve(self._http))

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Let running turns end, and stop."""
        if self._http is not None and self._running is not None:
            ENGINE.run(self._turns.stop(grace_s))
            self._http.should_exit = True
            self._running.result()
            self._running = None

    def _new_http(self) -> uvicorn.Server:
        try:
            import uvicorn

            from byok_widgets.serve.http.connection import Connection
        except ImportError:
            pass
        else:
            config = uvicorn.Config(
                self._app,
                http=Connection,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                proxy_headers=False,  # anybody could send them
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=int(GRACE_S),
            )
            return uvicorn.Server(config)
        raise ConfigError(
            "To serve a flow, one more package is needed.",
            kind="serve_extra",
            fix='pip install "byok-widgets[serve]"',
        )

    async def _open(self) -> None:
        await self._store.open()
        await self._turns.versions.open()

    async def _serve(self, http: uvicorn.Server) -> None:
        await self._take_tokens()
        chores = asyncio.create_task(self._chores())
        try:
            await http.serve([self._bound])
        finally:
            chores.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await chores
            await self._store.close()

    async def _chores(self) -> None:
        """Say that this process is alive, learn of new and revoked tokens, delete what has expired; forever."""
        expire_at = 0.0
        while True:
            try:
                async with asyncio.timeout(LEASE_S):  # later, this process counts as gone
                    await self._store.beat()
                    await self._take_tokens()
                self._turns.has_store = True
                if time.monotonic() >= expire_at:
                    expire_at = time.monotonic() + _EXPIRE_EVERY_S
                    await self._store.expire(self._keep_s)
            except Exception:  # noqa: BLE001 - the store may be away for a while
                if self._turns.has_store:
                    _LOG.exception("the store does not answer")
                self._turns.has_store = False
            await asyncio.sleep(_BEAT_S)

    async def _take_tokens(self) -> None:
        self._access.tokens = {token.digest for token in await self._store.tokens() if not token.revoked}


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens: a port in use is reported at once, and clients that connect early wait.

    Raises:
        ConfigError: It cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(_BACKLOG)
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
