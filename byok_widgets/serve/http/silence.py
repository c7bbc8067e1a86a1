"""`Silence`: how long nothing has been sent in a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Silence:
    """The time since something was sent: one timer for a whole stream, since one for each piece would cost more.

    Args:
        wake: Called when it is long.
        long_s: How long that is, in seconds.
    """

    def __init__(self, wake: Callable[[], None], long_s: float) -> None:
        self._loop, self._wake, self._long_s = asyncio.get_running_loop(), wake, long_s
        self.begin()
        self._timer = self._loop.call_at(self._long_at, self._look)

    def begin(self) -> None:
        """Take note that something was sent."""
        self._long_at = self._loop.time() + self._long_s

    @property
    def is_long(self) -> bool:
        """Whether the client should hear that it is not forgotten."""
        return self._loop.time() >= self._long_at

    def end(self) -> None:
        """Take note that nothing more is sent."""
        self._timer.cancel()

    def _look(self) -> None:
        if self.is_long:
            self._wake()
            self._timer = self._loop.call_later(self._long_s, self._look)
        else:
            self._timer = self._loop.call_at(self._long_at, self._look)
