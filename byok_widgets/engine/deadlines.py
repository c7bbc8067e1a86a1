"""Time limits, and the clock used to measure latencies."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def with_deadline(work: Awaitable[T], deadline_s: float, late: Callable[[], T]) -> T:
    """Await `work` for at most `deadline_s` seconds; after that, cancel it and do what `late` does."""
    try:
        async with asyncio.timeout(deadline_s):  # avoids the task that wait_for creates for each call
            return await work
    except TimeoutError:
        pass
    return late()


def clock() -> float:
    """Return the time in seconds on the monotonic clock used for all latencies."""
    return time.perf_counter()
