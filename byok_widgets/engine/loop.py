"""The background event loop: work from any thread or loop runs on it and can be cancelled at any time.

Every provider call of the process runs here, in one daemon thread, so that connections are shared and an interrupt
works while a cell waits. The SDKs' async clients are bound to a loop, so there is exactly one. It does nothing but
network work: anything that may block runs in a thread of a `DaemonExecutor`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from byok_widgets.engine.channel import Channel
from byok_widgets.engine.garbage import CallsUnderWay
from byok_widgets.engine.home_thread import HOME_THREAD
from byok_widgets.engine.outcome import Outcome
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
        self._under_way = CallsUnderWay()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, started on first use, and again in a forked child."""
        with self._lock:
            if self._loop is None or self._pid != os.getpid():  # a fork copies the loop, but not its thread
                self._loop, self._thread, self._pid = *_started_loop(), os.getpid()
                self._under_way = CallsUnderWay()
            return self._loop

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs on this loop, where nothing may block."""
        return threading.current_thread() is self._thread

    @property
    def can_wait(self) -> bool:
        """Whether a sync call can be made from here: not on this loop, where waiting would deadlock."""
        return not self.is_current_thread

    def refusal(self) -> ConfigError:
        """Return the error of a sync call that is made where nobody can wait."""
        return ConfigError(
            "A sync call cannot be made from here.",
            kind="sync_call_on_loop",
            fix="Use the async variant (arun, astream).",
        )

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start `work` on the loop and return at once; cancelling the future cancels the work."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        outcome = Outcome(work, self.loop, lambda: _settle(future, outcome))
        outcome.start()
        future.add_done_callback(lambda _: outcome.cancel() if future.cancelled() else None)
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
        if not self.can_wait:
            work.close()
            raise self.refusal()
        # A bare lock: waiting for a concurrent future takes twice the time of the switch between the threads.
        ended = threading.Lock()
        ended.acquire()
        # The outcome exists before the work starts, so that an interrupt at any line can cancel it.
        outcome = Outcome(work, self.loop, ended.release)
        try:
            outcome.start()
            while not ended.acquire(timeout=TICK_S if tick else POLL_S):
                HOME_THREAD.run_pending()
                if tick:
                    tick()
        except BaseException:
            outcome.cancel()
            ended.acquire(timeout=UNWIND_S)
            raise
        if tick:
            tick()
        try:
            return outcome.result()
        except asyncio.CancelledError:
            pass
        # Not asyncio's: that is no `Exception`, and would get past a sync caller's `except Exception`.
        raise concurrent.futures.CancelledError

    async def arun(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` for a caller in another loop; cancelling the caller cancels the work."""
        here = asyncio.get_running_loop()
        ended = here.create_future()
        outcome = Outcome(work, self.loop, partial(_open_there, here, ended))
        try:
            with self._under_way:
                outcome.start()
                await ended
        except BaseException:
            outcome.cancel()
            raise
        return outcome.result()

    async def astream(self, start: Callable[[Callable[[T], None]], Coroutine[Any, Any, Any]]) -> AsyncIterator[T]:
        """Yield in the caller's loop the items that `start(emit)` emits on the engine's loop.

        Items that arrive faster than they are read are delivered in batches, so a fast stream costs one wake-up
        per batch. Leaving the iteration cancels the work.
        """
        channel: Channel[T] = Channel()
        outcome = Outcome(start(channel.emit), self.loop, channel.wake)
        try:
            outcome.start()
            while not outcome.has_ended:
                for item in await channel.take():
                    yield item
            for item in channel.rest():  # emitted between the last wake-up and the end
                yield item
            outcome.result()
        finally:
            if not outcome.has_ended:
                outcome.cancel()


def _started_loop() -> tuple[asyncio.AbstractEventLoop, threading.Thread]:
    """Return a loop that runs, and its thread: one that could not be started must never be waited for."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="byok-engine", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        loop.close()
        raise
    return loop, thread


def _open_there(loop: asyncio.AbstractEventLoop, ended: asyncio.Future[None]) -> None:
    """Let a caller go on in its own loop; does nothing if that is closed, since nobody waits any more."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(_open, ended)


def _open(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)


def _settle(future: concurrent.futures.Future[T], outcome: Outcome[T]) -> None:
    try:
        result = outcome.result()
    except asyncio.CancelledError:
        future.cancel()
        future.set_running_or_notify_cancel()  # also wakes a caller waiting for cancelled work to end
    except BaseException as error:  # noqa: BLE001 - passed on to the waiting caller, whatever it is
        if future.set_running_or_notify_cancel():
            future.set_exception(error)
    else:
        if future.set_running_or_notify_cancel():
            future.set_result(result)
