"""Work that needs no network: it runs where its caller is, and otherwise as on the engine."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import signal
import subprocess
import sys
import threading

import pytest

from byok_widgets import ProviderError
from byok_widgets.engine.in_place import IN_PLACE
from tests.engine.work import Long, double, fail

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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_its_own_loop() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", CHILD], check=True, timeout=60, capture_output=True, text=True
    )
    assert not done.stderr, "no loop is left open"
