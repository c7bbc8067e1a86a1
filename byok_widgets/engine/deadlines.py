"""Time limits, and the clock used to measure latencies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 600.0
"""Time limit of a call that has none of its own, in seconds: a model may think for minutes."""


class Deadline:
    """The time that one call has in all: for keys, slots, requests, retries and repairs.

    It starts with the first look at it on an event loop, and is measured on the clock of that loop.

    Attributes:
        seconds: The time limit, in seconds.
        is_default: Whether nobody chose this limit.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.is_default = seconds is None
        self.seconds = DEADLINE_S if seconds is None else seconds
        self._ends_at: float | None = None
        self._stopped_with_s = self.seconds

    @property
    def ends_at(self) -> float:
        """When it ends, on the clock of the running loop."""
        if self._ends_at is None:
            self._ends_at = asyncio.get_running_loop().time() + self.seconds
        return self._ends_at

    @property
    def left_s(self) -> float:
        """The seconds that are left; 0 at the end."""
        return max(0.0, self.ends_at - asyncio.get_running_loop().time())

    def stop(self) -> None:
        """Stop it for work that does not count, such as downloading a model."""
        self._stopped_with_s = self.left_s

    def resume(self) -> None:
        """Go on from where it was stopped."""
        self._ends_at = asyncio.get_running_loop().time() + self._stopped_with_s


async def with_deadline(work: Awaitable[T], deadline: Deadline, late: Callable[[], T]) -> T:
    """Await `work` until the deadline; after that, cancel it and do what `late` does."""
    limit = asyncio.timeout_at(deadline.ends_at)  # avoids the task that wait_for creates for each call
    try:
        async with limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
    return late()


def clock() -> float:
    """Return the time in seconds on the monotonic clock used for all latencies."""
    return time.perf_counter()
