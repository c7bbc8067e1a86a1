"""Calls that background threads make through the main thread: once, in its loop, or in place without one."""

from __future__ import annotations

import asyncio
import logging
import threading
from functools import partial

import pytest

from byok_widgets.engine import ENGINE
from byok_widgets.engine.home_thread import HOME_THREAD, HomeThread


class Calls:
    """A function that records in which thread it is called."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def __call__(self) -> None:
        self.threads.append(threading.current_thread())


def in_another_thread(function, *args) -> threading.Thread:
    thread = threading.Thread(target=function, args=args)
    thread.start()
    thread.join(5)
    return thread


def test_in_the_main_thread_the_call_is_made_at_once() -> None:
    calls = Calls()
    HomeThread().call(calls)
    assert calls.threads == [threading.main_thread()]


def test_calls_of_other_threads_reach_the_main_loop_once() -> None:
    async def kernel() -> list[threading.Thread]:
        home, calls = HomeThread(), Calls()
        home.adopt()
        for _ in range(100):
            in_another_thread(home.call, calls)
        assert calls.threads == [], "the main thread was busy"
        await asyncio.sleep(0)
        in_another_thread(home.call, calls)
        await asyncio.sleep(0)
        return calls.threads

    assert asyncio.run(kernel()) == [threading.main_thread()] * 2


def test_a_free_main_loop_misses_no_call() -> None:
    made = []

    async def kernel() -> None:
        home = HomeThread()
        home.adopt()

        def ask() -> None:
            for number in range(2000):
                home.call(partial(made.append, number))

        asking = threading.Thread(target=ask)
        asking.start()
        while asking.is_alive():
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)

    asyncio.run(kernel())
    assert made == list(range(2000))


def test_without_a_loop_in_the_main_thread_the_calling_thread_does_it() -> None:
    home, calls = HomeThread(), Calls()
    home.adopt()
    caller = in_another_thread(home.call, calls)
    assert calls.threads == [caller]


def test_a_loop_that_has_closed_counts_as_none() -> None:
    home, calls = HomeThread(), Calls()

    async def kernel() -> None:
        home.adopt()

    asyncio.run(kernel())
    caller = in_another_thread(home.call, calls)
    assert calls.threads == [caller]


def test_a_loop_of_another_thread_is_not_adopted() -> None:
    home, calls = HomeThread(), Calls()

    async def elsewhere() -> None:
        home.adopt()
        home.call(calls)

    caller = in_another_thread(asyncio.run, elsewhere())
    assert calls.threads == [caller]


def test_a_failure_is_logged_without_its_text_and_the_others_are_called(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> None:
        raise RuntimeError("may hold what nobody should read")

    async def kernel() -> list[threading.Thread]:
        home, calls = HomeThread(), Calls()
        home.adopt()
        for function in (failing, calls):
            in_another_thread(home.call, function)
        await asyncio.sleep(0)
        return calls.threads

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(kernel()) == [threading.main_thread()]
    assert "RuntimeError" in caplog.text
    assert "nobody should read" not in caplog.text


def test_a_cell_that_waits_for_work_makes_the_calls_meanwhile() -> None:
    async def kernel() -> list[threading.Thread]:
        calls = Calls()
        HOME_THREAD.adopt()

        async def work() -> None:
            await asyncio.to_thread(HOME_THREAD.call, calls)
            while not calls.threads:
                await asyncio.sleep(0.01)

        ENGINE.run(work())
        return calls.threads

    assert asyncio.run(kernel()) == [threading.main_thread()]
