"""`Patience`: how long the rest of an answer is waited for."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

_STEP_S = 0.5


class Patience:
    """Ends the work inside `async with` when a wait is over.

    A wait is counted in steps. One that takes much longer than planned is not counted: this process, and perhaps
    the whole machine, stood still meanwhile, so what was to come may be here and unread, or about to be sent.

    Attributes:
        is_over: Whether a wait came to its end.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._limit = asyncio.timeout(None)
        self._left_s = self._step_s = self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._limit.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._stop()
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError:
            self.is_over = True
        return self.is_over

    def wait(self, seconds: float | None) -> None:
        """Begin a new wait; `None` ends the one before without another."""
        self._stop()
        if seconds is not None:
            self._left_s = seconds
            self._begin_step()

    def _begin_step(self) -> None:
        loop = asyncio.get_running_loop()
        self._step_s = min(_STEP_S, self._left_s)
        self._due_at = loop.time() + self._step_s
        self._timer = loop.call_at(self._due_at, self._end_step)

    def _end_step(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._due_at < _STEP_S:
            self._left_s -= self._step_s
        if self._left_s > 0:
            self._begin_step()
        else:
            self._timer = None
            self._limit.reschedule(now)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
