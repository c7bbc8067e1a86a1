"""`TurnLock`: one turn of a session at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from byok_widgets.engine import clock
from byok_widgets.errors import FlowError

STOPPING_S = 0.25
"""Time that a turn which is being stopped has to end before another is rejected, in seconds."""


class TurnLock:
    """Rejects a turn while another runs, instead of queueing it; a turn that is being stopped gets time to end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @property
    def is_held(self) -> bool:
        """Whether a turn is running."""
        return self._lock.locked()

    @contextmanager
    def hold(self, flow_name: str) -> Iterator[None]:
        """Hold it from synchronous code.

        Raises:
            FlowError: A turn is running.
        """
        if not self._lock.acquire(timeout=STOPPING_S):
            raise _busy(flow_name)
        try:
            yield
        finally:
            self._lock.release()

    @asynccontextmanager
    async def ahold(self, flow_name: str) -> AsyncIterator[None]:
        """Hold it in an event loop, which goes on while it waits.

        Raises:
            FlowError: A turn is running.
        """
        end = clock() + STOPPING_S
        while not self._lock.acquire(blocking=False):
            if clock() > end:
                raise _busy(flow_name)
            await asyncio.sleep(0.01)
        try:
            yield
        finally:
            self._lock.release()


def _busy(flow_name: str) -> FlowError:
    return FlowError(
        f"A turn of this session of flow {flow_name!r} is still running.",
        kind="busy",
        fix="Wait for it or stop it; to hold two conversations at once, use a fork.",
    )
