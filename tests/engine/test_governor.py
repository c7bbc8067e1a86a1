"""The governor: what holds up other requests and what does not. All times are virtual."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from byok_widgets.engine import Account, Allowance, Governor, QuotaReading, Slot
from byok_widgets.engine.governor import LongPauseError, Patience
from byok_widgets.engine.throttle import CALM_S
from tests.virtual_clock import now, run_virtually


async def slot_of(governor: Governor, told: list[float] | None = None, **given: Any) -> Slot:
    """Wait for a slot."""
    heard: list[float] = [] if told is None else told
    return await governor.slot(**{"is_retry": False, "on_wait": heard.append, **given})


async def refuse(governor: Governor, count: int, retry_after_s: float | None = 5.0) -> None:
    """Send requests that are all refused."""
    slots = [await slot_of(governor) for _ in range(count)]
    await asyncio.sleep(0.005)
    refuse_all(governor, slots, retry_after_s)


def refuse_all(governor: Governor, slots: list[Slot], retry_after_s: float | None = 5.0) -> None:
    """Refuse requests that were sent, all at the same time."""
    for slot in slots:
        governor.note_refusal(slot, retry_after_s)
    for slot in slots:
        governor.release(slot)


async def answer(governor: Governor, count: int) -> None:
    """Send requests that are all answered."""
    for slot in [await slot_of(governor) for _ in range(count)]:
        governor.note_success(slot)
        governor.release(slot)


def reading(remaining: float, reset_s: float = 30.0, limit: float = 100) -> QuotaReading:
    return QuotaReading({"requests": Allowance(limit, remaining, reset_s)})


@pytest.mark.parametrize(
    ("answered", "refused", "pauses"),
    [
        (0, 1, False),
        (0, 2, True),
        (4, 1, False),
        (5, 2, False),
        (8, 3, False),
        (7, 3, True),
        (90, 6, False),
        (90, 7, True),
    ],
)
def test_only_a_storm_of_refusals_holds_up_other_calls(answered: int, refused: int, pauses: bool) -> None:
    async def work() -> None:
        governor = Governor()
        await answer(governor, answered)
        await refuse(governor, refused)
        await slot_of(governor)
        assert (now() > 4) == pauses

    run_virtually(work())


def test_requests_without_an_answer_yet_count_as_good() -> None:
    async def work() -> None:
        governor = Governor()
        for _ in range(20):
            await slot_of(governor)
        await refuse(governor, 5)
        await slot_of(governor)
        assert now() < 1

    run_virtually(work())


def test_refusals_from_far_away_are_a_storm_too() -> None:
    async def work() -> None:
        governor = Governor()
        slots = [await slot_of(governor) for _ in range(10)]
        await asyncio.sleep(0.8)
        refuse_all(governor, slots)
        await slot_of(governor)
        assert now() >= 5.8

    run_virtually(work())


def test_the_pause_lasts_to_the_latest_time_that_was_told_and_is_announced() -> None:
    async def work() -> None:
        governor, told = Governor(), list[float]()
        await refuse(governor, 2, retry_after_s=3.0)
        waiting = asyncio.create_task(slot_of(governor, told))
        await asyncio.sleep(0)
        assert told == [pytest.approx(3.0, abs=0.11)]
        held = asyncio.create_task(slot_of(governor, is_retry=True))
        await asyncio.sleep(0)
        late = Slot(99, now())
        governor.note_refusal(late, 9.0)
        assert told[1:] == [pytest.approx(9.0, abs=0.11)]
        await asyncio.wait([waiting, held], return_when=asyncio.FIRST_COMPLETED)
        assert now() >= 9.0
        assert (held.done(), waiting.done()) == (True, False), "a retry goes first, and only one fits"

    run_virtually(work())


def test_after_a_storm_fewer_are_sent_at_once_and_then_more_again() -> None:
    async def work() -> None:
        governor = Governor()
        await refuse(governor, 6, retry_after_s=1.0)
        first = [asyncio.create_task(slot_of(governor)) for _ in range(20)]
        await asyncio.sleep(2)
        admitted = [task for task in first if task.done()]
        assert len(admitted) == 3, "half of those that met the storm"
        for task in admitted:
            governor.note_success(task.result())
            governor.release(task.result())
        await asyncio.sleep(0)
        assert len([task for task in first if task.done()]) == 3 + 3

    run_virtually(work())


def test_a_storm_that_was_chance_is_soon_over() -> None:
    async def work() -> None:
        governor = Governor()
        await refuse(governor, 3, retry_after_s=1.0)
        for _ in range(12):
            await answer(governor, 1)
        began = now()
        await refuse(governor, 2, retry_after_s=60.0)
        await slot_of(governor)
        assert now() - began < 1, "two of many delay only their own calls"

    run_virtually(work())


def test_a_storm_that_cannot_be_chance_lasts_a_while() -> None:
    async def work() -> None:
        governor = Governor()
        await refuse(governor, 10, retry_after_s=1.0)
        for _ in range(12):
            await answer(governor, 1)
        began = now()
        await refuse(governor, 1, retry_after_s=1.0)
        await slot_of(governor)
        assert now() - began >= 1, "each refusal holds up all, though most requests are answered"

    run_virtually(work())


@pytest.mark.parametrize(("told_s", "refused", "waits"), [(1.0, 3, True), (None, 3, True), (1.0, 2, False)])
def test_a_model_that_is_refused_in_a_pause_of_another_one_keeps_to_it(
    told_s: float | None, refused: int, waits: bool
) -> None:
    async def work() -> None:
        account = Account()
        first, other = Governor(account=account), Governor(account=account)
        await answer(first, 40)
        slots = [await slot_of(first) for _ in range(refused)]
        await refuse(other, 10, retry_after_s=told_s)
        refuse_all(first, slots, told_s)
        began = now()
        await slot_of(first)
        assert (now() - began >= 0.4) == waits

    run_virtually(work())


def test_a_calm_time_lifts_the_limit() -> None:
    async def work() -> None:
        governor = Governor()
        await refuse(governor, 8, retry_after_s=1.0)
        await asyncio.sleep(CALM_S + 1)
        await answer(governor, 1)
        for _ in range(50):
            await slot_of(governor)
        assert now() < CALM_S + 2
        assert not governor.is_limiting

    run_virtually(work())


def test_a_pause_longer_than_the_deadline_fails_at_once() -> None:
    async def work() -> None:
        governor = Governor()
        waiting = asyncio.create_task(slot_of(governor, patience=Patience(60.0)))
        busy = await waiting
        await refuse(governor, 4, retry_after_s=3600.0)
        with pytest.raises(LongPauseError) as caught:
            await slot_of(governor, patience=Patience(60.0))
        assert caught.value.wait_s > 3590
        assert now() < 1
        governor.release(busy)

    run_virtually(work())


def test_during_a_long_pause_one_request_looks_again_now_and_then() -> None:
    async def work() -> None:
        governor = Governor()
        await refuse(governor, 4, retry_after_s=3600.0)
        probe = await slot_of(governor, patience=Patience(600.0))
        governor.release(probe)
        with pytest.raises(LongPauseError):
            await slot_of(governor, patience=Patience(600.0))
        await asyncio.sleep(11)
        await slot_of(governor, patience=Patience(600.0))
        assert now() < 12

    run_virtually(work())


def test_a_pause_longer_than_is_usual_fails_at_once_too() -> None:
    async def work() -> None:
        governor = Governor(max_in_flight=3)
        busy = await slot_of(governor)
        long_queue = asyncio.create_task(slot_of(governor, patience=Patience(600.0, longest_pause_s=120.0)))
        await asyncio.sleep(150)
        await refuse(governor, 1, retry_after_s=10.0)
        await asyncio.sleep(0)
        assert not long_queue.done() or long_queue.exception() is None, "a queue may be long, a pause not"
        await refuse(governor, 1, retry_after_s=300.0)
        with pytest.raises(LongPauseError):
            await slot_of(governor, patience=Patience(9000.0, longest_pause_s=120.0))
        governor.release(busy)

    run_virtually(work())


def test_a_probe_that_is_answered_ends_the_pause() -> None:
    async def work() -> None:
        governor = Governor()
        await refuse(governor, 4, retry_after_s=3600.0)
        await asyncio.sleep(1)
        patient = asyncio.create_task(slot_of(governor))
        probe = await slot_of(governor, patience=Patience(600.0))
        await asyncio.sleep(1)
        governor.note_success(probe)
        governor.release(probe)
        await patient
        assert now() < 3

    run_virtually(work())


def test_calls_that_wait_already_are_told_of_a_pause_they_cannot_outlast() -> None:
    async def work() -> None:
        governor = Governor(max_in_flight=4)
        slots = [await slot_of(governor) for _ in range(4)]
        short, long = (asyncio.create_task(slot_of(governor, patience=Patience(at))) for at in (60.0, 9000.0))
        await asyncio.sleep(0)
        refuse_all(governor, slots, 3600.0)
        await asyncio.sleep(0)
        assert isinstance(short.exception(), LongPauseError)
        assert not long.done()
        long.cancel()

    run_virtually(work())


def test_a_quota_that_is_used_up_is_waited_for_before_it_is_exceeded() -> None:
    async def work() -> None:
        governor = Governor()
        first = await slot_of(governor)
        governor.note_head(first, reading(remaining=2))
        second, third = await slot_of(governor), await slot_of(governor)
        waiting = asyncio.create_task(slot_of(governor))
        await asyncio.sleep(1)
        assert not waiting.done()
        governor.note_head(second, reading(remaining=1, reset_s=29.0))
        governor.note_head(third, reading(remaining=0, reset_s=29.0))
        await waiting
        assert now() == pytest.approx(30.0)

    run_virtually(work())


def test_after_the_end_of_a_window_one_request_goes_ahead() -> None:
    async def work() -> None:
        governor = Governor()
        governor.note_head(await slot_of(governor), reading(remaining=0, reset_s=20.0))
        tasks = [asyncio.create_task(slot_of(governor)) for _ in range(5)]
        await asyncio.sleep(25)
        done = [task for task in tasks if task.done()]
        assert len(done) == 1
        governor.note_head(done[0].result(), reading(remaining=90, reset_s=55.0))
        await asyncio.sleep(0)
        assert all(task.done() for task in tasks)

    run_virtually(work())


def test_a_cancelled_call_leaves_its_place_to_the_next() -> None:
    async def work() -> None:
        governor = Governor(max_in_flight=1)
        held = await slot_of(governor)
        first, second = (asyncio.create_task(slot_of(governor)) for _ in range(2))
        await asyncio.sleep(0)
        governor.release(held)
        first.cancel()  # its turn has come in this very moment
        await second
        assert first.cancelled()

    run_virtually(work())
