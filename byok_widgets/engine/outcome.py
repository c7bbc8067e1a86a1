"""`Outcome`: a piece of work on the loop, and what it comes to, for the one caller that waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Outcome(Generic[T]):
    """Work that runs on a loop while its caller waits elsewhere.

    A `concurrent.futures.Future` can be watched by many, and costs a call more than the switch between the threads
    itself.
    """

    def __init__(
        self, work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, tell: Callable[[], object]
    ) -> None:
        """Create it without starting the work.

        Args:
            work: What to run.
            loop: Where to run it.
            tell: Called on the loop when the work has ended.
        """
        self._work, self._loop, self._tell = work, loop, tell
        self._task: asyncio.Task[T] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the work has ended."""
        return self._task is not None and self._task.done()

    def start(self) -> None:
        """Start the work soon; called once, from any thread."""
        self._loop.call_soon_threadsafe(self._start)

    def cancel(self) -> None:
        """Cancel the work, also if it has not started; called from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing runs there any more
            self._loop.call_soon_threadsafe(self._cancel)

    def result(self) -> T:
        """Return what the work returned, once it has ended.

        Raises:
            asyncio.CancelledError: It was cancelled.
            Exception: Whatever the work raised.
        """
        if self._task is None:
            raise asyncio.CancelledError
        return self._task.result()

    def _start(self) -> None:
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[T]) -> None:
        if not task.cancelled():
            task.exception()  # a caller that waits no longer leaves no complaint about it in the log
        self._tell()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        else:  # the caller was interrupted before it could start it
            self._work.close()
            self._tell()
