"""Time limits, and the clock that latencies are measured with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def with_deadline(work: Awaitable[T], deadline_s: float, late: Callable[[], T]) -> T:
    """Await `work` for at most `deadline_s` seconds in all; past that cancel it and do what `late` does."""
    try:
        async with asyncio.timeout(deadline_s):  # spares the task that wait_for makes for each call
            return await work
    except TimeoutError:
        pass
    return late()


def clock() -> float:
    """Return the seconds of the monotonic clock that all latencies are measured with."""
    return time.perf_counter()
