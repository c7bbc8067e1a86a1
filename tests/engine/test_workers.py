"""Users' functions run in threads that nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable

import pytest

from byok_widgets.engine.workers import LateFunctionError, call_in_worker, overdue_functions


async def late(function: object) -> None:
    with pytest.raises(LateFunctionError):
        await call_in_worker(function, limit_s=0.05, flow="f", name="slow")  # type: ignore[arg-type]


def test_a_coroutine_that_is_made_too_late_is_not_begun() -> None:
    go, begun = threading.Event(), []

    async def act() -> None:
        begun.append(1)
        await asyncio.sleep(0)
        begun.append(2)

    def slow() -> Awaitable[None]:
        go.wait()
        return act()

    async def test() -> None:
        await late(slow)
        assert overdue_functions("f") == ("slow",)
        go.set()
        while overdue_functions("f"):
            await asyncio.sleep(0.01)

    asyncio.run(test())
    assert begun == []


def test_a_coroutine_that_takes_too_long_is_cancelled() -> None:
    ended = threading.Event()

    async def act() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def test() -> None:
        await late(act)
        assert await asyncio.to_thread(ended.wait, 10)

    asyncio.run(test())
