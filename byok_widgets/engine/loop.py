"""The background event loop: work from any thread or loop runs on it and can be cancelled at any time.

Every provider call of the process runs here, in one daemon thread, so that connections are shared and an interrupt
works while a cell waits. The SDKs' async clients are bound to a loop, so there is exactly one. It does nothing but
network work: anything that may block runs in a thread of a `DaemonExecutor`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from byok_widgets.engine.channel import Channel
from byok_widgets.engine.home_thread import HOME_THREAD
from byok_widgets.errors import ConfigError

T = TypeVar("T")

UNWIND_S = 1.0
"""Time that cancelled work gets to close its connection before its caller continues."""
TICK_S = 1 / 30
"""Text reaches the screen at most this often."""
POLL_S = 0.25


class Engine:
    """Runs coroutines on its own loop, for callers in any thread or loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, started on first use, and again in a forked child."""
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._loop.run_forever, name="byok-engine", daemon=True)
                self._thread.start()
            return self._loop

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs on this loop, where nothing may block."""
        return threading.current_thread() is self._thread

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start `work` on the loop and return at once; cancelling the future cancels the work."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._start(work, future)
        return future

    def run(self, work: Coroutine[Any, Any, T], *, tick: Callable[[], None] | None = None) -> T:
        """Run `work` and wait for it; the sync entry point.

        A keyboard interrupt cancels the work, gives it a second to close its connection, and is raised again.
        While waiting, this thread serves requests of other threads, such as refreshing a panel.

        Args:
            work: What to run.
            tick: Called in this thread about 30 times a second while waiting, and once at the end.

        Raises:
            ConfigError: Called on the loop itself, where waiting would deadlock.
        """
        if self.is_current_thread:
            work.close()
            raise ConfigError(
                "A sync call cannot be made from here.",
                kind="sync_call_on_loop",
                fix="Use the async variant (arun, astream).",
            )
        # The future exists before the work starts, so that an interrupt at any line can cancel it.
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        try:
            self._start(work, future)
            while not _settled(future, TICK_S if tick else POLL_S):
                HOME_THREAD.run_pending()
                if tick:
                    tick()
        except BaseException:
            future.cancel()
            _settled(future, UNWIND_S)
            raise
        if tick:
            tick()
        return future.result()

    async def arun(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` for a caller in another loop; cancelling the caller cancels the work."""
        return await asyncio.wrap_future(self.submit(work))

    async def astream(self, start: Callable[[Callable[[T], None]], Coroutine[Any, Any, Any]]) -> AsyncIterator[T]:
        """Yield in the caller's loop the items that `start(emit)` emits on the engine's loop.

        Items that arrive faster than they are read are delivered in batches, so a fast stream costs one wake-up
        per batch. Leaving the iteration cancels the work.
        """
        channel: Channel[T] = Channel()
        future = self.submit(start(channel.emit))
        future.add_done_callback(lambda _: channel.wake())
        try:
            while not future.done():
                for item in await channel.take():
                    yield item
            for item in channel.rest():
                yield item
            await asyncio.wrap_future(future)
        finally:
            future.cancel()

    def _start(self, work: Coroutine[Any, Any, T], future: concurrent.futures.Future[T]) -> None:
        """Run `work` on the loop and settle `future` with its outcome."""
        loop = self.loop

        def begin() -> None:
            if future.cancelled():
                work.close()
                future.set_running_or_notify_cancel()
                return
            task = loop.create_task(work)
            task.add_done_callback(partial(_settle, future))
            future.add_done_callback(partial(_cancel_with, loop=loop, task=task))

        loop.call_soon_threadsafe(begin)


def _settle(future: concurrent.futures.Future[T], task: asyncio.Task[T]) -> None:
    if task.cancelled():
        future.cancel()
    if not future.set_running_or_notify_cancel():  # also wakes a caller waiting for cancelled work to end
        return
    error = task.exception()
    if error is None:
        future.set_result(task.result())
    else:
        future.set_exception(error)


def _cancel_with(
    future: concurrent.futures.Future[Any], *, loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any]
) -> None:
    if future.cancelled() and not task.done():
        loop.call_soon_threadsafe(task.cancel)


def _settled(future: concurrent.futures.Future[Any], timeout_s: float) -> bool:
    return bool(concurrent.futures.wait([future], timeout=timeout_s).done)


ENGINE = Engine()
