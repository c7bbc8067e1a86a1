"""Runs calls that may hang: one at a time, in a daemon thread, with a time limit.

A Secret Service that never answers blocks its caller forever. Nothing can
end such a call, so it is abandoned, and later calls are refused at once until it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class NoAnswerError(Exception):
    """The call, or an earlier one that is still running, did not finish in time."""


class NoThreadError(NoAnswerError):
    """The system has no thread for the call, or the interpreter is about to end."""


class Deadline:
    """A deadline that several calls share, so that together they take no longer than one is allowed to."""

    def __init__(self, limit_s: float) -> None:
        self._end = monotonic() + limit_s
        self._shares: dict[str, Deadline] = {}

    @property
    def left_s(self) -> float:
        """Seconds that are left; 0 after the deadline."""
        return max(0.0, self._end - monotonic())

    def share(self, name: str, *, least_s: float) -> Deadline:
        """Return the deadline of all calls to `name`: this one, or `least_s` after the first of them."""
        if name not in self._shares:
            self._shares[name] = Deadline(max(self.left_s, least_s))
        return self._shares[name]


class SerialExecutor:
    """Runs calls one after the other, each with a time limit.

    Only the threads that run the calls take the lock: a caller may be interrupted anywhere, and must not leave it
    locked.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = threading.Lock()
        self._current: _Task[Any] | None = None

    def run(self, job: Callable[[], T], limit_s: float, undo: Callable[[], None] | None = None) -> T:
        """Return what `job` returns.

        Args:
            job: Must not raise. It is not started if nobody is waiting for it any more.
            limit_s: Maximum wait in seconds, including the wait for other calls to end.
            undo: Called in the thread if nobody is waiting any more when `job` ends. Must not raise.

        Raises:
            NoAnswerError: It was not done in time.
            NoThreadError: It was not begun, since no thread could be started.
        """
        current = self._current
        if limit_s <= 0 or (current is not None and current.abandoned):
            raise NoAnswerError
        task = _Task(job, undo)
        try:
            threading.Thread(target=self._work, args=(task,), name=self._name, daemon=True).start()
            task.done.wait(limit_s)
        except RuntimeError:
            raise NoThreadError from None
        finally:  # also after an interrupt, which may come at any line
            task.abandon()
        if not task.results:
            raise NoAnswerError
        return task.results[0]

    def _work(self, task: _Task[Any]) -> None:
        with self._turn:
            self._current = task
            try:
                task.work()
            finally:
                self._current = None
                task.done.set()


class _Task(Generic[T]):
    def __init__(self, job: Callable[[], T], undo: Callable[[], None] | None) -> None:
        self.done = threading.Event()
        self.abandoned = False
        self.results: list[T] = []
        self._lock = threading.Lock()
        self._job = job
        self._undo = undo

    def abandon(self) -> None:
        """Stop waiting; a result that has already arrived counts."""
        with self._lock:
            self.abandoned = not self.results

    def work(self) -> None:
        if self.abandoned:
            return
        result = self._job()
        with self._lock:
            if not self.abandoned:
                self.results.append(result)
                return
        if self._undo:
            self._undo()
