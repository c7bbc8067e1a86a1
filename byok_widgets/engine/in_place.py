"""`InPlace`: runs work where its caller is, without the switch to the engine's thread and back.

It is for what needs no network, such as calls that are answered from a recording: there the switch would take
longer than all else.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import os
import selectors
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from byok_widgets.engine.current import ENGINE
from byok_widgets.engine.loop import UNWIND_S, Engine
from byok_widgets.engine.threads import HAS_THREADS

T = TypeVar("T")


class InPlace:
    """Runs async work on the loop of its caller, and sync work on a loop that the calling thread turns itself.

    In a thread whose own loop is running, as in a cell, no other one can be turned: the engine runs the work then.
    So it does while another thread uses the loop of this object, and in a browser's tab.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # An interrupt may come just before its release: the thread that was interrupted can take it again.
        self._alone = threading.RLock()
        self._made: asyncio.AbstractEventLoop | None = None
        self._pid = 0

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` and wait for it; an interrupt cancels it, as on the engine."""
        is_alone = False
        try:
            is_alone = HAS_THREADS and not _has_running_loop() and self._alone.acquire(blocking=False)
            if is_alone:
                return _run(self._loop(), work)
        finally:
            if is_alone:
                self._alone.release()
        return self._engine.run(work)

    async def arun(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on the caller's loop."""
        return await work

    def _loop(self) -> asyncio.AbstractEventLoop:
        if self._made is None:
            atexit.register(self._close)
        if self._made is None or self._pid != os.getpid():  # a forked child would share the parent's wake-ups
            self._close()
            self._made, self._pid = _new_loop(), os.getpid()
        return self._made

    def _close(self) -> None:
        if self._made is not None and not self._made.is_running():
            self._made.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that a forked child can close without an effect on its parent: they would share an epoll."""
    if hasattr(os, "fork") and hasattr(selectors, "PollSelector"):
        return asyncio.SelectorEventLoop(selectors.PollSelector())
    return asyncio.new_event_loop()


def _has_running_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    task: asyncio.Task[T] | None = None
    try:
        task = loop.create_task(_stopping(loop, work))
        while not task.done():
            loop.run_forever()
        return task.result()
    except asyncio.CancelledError:
        pass
    except BaseException:
        _unwind(loop, task, work)
        raise
    raise concurrent.futures.CancelledError  # as from the engine


async def _stopping(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Stop the loop at the end of the work: it takes fewer turns than to wait until the task has told its end."""
    try:
        return await work
    finally:
        loop.stop()


def _unwind(
    loop: asyncio.AbstractEventLoop, task: asyncio.Task[Any] | None, work: Coroutine[Any, Any, Any]
) -> None:
    """Cancel work, give it a little time to end, and leave nothing of it to the next call."""
    if task is not None and not task.done():
        task.add_done_callback(lambda _: loop.stop())  # the work may end before its first step
        task.cancel()
        late = loop.call_later(UNWIND_S, loop.stop)
        loop.run_forever()
        late.cancel()
    if task is None or task.done():
        work.close()  # it may not have begun
    if task is not None and task.done() and not task.cancelled():
        task.exception()  # an interrupt inside it is raised here; asyncio would complain that nobody asked for it


IN_PLACE = InPlace(ENGINE)
