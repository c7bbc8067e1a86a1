"""`TurnLock`: one turn of a session at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from byok_widgets.engine import clock
from byok_widgets.errors import FlowError

STOPPING_S = 0.25
"""Time that a turn which is being stopped has to end before another is rejected, in seconds."""
_LOOK_S = 0.01


class TurnLock:
    """Rejects a turn while another runs, instead of queueing it; a turn that is being stopped gets time to end.

    It is held on an event loop alone, where no interrupt arrives between two lines: one between taking it and the
    `try` would leave it held for good.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._is_held = False

    @property
    def is_held(self) -> bool:
        """Whether a turn is running."""
        return self._is_held

    @asynccontextmanager
    async def hold(self, flow_name: str) -> AsyncIterator[None]:
        """Hold it; the event loop keeps running while it waits.

        Raises:
            FlowError: A turn is running.
        """
        end = clock() + STOPPING_S
        while not self._taken():
            if clock() > end:
                raise _busy(flow_name)
            await asyncio.sleep(_LOOK_S)
        try:
            yield
        finally:
            self._is_held = False

    def _taken(self) -> bool:
        with self._mutex:
            if self._is_held:
                return False
            self._is_held = True
            return True


def _busy(flow_name: str) -> FlowError:
    return FlowError(
        f"A turn of this session of flow {flow_name!r} is still running.",
        kind="busy",
        fix="Wait for it or stop it; to hold two conversations at once, use a fork.",
    )
