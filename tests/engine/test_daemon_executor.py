"""Blocking calls in daemon threads: bounded, cancellable before they start, and never in the way of exiting."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time

import pytest

from byok_widgets.engine import DaemonExecutor


class Gate:
    """A call that waits until it is opened, and counts how many are inside."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.opened = threading.Event()
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        assert self.opened.wait(10)
        with self._lock:
            self.inside -= 1


def until(condition) -> None:
    end = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_call_gives_its_result_or_its_error() -> None:
    executor = DaemonExecutor("test-executor", 2)
    assert executor.submit(int, "7", base=8).result(5) == 7
    with pytest.raises(ValueError, match="invalid"):
        executor.submit(int, "x").result(5)
    assert list(executor.map(abs, [-1, 2])) == [1, 2]


def test_no_more_threads_than_allowed_and_none_when_idle() -> None:
    executor, gate = DaemonExecutor("test-bounded", 2), Gate()
    futures = [executor.submit(gate) for _ in range(6)]
    until(lambda: gate.inside == 2)
    gate.opened.set()
    for future in futures:
        future.result(5)
    assert gate.most == 2
    until(lambda: not [thread for thread in threading.enumerate() if thread.name == "test-bounded"])


def test_a_loop_keeps_running_while_a_call_blocks() -> None:
    executor, gate = DaemonExecutor("test-executor", 1), Gate()

    async def cell() -> int:
        call = asyncio.ensure_future(executor.run(gate))
        ticks = 0
        while not gate.inside or ticks < 10:
            await asyncio.sleep(0.001)
            ticks += 1
        assert not call.done()
        gate.opened.set()
        await call
        return ticks

    assert asyncio.run(cell()) >= 10


def test_cancelling_drops_a_call_that_has_not_started() -> None:
    executor, gate, called = DaemonExecutor("test-executor", 1), Gate(), threading.Event()
    executor.submit(gate)

    async def cell() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await executor.run(called.set)

    asyncio.run(cell())
    gate.opened.set()
    assert executor.submit(called.is_set).result(5) is False


_EXITS = """
import threading, time
from byok_widgets.engine import DaemonExecutor
begun = threading.Event()
DaemonExecutor("stuck", 1).submit(lambda: begun.set() or time.sleep(60))
assert begun.wait(5)
"""


def test_the_process_exits_while_a_call_is_stuck() -> None:
    subprocess.run([sys.executable, "-c", _EXITS], check=True, timeout=20)


_FORKS = """
import os, threading, time
from byok_widgets.engine import DaemonExecutor
executor = DaemonExecutor("parent", 1)
begun = threading.Event()
executor.submit(lambda: begun.set() or time.sleep(60))
assert begun.wait(5)
child = os.fork()
if not child:
    os._exit(executor.submit(lambda: 7).result(5))
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_its_own_threads() -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", _FORKS], check=True, timeout=20)
