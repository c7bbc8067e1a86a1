"""Work for an engine to run in tests."""

from __future__ import annotations

import asyncio
import threading
import time

from byok_widgets import ProviderError


class Long:
    """Work that ends when it is cancelled or stopped, and reports that it has ended."""

    def __init__(self, unwind_s: float = 0.0) -> None:
        self.running, self.unwound = threading.Event(), threading.Event()
        self._unwind_s = unwind_s
        self._stopped = False

    async def __call__(self, *_: object) -> None:
        self.running.set()
        until = time.monotonic() + 60
        try:
            while not self._stopped and time.monotonic() < until:
                await asyncio.sleep(0.01)
        finally:
            if self._unwind_s:
                await asyncio.sleep(self._unwind_s)
            self.unwound.set()

    def stop(self) -> None:
        """Let it end."""
        self._stopped = True


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise ProviderError("no", kind="x")


async def tasks() -> int:
    """Return how many tasks the loop has besides this one."""
    return len(asyncio.all_tasks()) - 1
