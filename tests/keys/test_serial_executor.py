"""Calls that may hang, one at a time: whatever happens to a caller, the next one is served."""

from __future__ import annotations

import threading
import time

import pytest

from byok_widgets.keys.serial_executor import Deadline, NoAnswerError, SerialExecutor
from tests.interrupts import interrupted_at_line

LINES_OF_RUN = 20


@pytest.fixture
def executor() -> SerialExecutor:
    return SerialExecutor("test-executor")


def test_an_interrupt_anywhere_leaves_the_way_free(executor: SerialExecutor) -> None:
    interrupts = 0
    for number in range(1, LINES_OF_RUN):
        try:
            with interrupted_at_line(number, SerialExecutor.run):
                executor.run(lambda: "first", 5)
        except KeyboardInterrupt:
            interrupts += 1
        assert executor.run(lambda: "second", 5) == "second", f"interrupted at line {number}"
    assert 5 < interrupts < LINES_OF_RUN - 1, "every line of it was tried"


def test_a_thread_that_cannot_be_started_leaves_the_way_free(
    executor: SerialExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        with pytest.raises(NoAnswerError) as caught:
            executor.run(lambda: "first", 5)
    assert caught.value.__cause__ is None
    assert executor.run(lambda: "second", 5) == "second"


def test_a_call_whose_caller_has_gone_is_not_begun(executor: SerialExecutor) -> None:
    held, release, begun = threading.Event(), threading.Event(), threading.Event()
    holder = threading.Thread(target=executor.run, args=(lambda: held.set() or release.wait(10), 10))
    holder.start()
    assert held.wait(5)
    with pytest.raises(NoAnswerError):
        executor.run(begun.set, 0.05)
    release.set()
    holder.join()
    assert executor.run(lambda: "next", 5) == "next"
    assert not begun.is_set()


def test_what_ends_too_late_is_undone_and_meanwhile_others_are_refused_at_once(executor: SerialExecutor) -> None:
    release, undone = threading.Event(), threading.Event()
    with pytest.raises(NoAnswerError):
        executor.run(lambda: release.wait(10), 0.05, undone.set)
    started = time.monotonic()
    with pytest.raises(NoAnswerError):
        executor.run(lambda: "second", 5)
    assert time.monotonic() - started < 4
    assert not undone.is_set()
    release.set()
    assert undone.wait(5)
    assert executor.run(lambda: "third", 5) == "third"


def test_without_time_nothing_is_begun(executor: SerialExecutor) -> None:
    begun = threading.Event()
    with pytest.raises(NoAnswerError):
        executor.run(begun.set, Deadline(0).left_s)
    assert executor.run(begun.is_set, 5) is False
