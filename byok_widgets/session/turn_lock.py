"""`TurnLock`: one turn of a session at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from byok_widgets.engine import clock
from byok_widgets.errors import FlowError

STOPPING_S = 0.25
"""Time that a turn which is being stopped has to end before another is rejected, in seconds."""
_LOOK_S = 0.01


class TurnLock:
    """Rejects a turn while another runs, instead of queueing it; a turn that is being stopped gets time to end.

    A turn holds it on the event loop, where no interrupt arrives. Synchronous code never holds it from one line to
    the next: an interrupt between two of them would leave it held for good.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()  # held for a moment, by `with` alone
        self._is_held = False

    @property
    def is_held(self) -> bool:
        """Whether a turn is running."""
        return self._is_held

    def run_between_turns(self, function: Callable[[], None], flow_name: str) -> None:
        """Call a short function while no turn is running, and let none begin before it returns.

        Raises:
            FlowError: A turn is running.
        """
        end = clock() + STOPPING_S
        while True:
            with self._mutex:
                if not self._is_held:
                    function()
                    return
            if clock() > end:
                raise _busy(flow_name)
            time.sleep(_LOOK_S)

    @asynccontextmanager
    async def hold(self, flow_name: str) -> AsyncIterator[None]:
        """Hold it for a turn, in an event loop, which goes on while it waits.

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
