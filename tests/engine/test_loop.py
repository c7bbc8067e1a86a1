"""The background loop: sync calls in any thread, interrupts, and streams between loops."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from byok_widgets import ConfigError, ProviderError
from byok_widgets.engine import ENGINE, Engine, TextFeed, loop
from byok_widgets.engine.outcome import Outcome
from tests.engine.work import Long, double, fail, tasks
from tests.interrupts import interrupted_at_line


@contextmanager
def interrupted_once(running: threading.Event) -> Iterator[None]:
    """Press Stop, as the notebook does, while the work runs."""

    def press() -> None:
        running.wait(5)
        time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=press)
    thread.start()
    yield
    thread.join()


# The sync entry point


def test_a_loop_that_could_not_be_started_is_started_by_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    engine, start = Engine(), threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError):
        assert engine.loop
    monkeypatch.setattr(threading.Thread, "start", start)
    assert engine.run(double(2)) == 4


def test_a_loop_whose_start_was_interrupted_is_started_by_the_next_call() -> None:
    for line in range(1, 6):
        engine = Engine()
        with (
            contextlib.suppress(KeyboardInterrupt),
            interrupted_at_line(line, loop._started_loop),
        ):
            assert engine.loop
        assert engine.run(asyncio.wait_for(double(2), 10)) == 4


def test_a_sync_call_gives_the_result_or_the_error() -> None:
    assert ENGINE.run(double(2)) == 4
    with pytest.raises(ProviderError, match="no"):
        ENGINE.run(fail())


def test_a_sync_call_works_in_a_thread_whose_loop_is_running() -> None:
    async def cell() -> int:
        return ENGINE.run(double(3))

    assert asyncio.run(cell()) == 6


@contextmanager
def busy(engine: Engine) -> Iterator[None]:
    """Keep the loop busy, so that all that is submitted meanwhile begins in one round of it."""
    go_on = threading.Event()

    async def wait() -> None:
        go_on.wait(20)

    engine.submit(wait())
    yield
    go_on.set()


def test_a_caller_is_told_of_its_result_before_the_loop_turns_to_other_work() -> None:
    engine, told = Engine(), threading.Event()

    async def at_once() -> None:
        return

    async def other_work() -> bool:
        return told.wait(10)

    with busy(engine):
        engine.submit(at_once()).add_done_callback(lambda _: told.set())
        was_told_before = engine.submit(other_work())
    assert was_told_before.result(20)


def test_work_that_is_cancelled_before_it_begins_is_closed() -> None:
    engine, work = Engine(), double(2)
    with busy(engine):
        engine.submit(work).cancel()
    engine.run(double(1))
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED


def test_all_work_of_all_threads_runs_on_one_loop() -> None:
    async def where() -> tuple[int, str]:
        return id(asyncio.get_running_loop()), threading.current_thread().name

    engine, seen, start = Engine(), [], threading.Barrier(8)

    def call() -> None:
        start.wait()
        seen.append(engine.run(where()))

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(seen), set(seen)) == (8, {(id(engine.loop), "byok-engine")})


def test_a_sync_call_on_the_engines_own_loop_is_a_clear_error() -> None:
    work = double(1)

    async def inside() -> None:
        ENGINE.run(work)

    with pytest.raises(ConfigError) as caught:
        ENGINE.run(inside())
    assert caught.value.kind == "sync_call_on_loop"
    assert "arun" in caught.value.fix
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED, "or Python would warn that it never ran"
    assert ENGINE.run(double(1)) == 2


def test_the_thread_that_waits_is_called_about_30_times_a_second_and_at_the_end() -> None:
    feed, shown = TextFeed(), []

    async def speak() -> str:
        for word in ("one ", "two ", "three"):
            feed.put(word)
            await asyncio.sleep(0.1)
        return "done"

    def tick() -> None:
        shown.append((feed.take(), threading.current_thread()))

    assert ENGINE.run(speak(), tick=tick) == "done"
    assert "".join(text for text, _ in shown) == "one two three"
    assert {thread for _, thread in shown} == {threading.current_thread()}
    assert 4 <= len(shown) <= 15


def test_the_last_text_is_not_lost_however_fast_the_answer_is() -> None:
    feed, shown = TextFeed(), []

    async def speak() -> None:
        feed.put("all at once")

    ENGINE.run(speak(), tick=lambda: shown.append(feed.take()))
    assert "".join(shown) == "all at once"


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
@pytest.mark.parametrize("tick", [None, lambda: None])
def test_stop_cancels_within_a_second_and_leaves_the_engine_usable(tick: Callable[[], None] | None) -> None:
    work = Long(unwind_s=0.1)
    started = time.monotonic()
    with interrupted_once(work.running), pytest.raises(KeyboardInterrupt):
        ENGINE.run(work(), tick=tick)
    assert work.unwound.is_set(), "its connection is closed before the cell continues"
    assert time.monotonic() - started < 10
    assert ENGINE.run(double(4)) == 8


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_stop_does_not_wait_long_for_work_that_will_not_stop() -> None:
    work, let_go = Long(), threading.Event()

    async def stubborn() -> None:
        try:
            await work()
        finally:
            while not let_go.is_set():
                await asyncio.sleep(0.01)

    started = time.monotonic()
    with interrupted_once(work.running), pytest.raises(KeyboardInterrupt):
        ENGINE.run(stubborn())
    assert time.monotonic() - started < 10
    assert ENGINE.run(tasks()), "it has not stopped"
    assert ENGINE.run(double(4)) == 8
    let_go.set()


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # it was interrupted before it started
def test_an_interrupt_at_any_line_leaves_no_work_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "UNWIND_S", 0.1)
    interrupts = 0
    for number in itertools.count(1):  # how many lines it runs depends on how often it has to wait
        work = Long()
        try:
            with interrupted_at_line(number, Engine.run, Outcome.__init__, Outcome.start):
                ENGINE.run(work(), tick=work.stop)
        except KeyboardInterrupt:
            interrupts += 1
        else:
            break
        until = time.monotonic() + 20
        while left := ENGINE.run(tasks()):
            assert time.monotonic() < until, f"interrupted at line {number}: {left} tasks are still running"
    assert interrupts > 8, "every line was tried"


def test_an_output_that_fails_cancels_the_work() -> None:
    work = Long()

    def tick() -> None:
        work.running.wait(5)
        raise RuntimeError("output")

    with pytest.raises(RuntimeError, match="output"):
        ENGINE.run(work(), tick=tick)
    assert work.unwound.wait(10)


_FORK = """
import os
from byok_widgets.engine import ENGINE

async def double(number):
    return 2 * number

assert ENGINE.run(double(1)) == 2
child = os.fork()
assert ENGINE.run(double(2)) == 4
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("both")
else:
    os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_its_own_loop() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FORK], capture_output=True, text=True, check=False, timeout=20
    )
    assert (ran.stdout, ran.returncode) == ("both\n", 0), ran.stderr


# The async entry points


def test_an_async_call_gives_the_result_or_the_error_in_the_callers_loop() -> None:
    async def cell() -> int:
        with pytest.raises(ProviderError, match="no"):
            await ENGINE.arun(fail())
        return sum(await asyncio.gather(*(ENGINE.arun(double(number)) for number in range(4))))

    assert asyncio.run(cell()) == 12


def test_cancelling_the_caller_cancels_the_work() -> None:
    work = Long()

    async def cell() -> None:
        await asyncio.wait_for(ENGINE.arun(work()), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(cell())
    assert work.unwound.wait(10)


def numbers(count: int, after: Callable[[], None] = lambda: None) -> Callable[..., object]:
    async def start(emit: Callable[[int], None]) -> None:
        for number in range(count):
            emit(number)
        after()

    return start


def test_a_stream_gives_every_item_in_order_to_a_slow_reader() -> None:
    async def cell() -> list[int]:
        seen = []
        async for number in ENGINE.astream(numbers(2000)):
            seen.append(number)
            if number % 500 == 0:
                await asyncio.sleep(0.01)
        return seen

    assert asyncio.run(cell()) == list(range(2000))


def test_a_fast_stream_costs_few_wake_ups() -> None:
    emitted = threading.Event()

    async def cell() -> int:
        loop = asyncio.get_running_loop()
        wake, woken = loop.call_soon_threadsafe, []
        loop.call_soon_threadsafe = lambda *args, **kwargs: (woken.append(1), wake(*args, **kwargs))[1]
        stream = ENGINE.astream(numbers(10_000, emitted.set))
        first = await stream.__anext__()
        emitted.wait(5)
        rest = [number async for number in stream]
        assert [first, *rest] == list(range(10_000))
        return len(woken)

    assert asyncio.run(cell()) < 1000


def test_an_item_arrives_before_the_stream_ends() -> None:
    ended = threading.Event()

    async def start(emit: Callable[[str], None]) -> None:
        emit("first")
        await asyncio.sleep(0.2)
        ended.set()

    async def cell() -> list[bool]:
        return [ended.is_set() async for _ in ENGINE.astream(start)]

    assert asyncio.run(cell()) == [False]


def test_items_before_an_error_are_yielded_first() -> None:
    async def start(emit: Callable[[int], None]) -> None:
        emit(1)
        emit(2)
        await fail()

    seen: list[int] = []

    async def cell() -> None:
        async for number in ENGINE.astream(start):
            seen.append(number)

    with pytest.raises(ProviderError, match="no"):
        asyncio.run(cell())
    assert seen == [1, 2]


def one_then(work: Long) -> Callable[..., object]:
    async def start(emit: Callable[[int], None]) -> None:
        emit(1)
        await work()

    return start


def test_leaving_a_stream_cancels_the_work() -> None:
    work = Long()

    async def cell() -> None:
        async for _ in ENGINE.astream(one_then(work)):
            work.running.wait(5)
            break
        assert await asyncio.to_thread(work.unwound.wait, 1)

    asyncio.run(cell())


def test_cancelling_the_reader_of_a_stream_cancels_the_work() -> None:
    work = Long()

    async def read() -> None:
        async for _ in ENGINE.astream(one_then(work)):
            pass

    async def cell() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(read(), 0.1)
        assert await asyncio.to_thread(work.unwound.wait, 1)

    asyncio.run(cell())


def test_a_reader_whose_loop_closes_at_that_moment_does_not_break_the_work() -> None:
    goes_on, done = threading.Event(), threading.Event()

    async def start(emit: Callable[[int], None]) -> None:
        emit(1)
        while not goes_on.is_set():
            await asyncio.sleep(0.01)
        emit(2)
        done.set()

    readers_loop = asyncio.new_event_loop()
    stream = ENGINE.astream(start)
    assert readers_loop.run_until_complete(stream.__anext__()) == 1
    readers_loop.is_closed = lambda: False  # type: ignore[method-assign] - as seen just before
    readers_loop.close()
    goes_on.set()
    assert done.wait(10)
    del readers_loop.is_closed
