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
        self._task: asyncio.Task[None] | None = None
        self._results: list[T] = []

    @property
    def has_ended(self) -> bool:
        """Whether the work has ended."""
        return bool(self._results) or (self._task is not None and self._task.done())

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
        if self._results:
            return self._results[0]
        if self._task is not None:
            self._task.result()  # it has no result, so it raises
        raise asyncio.CancelledError

    def _start(self) -> None:
        self._task = self._loop.create_task(self._succeed())
        self._task.add_done_callback(self._fail)

    async def _succeed(self) -> None:
        """Do the work, and tell at once of its result: a callback would wait for all that is ready on the loop."""
        try:
            result = await self._work
        except BaseException:
            del self  # the error keeps this frame, and the task keeps the error
            raise
        self._results.append(result)
        if self._task is not None:
            self._task.remove_done_callback(self._fail)
        self._tell()

    def _fail(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._work.close()  # it may not have begun
        else:
            task.exception()  # a caller that waits no longer leaves no complaint about it in the log
        self._tell()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        else:  # the caller was interrupted before it could start it
            self._work.close()
            self._tell()
