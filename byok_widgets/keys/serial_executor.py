"""Calls that may hang: one at a time, in a daemon thread, waited for no longer than a limit.

Floor 0: knows nothing of the package. A Secret Service that never answers blocks its caller for good; nothing can
end such a call, so it is left behind, and calls that follow are refused at once until it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class NoAnswerError(Exception):
    """The call, or an earlier one that is still on its way, was not done in time."""


class SerialExecutor:
    """Runs calls one after the other, each under a time limit."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._turn = threading.Lock()
        self._overdue = threading.Event()

    def run(self, job: Callable[[], T], limit_s: float, undo: Callable[[], None] | None = None) -> T:
        """Return what `job` returns.

        Args:
            job: Must not raise.
            limit_s: Longest wait in seconds, for other calls to end included.
            undo: Called in the thread when `job` ends after nobody waits for it any more. Must not raise.

        Raises:
            NoAnswerError: It was not done in time.
        """
        end = monotonic() + limit_s
        if self._overdue.is_set() or not self._turn.acquire(timeout=limit_s):
            raise NoAnswerError
        task = _Task(job, undo)
        try:
            threading.Thread(target=self._work, args=(task,), name=self._name, daemon=True).start()
        except RuntimeError:  # the system has no further thread, or the interpreter is about to end
            self._turn.release()
            raise NoAnswerError from None
        try:
            task.done.wait(max(0.0, end - monotonic()))
        finally:
            with task.lock:
                if not task.done.is_set():
                    task.abandoned = True
                    self._overdue.set()
        if not task.results:
            raise NoAnswerError
        return task.results[0]

    def _work(self, task: _Task[T]) -> None:
        try:
            task.work()
        finally:
            # Under the lock, so that a caller who gives up at this moment does not mark an ended call as overdue.
            with task.lock:
                task.done.set()
                self._overdue.clear()
            self._turn.release()


class _Task(Generic[T]):
    def __init__(self, job: Callable[[], T], undo: Callable[[], None] | None) -> None:
        self.lock = threading.Lock()
        self.done = threading.Event()
        self.abandoned = False
        self.results: list[T] = []
        self._job = job
        self._undo = undo

    def work(self) -> None:
        result = self._job()
        with self.lock:
            if not self.abandoned:
                self.results.append(result)
                self.done.set()
                return
        if self._undo:
            self._undo()
