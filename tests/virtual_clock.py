"""An event loop whose time passes only while everybody waits: minutes take milliseconds, and always as long."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")

LONG_S, THREADS_S = 5.0, 0.2
"""Before time passes that is longer than this, there is a real wait for threads, which have no such time."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that jumps to the next timer instead of waiting for it."""

    def __init__(self, *, has_threads: bool = False) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self, has_threads=has_threads))

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop, *, has_threads: bool) -> None:
        super().__init__()
        self._loop, self._has_threads = loop, has_threads

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("All tasks wait, and no timer will ever wake them.")
        if self._has_threads and timeout > LONG_S and (events := super().select(THREADS_S)):
            return events
        self._loop.jump(max(0.0, timeout))
        return super().select(0)


def run_virtually(work: Coroutine[Any, Any, T], *, has_threads: bool = False) -> T:
    """Run `work` to its end in virtual time.

    Args:
        work: The work.
        has_threads: Whether it waits for threads, too: a deadline is not to outrun them.
    """
    with asyncio.Runner(loop_factory=partial(VirtualLoop, has_threads=has_threads)) as runner:
        return runner.run(work)


def now() -> float:
    """Return the virtual time of the running loop, in seconds."""
    return asyncio.get_running_loop().time()
