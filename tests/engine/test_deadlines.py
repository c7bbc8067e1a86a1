"""Deadlines: late work is cancelled, and being late is never mistaken for anything else."""

from __future__ import annotations

import asyncio

import pytest

from byok_widgets import ProviderError
from byok_widgets.engine import ENGINE, Deadline, with_deadline
from tests.engine.work import Long, double


def test_work_in_time_is_returned_and_late_work_is_cancelled() -> None:
    work = Long()
    assert ENGINE.run(with_deadline(double(2), Deadline(5), lambda: -1)) == 4
    assert ENGINE.run(with_deadline(work(), Deadline(0.05), lambda: "late")) == "late"
    assert work.unwound.is_set()


def test_being_late_may_be_an_error_without_a_chained_exception() -> None:
    def late() -> None:
        raise ProviderError("too late")

    with pytest.raises(ProviderError, match="too late") as caught:
        ENGINE.run(with_deadline(asyncio.sleep(60), Deadline(0.05), late))
    assert caught.value.__context__ is None


def test_a_cancelled_caller_is_not_late() -> None:
    said: list[str] = []

    async def cell() -> None:
        await asyncio.wait_for(with_deadline(asyncio.sleep(60), Deadline(30), lambda: said.append("late")), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(cell())
    assert said == []
