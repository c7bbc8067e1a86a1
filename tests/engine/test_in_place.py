"""Work that needs no network: it runs where its caller is, and otherwise as on the engine."""

from __future__ import annotations

import asyncio
import concurrent.futures
import gc
import inspect
import itertools
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from byok_widgets import ProviderError
from byok_widgets.engine import ENGINE, in_place
from byok_widgets.engine.in_place import IN_PLACE, InPlace
from tests.engine.work import Long, double, fail, tasks
from tests.interrupts import interrupted_at_line

CHILD = """
import asyncio
import os
import sys
import time

from byok_widgets.engine.in_place import IN_PLACE
from tests.engine.work import double


def later(number):
    time.sleep(0.2)
    return 2 * number


async def elsewhere(number):
    return await asyncio.to_thread(later, number)

assert IN_PLACE.run(double(2)) == 4
child = os.fork()
if not child:
    sys.exit(IN_PLACE.run(double(3)))
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 6
assert IN_PLACE.run(elsewhere(4)) == 8, "another thread can still wake the parent's loop"
"""


async def _thread() -> threading.Thread:
    await asyncio.sleep(0)
    return threading.current_thread()


def test_a_sync_call_runs_in_the_thread_of_its_caller() -> None:
    assert IN_PLACE.run(_thread()) is threading.current_thread()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert pool.submit(IN_PLACE.run, _thread()).result() in pool._threads


def test_an_async_call_runs_on_the_loop_of_its_caller() -> None:
    assert asyncio.run(IN_PLACE.arun(_thread())) is threading.current_thread()


def test_a_sync_call_works_in_a_thread_whose_loop_is_running() -> None:
    async def cell() -> threading.Thread:
        return IN_PLACE.run(_thread())

    assert asyncio.run(cell()) is not threading.current_thread()


def test_a_sync_call_gives_the_error() -> None:
    with pytest.raises(ProviderError, match="no"):
        IN_PLACE.run(fail())
    assert IN_PLACE.run(double(2)) == 4


def test_a_call_does_not_wait_for_that_of_another_thread() -> None:
    long = Long()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        first = pool.submit(IN_PLACE.run, long())
        assert long.running.wait(30)
        assert IN_PLACE.run(double(2)) == 4
        assert not first.done()
        long.stop()


def test_work_that_was_cancelled_is_an_exception_for_a_sync_caller() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(concurrent.futures.CancelledError):
        IN_PLACE.run(cancelled())


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_an_interrupt_cancels_the_work() -> None:
    long = Long()

    async def interrupted() -> None:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        await long()

    with pytest.raises(KeyboardInterrupt):
        IN_PLACE.run(interrupted())
    assert long.unwound.is_set()
    assert IN_PLACE.run(double(2)) == 4


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # it was interrupted before it was taken over
def test_an_interrupt_at_any_line_leaves_nothing_to_the_next_call(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(in_place, "UNWIND_S", 60)
    here, began, interrupts = InPlace(ENGINE), time.monotonic(), 0
    for number in itertools.count(1):
        try:
            with interrupted_at_line(number, InPlace.run, in_place._run, in_place._stopping):
                here.run(double(2))
        except KeyboardInterrupt:
            interrupts += 1
        else:
            break
        assert here.run(_thread()) is threading.current_thread(), f"interrupted at line {number}"
        assert here.run(tasks()) == 0
    gc.collect()
    assert [record.message for record in caplog.records] == []
    assert interrupts > 8, "every line was tried"
    assert time.monotonic() - began < 50, "nothing was waited for that had ended"


def test_work_that_was_interrupted_before_its_first_step_is_closed(recwarn: pytest.WarningsRecorder) -> None:
    loop, work = asyncio.new_event_loop(), double(2)
    with pytest.raises(KeyboardInterrupt), interrupted_at_line(4, in_place._run):
        in_place._run(loop, work)
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED
    loop.close()
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_its_own_loop() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", CHILD], check=True, timeout=60, capture_output=True, text=True
    )
    assert not done.stderr, "no loop is left open"
