"""`Patience`: how long the rest of an answer is waited for."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Self

_STEP_S = 0.5


class Patience:
    """Ends the work inside `with` when a wait is over.

    A wait is counted in steps. One that takes much longer than planned is not counted: this process, and perhaps
    the whole machine, stood still meanwhile, so what was to come may be here and unread, or about to be sent.

    It does what `asyncio.timeout` does, which costs every answer something; few have to be waited for.

    Attributes:
        is_over: Whether a wait came to its end, and ended the work.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._left_s = self._step_s = self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._cancelled: asyncio.Task[Any] | None = None
        self._cancellings = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._stop()
        if self._cancelled is not None:
            is_own = self._cancelled.uncancel() <= self._cancellings
            self.is_over = is_own and isinstance(error, asyncio.CancelledError)
        return self.is_over

    def wait(self, seconds: float | None) -> None:
        """Begin a new wait of the running task; `None` ends the one before without another."""
        self._stop()
        task = asyncio.current_task()
        if seconds is not None and task is not None:
            self._left_s, self._cancellings = seconds, task.cancelling()
            self._begin_step(task)

    def _begin_step(self, task: asyncio.Task[Any]) -> None:
        loop = asyncio.get_running_loop()
        self._step_s = min(_STEP_S, self._left_s)
        self._due_at = loop.time() + self._step_s
        self._timer = loop.call_at(self._due_at, self._end_step, task)

    def _end_step(self, task: asyncio.Task[Any]) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._due_at < _STEP_S:
            self._left_s -= self._step_s
        if self._left_s > 0:
            self._begin_step(task)
        else:
            self._timer, self._cancelled = None, task
            task.cancel()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
