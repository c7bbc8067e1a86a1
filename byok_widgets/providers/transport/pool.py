"""The connections of one event loop: which of them are open, and which are free to be used again."""

from __future__ import annotations

import asyncio
import os
import weakref

from byok_widgets.providers.transport.connection import Connection, Origin
from byok_widgets.providers.transport.forks import detach

KEEP_S = 30.0
"""How long a free connection is kept, in seconds."""


class Pool:
    """Connections by origin; the one that was used last is used first, so that the rest can be closed."""

    def __init__(self) -> None:
        self._free: dict[Origin, list[Connection]] = {}
        self._open: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        _pools.add(self)

    def new(self, origin: Origin) -> Connection:
        """Return a connection that is still to be made."""
        connection = Connection(origin, self._keep, self._forget)
        self._open.add(connection)
        return connection

    def take(self, origin: Origin) -> Connection | None:
        """Return a free connection, or `None`."""
        free = self._free.get(origin)
        while free:
            connection = free.pop()
            if connection.is_open:
                return connection
        return None

    def forget(self, connection: Connection) -> None:
        """Forget a connection that could not be made."""
        self._open.discard(connection)

    def close(self) -> None:
        """Close all connections."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._free.clear()
        for connection in list(self._open):
            connection.abort()

    def leave_to_parent(self) -> None:
        """Forget all connections, in a forked child: they are the parent's."""
        self._free.clear()
        for connection in self._open:
            if connection.socket is not None:
                detach(connection.socket)
        self._open.clear()

    def _keep(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._free.setdefault(connection.origin, []).append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(KEEP_S, self._close_idle)

    def _forget(self, connection: Connection) -> None:
        self._open.discard(connection)
        free = self._free.get(connection.origin)
        if free and connection in free:
            free.remove(connection)

    def _close_idle(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = None
        long_ago = loop.time() - KEEP_S
        idle = [each for free in self._free.values() for each in free]
        for connection in idle:
            if connection.idle_since <= long_ago:
                connection.abort()  # it leaves the list when it is closed
        if len(idle) > 0:
            self._sweep = loop.call_later(KEEP_S, self._close_idle)


_pools: weakref.WeakSet[Pool] = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for pool in list(_pools):
        pool.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)
