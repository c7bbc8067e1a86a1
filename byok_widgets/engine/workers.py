"""Runs users' functions in daemon threads: however long they take, the event loop keeps running.

A thread cannot be killed. One that exceeds its time limit is left behind: the caller gets an error and continues,
the thread is listed by `overdue_functions` until it ends, and it never keeps the process from exiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from byok_widgets.engine.threads import HAS_THREADS

T = TypeVar("T")

_overdue: set[_Worker] = set()
_lock = threading.Lock()


class LateFunctionError(Exception):
    """A function did not finish in time; it may still be running."""


async def call_in_worker(function: Callable[[], T | Awaitable[T]], *, limit_s: float, flow: str, name: str) -> T:
    """Call `function` in its own thread and return its result.

    An awaitable result is awaited in that thread, on its own event loop. Cancelling the caller releases it at
    once; a plain function keeps running, a coroutine is cancelled, or not begun.

    Args:
        function: What to call.
        limit_s: Longest time to wait, in seconds.
        flow: Name of the flow it runs for.
        name: Name under which `overdue_functions` lists it.

    Raises:
        LateFunctionError: It did not finish in time.
        Exception: Whatever the function raised; exits and interrupts become a `RuntimeError`.
    """
    if not HAS_THREADS:
        return await _called_here(function, limit_s)
    worker = _Worker(function, flow, name)
    done = worker.start()
    try:
        await asyncio.wait([done], timeout=limit_s)
    finally:
        if not done.done():
            worker.abandon()
    if not done.done():
        raise LateFunctionError
    value, error = done.result()
    if error is not None:
        raise error
    result: T = value
    return result


async def _called_here(function: Callable[[], T | Awaitable[T]], limit_s: float) -> T:
    """Call a function where there are no threads: only what it awaits is ended at the limit."""
    limit = asyncio.timeout(limit_s)
    try:
        value = function()
        if not inspect.isawaitable(value):
            return value
        async with limit:
            return await value
    except TimeoutError:
        if limit.expired():
            raise LateFunctionError from None
        raise
    except (StopIteration, SystemExit) as error:
        raise _harmless(error) from None


def overdue_functions(flow: str) -> tuple[str, ...]:
    """Return the names of a flow's functions that are still running although nobody waits for them any more."""
    with _lock:
        return tuple(sorted(worker.name for worker in _overdue if worker.flow == flow))


class _Worker:
    """One call in one thread."""

    def __init__(self, function: Callable[[], Any], flow: str, name: str) -> None:
        self.flow, self.name = flow, name
        self._function = function
        self._finished = self._is_abandoned = False
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def start(self) -> asyncio.Future[tuple[Any, Exception | None]]:
        """Start the thread and return a future for the value or the error."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[tuple[Any, Exception | None]] = loop.create_future()
        context = contextvars.copy_context()  # a thread would begin without the caller's

        def settle(outcome: tuple[Any, Exception | None]) -> None:
            if not done.done():
                done.set_result(outcome)

        def work() -> None:
            outcome = context.run(self._outcome)
            with _lock:
                self._finished = True
                _overdue.discard(self)
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is waiting
                loop.call_soon_threadsafe(settle, outcome)

        threading.Thread(target=work, name="byok-worker", daemon=True).start()
        return done

    def abandon(self) -> None:
        """Stop waiting for it: list it as overdue until it ends, and cancel it if it is a coroutine."""
        with _lock:
            self._is_abandoned = True
            if not self._finished:
                _overdue.add(self)
        if self._own_loop is not None and self._task is not None:
            with contextlib.suppress(RuntimeError):  # it has just ended
                self._own_loop.call_soon_threadsafe(self._task.cancel)

    def _outcome(self) -> tuple[Any, Exception | None]:
        try:
            value = self._function()
            return (asyncio.run(self._awaited(value)) if inspect.isawaitable(value) else value), None
        except BaseException as error:  # noqa: BLE001 - it is re-raised where the call was made
            return None, _harmless(error)

    async def _awaited(self, value: Any) -> Any:
        self._own_loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        if self._is_abandoned:  # before there was a task to cancel
            if inspect.iscoroutine(value):
                value.close()
            raise asyncio.CancelledError
        return await value


def _harmless(raised: BaseException) -> Exception:
    """Return an error that ends only this call: exits, interrupts and `StopIteration` become plain errors."""
    if isinstance(raised, Exception) and not isinstance(raised, StopIteration):
        return raised
    return RuntimeError(f"{type(raised).__name__}: {raised}")
