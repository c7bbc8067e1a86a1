"""A person's functions, off the event loop: each call in a daemon thread, with a time limit.

A thread cannot be killed. A function that does not end in time keeps its thread, its caller goes on, and the
thread never keeps the process from exiting.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class LateFunctionError(Exception):
    """A function did not end in time; it may still be running."""


async def call_in_worker(function: Callable[[], T], *, limit_s: float) -> T:
    """Call `function` in a thread of its own and return its result.

    A coroutine that it returns is run there to its end, on an event loop of that thread. Cancelling the caller
    frees the caller; the function runs on.

    Args:
        function: What to call.
        limit_s: Longest time to wait, in seconds.

    Raises:
        LateFunctionError: It did not end in time.
        Exception: Whatever the function raised.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def work() -> None:
        result, error = None, None
        try:
            result = _finished(function())
        except BaseException as raised:  # noqa: BLE001 - handed to the caller, whatever it is
            error = _harmless(raised)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, error)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(work,), name="byok-function", daemon=True).start()
    try:
        async with asyncio.timeout(limit_s):
            return await done
    except TimeoutError:
        if done.done() and not done.cancelled():
            raise  # the function's own
    raise LateFunctionError


def _finished(result: Any) -> Any:
    return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result


async def _awaited(result: Any) -> Any:
    return await result


def _harmless(raised: BaseException) -> BaseException:
    """Return an error that a future can hold: `StopIteration` and exits become plain errors."""
    if isinstance(raised, Exception) and not isinstance(raised, StopIteration):
        return raised
    return RuntimeError(f"{type(raised).__name__}: {raised}")
