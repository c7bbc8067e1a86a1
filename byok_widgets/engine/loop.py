"""The one background event loop: sync doors, cancellation, deadlines, retries.

Floor 1: knows errors; knows no provider, node or widget. Every provider call of the process runs on this loop, in
one daemon thread, so that connections are shared and Stop works while a cell waits. The SDKs' async clients are
bound to a loop, so there is exactly one.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

from byok_widgets.errors import ByokError, ConfigError

T = TypeVar("T")

MAX_ATTEMPTS = 3
RETRY_AFTER_CAP_S = 60.0
"""Longest wait that a provider may ask for before the call is given up instead."""
UNWIND_S = 1.0
"""Time that a cancelled call has to close its connection before the caller goes on."""
TICK_S = 1 / 30
"""Text reaches the screen at most this often."""


class TextFeed:
    """Text on its way from the loop to whoever shows it; pieces that wait are handed over together."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._lock = threading.Lock()

    def put(self, text: str) -> None:
        """Add text; called on the loop."""
        with self._lock:
            self._pieces.append(text)

    def take(self) -> str:
        """Return all text that came since the last call."""
        with self._lock:
            pieces, self._pieces = self._pieces, []
        return "".join(pieces)


class Engine:
    """Runs coroutines on its own loop, for callers in any thread or loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, started on first use and anew in a forked child."""
        with self._lock:
            if self._loop is None or self._pid != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._loop.run_forever, name="byok-engine", daemon=True)
                self._thread.start()
            return self._loop

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start `work` on the loop and return at once."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def run(self, work: Coroutine[Any, Any, T], *, tick: Callable[[], None] | None = None) -> T:
        """Run `work` and wait for it; the sync entry point.

        A keyboard interrupt cancels the work, gives it a second to close its connection, and is raised again.

        Args:
            work: What to run.
            tick: Called in this thread about 30 times a second while waiting, and once at the end.

        Raises:
            ConfigError: Called on the loop itself, where waiting would never end.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise ConfigError(
                "A sync call cannot be made from here.",
                kind="sync_call_on_loop",
                fix="Use the async variant (arun, astream).",
            )
        future = self.submit(work)
        try:
            while not _settled(future, TICK_S if tick else 0.25):
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
        """Yield in the caller's loop what `start(emit)` emits on the engine's loop.

        Items that come faster than they are read wait together, so a fast stream costs one wake-up for many.
        Leaving the iteration cancels the work.
        """
        channel: _Channel[T] = _Channel()
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


class _Channel(Generic[T]):
    """Carries items from the engine's loop to one reader in another loop."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()

    def emit(self, item: T) -> None:
        with self._lock:
            first = not self._items
            self._items.append(item)
        if first:
            self.wake()

    def wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._ready.set)

    async def take(self) -> list[T]:
        await self._ready.wait()
        self._ready.clear()
        return self.rest()

    def rest(self) -> list[T]:
        with self._lock:
            items, self._items = self._items, []
        return items


def _settled(future: concurrent.futures.Future[Any], timeout_s: float) -> bool:
    return bool(concurrent.futures.wait([future], timeout=timeout_s).done)


async def with_deadline(work: Awaitable[T], deadline_s: float, late: Callable[[], T]) -> T:
    """Await `work` for at most `deadline_s` seconds in all; past that cancel it and do what `late` does."""
    try:
        async with asyncio.timeout(deadline_s):  # spares the task that wait_for makes for each call
            return await work
    except TimeoutError:
        pass
    return late()


async def with_retries(attempt: Callable[[], Awaitable[T]], *, started: Callable[[], bool]) -> T:
    """Call `attempt` until it succeeds, at most three times.

    Only retryable errors are tried again, and only while nothing of an answer has reached anyone. A wait the
    provider asks for is kept when it is not longer than a minute; otherwise it grows from half a second, with
    jitter.

    Args:
        attempt: Makes one request.
        started: Says whether text of the answer was already handed out.

    Raises:
        ByokError: The last failure, with the number of attempts.
    """
    for number in range(1, MAX_ATTEMPTS + 1):
        try:
            return await attempt()
        except ByokError as error:
            failure = error
        failure.attempts = number
        wait_s = _wait_s(failure, number)
        if not failure.retryable or number == MAX_ATTEMPTS or started() or wait_s is None:
            raise failure
        await asyncio.sleep(wait_s)
    raise AssertionError("unreachable")


def _wait_s(failure: ByokError, number: int) -> float | None:
    asked = failure.retry_after_s
    if asked is not None:
        return asked if asked <= RETRY_AFTER_CAP_S else None
    return min(8.0, 0.5 * 2.0 ** (number - 1)) * random.uniform(0.75, 1.0)  # noqa: S311 - jitter, not a secret


def clock() -> float:
    """Seconds of the monotonic clock that all latencies are measured with."""
    return time.perf_counter()


ENGINE = Engine()
