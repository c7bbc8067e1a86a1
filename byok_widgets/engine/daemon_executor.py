"""`DaemonExecutor`: blocking calls off the loop, in threads that never keep the process from exiting.

`asyncio.to_thread` has one pool for everything, so a download can delay a key lookup, and Python joins its threads
at exit, which hangs on a call that does not return. Here each kind of work has its own executor.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, ParamSpec, TypeVar

from byok_widgets.engine.threads import HAS_THREADS

T = TypeVar("T")
P = ParamSpec("P")


class DaemonExecutor(concurrent.futures.Executor):
    """Runs calls in daemon threads, at most `max_threads` at once; a thread ends when no call is waiting."""

    def __init__(self, name: str, max_threads: int) -> None:
        self._name = name
        self._max_threads = max_threads
        self._lock = threading.Lock()
        self._calls: deque[tuple[concurrent.futures.Future[Any], Callable[[], Any]]] = deque()
        self._threads = 0
        self._pid = os.getpid()

    def submit(
        self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        """Call `function` as soon as a thread is free; at once where there are no threads.

        Raises:
            RuntimeError: The system cannot start another thread, or the interpreter is about to exit.
        """
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        if not HAS_THREADS:
            _settle(future, partial(function, *args, **kwargs))
            return future
        with self._lock:
            self._forget_parent_threads()
            if self._threads < self._max_threads:
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
                self._threads += 1  # after the start, which may fail
            self._calls.append((future, partial(function, *args, **kwargs)))
        return future

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` in a thread and wait for its result without blocking the running loop.

        Cancelling the caller drops a call that has not started; one that has started runs to completion.
        """
        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def _forget_parent_threads(self) -> None:
        if self._pid != os.getpid():  # a forked child has none of its parent's threads
            self._pid, self._threads = os.getpid(), 0
            self._calls.clear()  # the parent makes them

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._threads -= 1
                    return
                future, call = self._calls.popleft()
            _settle(future, call)


def _settle(future: concurrent.futures.Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - passed on to the waiting caller, whatever it is
        future.set_exception(error)
    else:
        future.set_result(result)
