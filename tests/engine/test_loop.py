"""The background loop: sync doors in any thread, Stop, streams between loops, deadlines and retries."""

from __future__ import annotations

import asyncio
import inspect
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
from byok_widgets.engine import ENGINE, Engine, TextFeed, with_deadline, with_retries


class Long:
    """Work that ends only when it is cancelled, and says that it was."""

    def __init__(self, unwind_s: float = 0.0) -> None:
        self.running, self.unwound = threading.Event(), threading.Event()
        self._unwind_s = unwind_s

    async def __call__(self, *_: object) -> None:
        self.running.set()
        try:
            await asyncio.sleep(60)
        finally:
            if self._unwind_s:
                await asyncio.sleep(self._unwind_s)
            self.unwound.set()


async def double(number: int) -> int:
    await asyncio.sleep(0)
    return 2 * number


async def fail() -> None:
    raise ProviderError("no", kind="x")


async def tasks() -> int:
    """Return how many tasks the loop has beside this one."""
    return len(asyncio.all_tasks()) - 1


@pytest.fixture(autouse=True)
def _nothing_is_left_on_the_loop() -> Iterator[None]:
    yield
    until = time.monotonic() + 2
    while left := ENGINE.run(tasks()):
        assert time.monotonic() < until, f"{left} tasks are left behind"
        time.sleep(0.01)


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


def test_a_sync_call_gives_the_result_or_the_error() -> None:
    assert ENGINE.run(double(2)) == 4
    with pytest.raises(ProviderError, match="no"):
        ENGINE.run(fail())


def test_a_sync_call_works_in_a_thread_whose_loop_is_running() -> None:
    async def cell() -> int:
        return ENGINE.run(double(3))

    assert asyncio.run(cell()) == 6


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


def test_a_sync_call_on_the_engines_own_loop_is_refused_in_words() -> None:
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
    assert work.unwound.is_set(), "its connection is closed before the cell goes on"
    assert time.monotonic() - started < 1
    assert ENGINE.run(double(4)) == 8


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_stop_does_not_wait_long_for_what_will_not_stop() -> None:
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
    assert time.monotonic() - started < 1.5
    assert ENGINE.run(tasks()), "it has not stopped"
    assert ENGINE.run(double(4)) == 8
    let_go.set()


def test_a_screen_that_fails_cancels_the_work() -> None:
    work = Long()

    def tick() -> None:
        work.running.wait(5)
        raise RuntimeError("screen")

    with pytest.raises(RuntimeError, match="screen"):
        ENGINE.run(work(), tick=tick)
    assert work.unwound.wait(1)


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
def test_a_forked_child_has_a_loop_of_its_own() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _FORK], capture_output=True, text=True, check=False, timeout=20
    )
    assert (ran.stdout, ran.returncode) == ("both\n", 0), ran.stderr


# The async doors


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
    assert work.unwound.wait(1)


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


def test_an_item_is_there_before_the_stream_ends() -> None:
    ended = threading.Event()

    async def start(emit: Callable[[str], None]) -> None:
        emit("first")
        await asyncio.sleep(0.2)
        ended.set()

    async def cell() -> list[bool]:
        return [ended.is_set() async for _ in ENGINE.astream(start)]

    assert asyncio.run(cell()) == [False]


def test_what_came_before_an_error_is_given_first() -> None:
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


# Deadlines


def test_what_is_in_time_is_returned_and_what_is_late_is_cancelled() -> None:
    work = Long()
    assert ENGINE.run(with_deadline(double(2), 5, lambda: -1)) == 4
    assert ENGINE.run(with_deadline(work(), 0.05, lambda: "late")) == "late"
    assert work.unwound.is_set()


def test_being_late_may_be_an_error_without_a_history() -> None:
    def late() -> None:
        raise ProviderError("too late")

    with pytest.raises(ProviderError, match="too late") as caught:
        ENGINE.run(with_deadline(asyncio.sleep(60), 0.05, late))
    assert caught.value.__context__ is None


def test_a_cancelled_caller_is_not_late() -> None:
    said: list[str] = []

    async def cell() -> None:
        await asyncio.wait_for(with_deadline(asyncio.sleep(60), 30, lambda: said.append("late")), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(cell())
    assert said == []


# Retries


class Attempts:
    """Fails as often as it is told, then answers."""

    def __init__(self, failures: int, **error: object) -> None:
        self.count = 0
        self._failures = failures
        self._error = {"retryable": True, "retry_after_s": 0.0, **error}

    async def __call__(self) -> str:
        self.count += 1
        if self.count <= self._failures:
            raise ProviderError(f"failure {self.count}", **self._error)
        return "answer"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between attempts, noted instead of waited for."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    return noted


def retried(attempts: Attempts, *, started: Callable[[], bool] = lambda: False) -> str:
    return asyncio.run(with_retries(attempts, started=started))


@pytest.mark.parametrize(("failures", "sent"), [(0, 1), (1, 2), (2, 3)])
def test_what_fails_for_a_while_is_answered_in_the_end(failures: int, sent: int) -> None:
    attempts = Attempts(failures)
    assert retried(attempts) == "answer"
    assert attempts.count == sent


def test_there_are_never_more_than_three_attempts() -> None:
    attempts = Attempts(99)
    with pytest.raises(ProviderError, match="failure 3") as caught:
        retried(attempts)
    assert attempts.count == caught.value.attempts == 3
    assert caught.value.__context__ is None


def test_what_cannot_succeed_later_is_sent_once(waits: list[float]) -> None:
    attempts = Attempts(99, retryable=False)
    with pytest.raises(ProviderError) as caught:
        retried(attempts)
    assert (attempts.count, caught.value.attempts, waits) == (1, 1, [])


def test_nothing_is_tried_again_after_text_was_handed_out(waits: list[float]) -> None:
    attempts = Attempts(99)
    with pytest.raises(ProviderError) as caught:
        retried(attempts, started=lambda: attempts.count == 2)
    assert (attempts.count, caught.value.attempts, waits) == (2, 2, [0.0])


def test_only_our_errors_are_tried_again(waits: list[float]) -> None:
    seen = []

    async def attempt() -> None:
        seen.append(1)
        raise RuntimeError("a fault in the code")

    with pytest.raises(RuntimeError):
        asyncio.run(with_retries(attempt, started=lambda: False))
    assert (len(seen), waits) == (1, [])


@pytest.mark.parametrize(
    ("asked_s", "sent"),
    [(0.0, 3), (0.2, 3), (7.5, 3), (60.0, 3), (60.1, 1), (86_400.0, 1), (float("inf"), 1), (float("nan"), 1)],
)
def test_a_provider_is_asked_again_when_it_says_so_and_never_earlier(
    waits: list[float], asked_s: float, sent: int
) -> None:
    attempts = Attempts(99, retry_after_s=asked_s)
    with pytest.raises(ProviderError) as caught:
        retried(attempts)
    assert attempts.count == caught.value.attempts == sent
    assert waits == [asked_s] * (sent - 1)


def test_without_a_word_of_the_provider_waits_grow_and_differ(waits: list[float]) -> None:
    for _ in range(20):
        with pytest.raises(ProviderError):
            retried(Attempts(99, retry_after_s=None))
    first, second = waits[::2], waits[1::2]
    assert all(0.375 <= wait <= 0.5 for wait in first)
    assert all(0.75 <= wait <= 1.0 for wait in second)
    assert len(set(first)) > 10, "callers that failed together do not come back together"


def test_cancelling_ends_the_waiting_too() -> None:
    attempts = Attempts(99, retry_after_s=30.0)

    async def cell() -> None:
        await asyncio.wait_for(with_retries(attempts, started=lambda: False), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(cell())
    assert attempts.count == 1
