"""Retries: which failures are retried, for how long, and after how long a wait. All times are virtual."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from byok_widgets import ProviderError
from byok_widgets.engine import Deadline, Governor, RetriedCall, Slot
from byok_widgets.engine.callbacks import Fetching, Waiting
from byok_widgets.errors import ByokError
from byok_widgets.usage import NOT_CHARGED, Cost
from tests.virtual_clock import now, run_virtually

LASTING = ("rate_limit", "overloaded", "gateway")
RARELY_TEMPORARY = ("connection", "refused", "dns", "unreadable", "timeout")


@dataclass
class Answer:
    """An answer that took several requests."""

    attempts: int


@dataclass
class Try:
    """One call that fails a given number of times, then answers, and when it did what.

    Attributes:
        failures: How many requests fail.
        error: Details of each failure.
        cost: What each of them costs.
        broke_off: Whether they say that a gateway gave up waiting.
        takes_s: How long each request takes.
        pieces: Whether text arrives before a failure.
    """

    failures: int = 0
    error: dict[str, Any] = field(default_factory=dict)
    deadline_s: float | None = None
    cost: Cost = NOT_CHARGED
    broke_off: bool = False
    takes_s: float = 0.0
    answer: Any = "answer"
    answering_from: float = float("inf")
    governor: Governor = field(default_factory=Governor)
    sent_at: list[float] = field(default_factory=list)
    told: list[Fetching | Waiting] = field(default_factory=list)
    attempts: int = 0
    ended_at: float = 0.0

    def run(self) -> Any:
        """Run it in virtual time; return the answer, or the error."""
        return run_virtually(self.arun())

    async def arun(self) -> Any:
        call = RetriedCall(
            self._send,
            governor=self.governor,
            deadline=Deadline(self.deadline_s),
            held_back=lambda wait_s: ProviderError("held back", kind="rate_limit", retry_after_s=wait_s),
            is_answering=lambda: len(self.sent_at) >= self.answering_from,
            on_progress=self.told.append,
        )
        try:
            return await call.run(late=_late)
        except ByokError as error:
            return error
        finally:
            self.attempts, self.ended_at = call.attempts, now()

    async def _send(self, slot: Slot) -> Any:
        self.sent_at.append(now())
        await asyncio.sleep(self.takes_s)
        if len(self.sent_at) <= self.failures:
            failure = ProviderError(
                f"failure {len(self.sent_at)}", **{"kind": "overloaded", "retryable": True, **self.error}
            )
            failure.broke_off, failure.cost = self.broke_off, self.cost
            raise failure
        return self.answer

    @property
    def waits(self) -> list[float]:
        """The seconds between the requests."""
        return [later - sooner for sooner, later in zip(self.sent_at, self.sent_at[1:], strict=False)]


def _late(cause: ByokError | None) -> Any:
    raise cause or ProviderError("late", kind="timeout")


@pytest.mark.parametrize("kind", LASTING)
@pytest.mark.parametrize("failures", [0, 1, 2, 5, 9])
def test_a_temporary_failure_is_retried_until_it_succeeds(kind: str, failures: int) -> None:
    call = Try(failures, {"kind": kind, "retry_after_s": 1.0})
    assert call.run() == "answer"
    assert len(call.sent_at) == call.attempts == failures + 1


@pytest.mark.parametrize("kind", RARELY_TEMPORARY)
def test_what_is_rarely_temporary_or_paid_for_is_sent_three_times(kind: str) -> None:
    call = Try(99, {"kind": kind})
    error = call.run()
    assert (error.problem, error.attempts, len(call.sent_at)) == ("failure 3", 3, 3)
    assert error.__context__ is None


def test_a_request_that_cannot_succeed_later_is_sent_once() -> None:
    call = Try(99, {"retryable": False, "kind": "rate_limit", "retry_after_s": 1.0})
    assert (call.run().attempts, len(call.sent_at), call.told) == (1, 1, [])


def test_nothing_is_retried_after_text_was_delivered() -> None:
    call = Try(99, {"retry_after_s": 1.0}, answering_from=2)
    assert (call.run().attempts, call.waits) == (2, [1.0])


def test_only_our_errors_are_retried() -> None:
    sent = []

    async def send(_: Slot) -> None:
        sent.append(1)
        raise RuntimeError("a fault in the code")

    async def call() -> None:
        governor = Governor()
        retried = RetriedCall(send, governor=governor, deadline=Deadline(), held_back=lambda _: ByokError("x"))
        with pytest.raises(RuntimeError):
            await retried.run(late=lambda _: None)
        assert governor.is_idle, "its slot was given back"

    run_virtually(call())
    assert sent == [1]


@pytest.mark.parametrize("asked_s", [0.001, 0.2, 7.5, 60.0, 119.0])
def test_a_provider_is_asked_again_when_it_says_and_never_earlier(asked_s: float) -> None:
    call = Try(1, {"retry_after_s": asked_s})
    assert call.run() == "answer"
    assert call.waits == [pytest.approx(asked_s, abs=0.001)]
    assert call.waits[0] >= asked_s
    assert call.told == [Waiting("overloaded", asked_s)]


@pytest.mark.parametrize(
    ("deadline_s", "asked_s"),
    [(None, 121.0), (None, 86_400.0), (60.0, 60.1), (3000.0, 3600.0), (5.0, float("inf")), (5.0, float("nan"))],
)
def test_a_wait_past_the_deadline_is_not_begun(deadline_s: float | None, asked_s: float) -> None:
    call = Try(99, {"kind": "rate_limit", "retry_after_s": asked_s}, deadline_s)
    error = call.run()
    assert (error.kind, error.problem, error.attempts) == ("rate_limit", "failure 1", 1)
    assert (call.ended_at, call.told) == (0.0, [])


def test_a_long_wait_is_kept_to_where_the_deadline_allows_it() -> None:
    call = Try(1, {"kind": "rate_limit", "retry_after_s": 3000.0}, deadline_s=3600.0)
    assert call.run() == "answer"
    assert call.waits == [pytest.approx(3000.0)]


def test_without_a_wait_from_the_provider_waits_grow_and_vary() -> None:
    waits = [call.waits for call in (Try(7) for _ in range(20)) if call.run()]
    expected = (0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)
    for number, longest in enumerate(expected):
        assert all(0.75 * longest <= found[number] <= longest for found in waits)
    assert len({found[0] for found in waits}) > 10, "callers that failed together do not retry together"


@pytest.mark.parametrize(("deadline_s", "ends_s"), [(None, 120.0), (30.0, 30.0), (400.0, 400.0)])
def test_retries_last_as_long_as_the_deadline_allows(deadline_s: float | None, ends_s: float) -> None:
    call = Try(999, {"kind": "rate_limit"}, deadline_s)
    error = call.run()
    assert (error.kind, error.attempts) == ("rate_limit", len(call.sent_at))
    assert ends_s - 9 <= call.ended_at <= ends_s


def test_while_others_are_answered_a_refused_call_is_not_given_up() -> None:
    governor = Governor()
    refused = Try(70, {"kind": "rate_limit", "retry_after_s": 3.0}, governor=governor)

    async def work() -> Any:
        ended = asyncio.create_task(refused.arun())
        while not ended.done():
            await Try(governor=governor).arun()
            await asyncio.sleep(10)
        return ended.result()

    assert run_virtually(work()) == "answer"
    assert refused.ended_at > 200


@pytest.mark.parametrize(
    ("failures", "takes_s", "kind"),
    [
        (99, 0.1, "rate_limit"),  # it spends its time waiting
        (1, 99.0, "timeout"),  # it spends its time on an answer that does not come
    ],
)
def test_the_cause_told_at_the_deadline_is_the_real_one(failures: int, takes_s: float, kind: str) -> None:
    call = Try(failures, {"kind": "rate_limit"}, deadline_s=10.0, takes_s=takes_s if failures > 1 else 0.0)

    async def work() -> Any:
        task = asyncio.create_task(call.arun())
        await asyncio.sleep(0.1)
        call.takes_s = takes_s
        return await task

    assert run_virtually(work()).kind == kind


def test_an_answer_that_took_several_requests_counts_them_all() -> None:
    call = Try(1, answer=Answer(attempts=2))
    call.run()
    assert call.attempts == 3
    refused = Try(1, {"kind": "bad_request", "retryable": False, "attempts": 4})
    assert refused.run().attempts == 4


def test_cancelling_ends_the_waiting_too() -> None:
    call = Try(99, {"retry_after_s": 30.0})

    async def cell() -> None:
        task = asyncio.create_task(call.arun())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_virtually(cell())
    assert len(call.sent_at) == 1
    assert call.governor.is_idle


def test_no_slot_is_held_while_a_call_waits() -> None:
    governor = Governor(max_in_flight=1)
    waiting = Try(1, {"retry_after_s": 50.0}, governor=governor)
    other: Callable[[], Try] = lambda: Try(governor=governor, takes_s=1.0)  # noqa: E731
    others = [other() for _ in range(5)]

    async def work() -> None:
        await asyncio.gather(waiting.arun(), *(call.arun() for call in others))

    run_virtually(work())
    assert [call.sent_at for call in others] == [[0.0], [1.0], [2.0], [3.0], [4.0]]
    assert waiting.sent_at == [0.0, pytest.approx(50.0)]


def test_a_due_retry_goes_before_new_calls() -> None:
    governor = Governor(max_in_flight=1)
    order: list[str] = []

    class Named(Try):
        name = ""

        async def _send(self, slot: Slot) -> Any:
            order.append(self.name)
            return await super()._send(slot)

    def named(name: str, **given: Any) -> Named:
        call = Named(governor=governor, takes_s=1.0, **given)
        call.name = name
        return call

    async def work() -> None:
        failing = named("failing", failures=1, error={"retry_after_s": 0.5})
        await asyncio.gather(failing.arun(), *(named(f"new {number}").arun() for number in range(4)))

    run_virtually(work())
    assert order == ["failing", "new 0", "failing", "new 1", "new 2", "new 3"]


def test_a_call_that_fails_on_and_on_keeps_nobody_waiting() -> None:
    governor = Governor(max_in_flight=1)
    hopeless = Try(99, {"kind": "rate_limit", "retry_after_s": 1.0}, governor=governor, takes_s=1.0)
    others = [Try(governor=governor, takes_s=1.0) for _ in range(40)]

    async def work() -> None:
        ended = asyncio.create_task(hopeless.arun())
        await asyncio.gather(*(call.arun() for call in others))
        ended.cancel()

    run_virtually(work())
    assert all(call.attempts == 1 for call in others)
    assert max(call.ended_at for call in others) < 60


@pytest.mark.parametrize(
    ("kind", "charged", "broke_off", "takes_s", "requests", "may_be_charged"),
    [
        ("connection", True, False, 1.0, 3, True),
        ("connection", True, False, 60.0, 1, True),
        ("unreadable", True, False, 60.0, 1, True),
        ("refused", False, False, 60.0, 1, False),
        ("overloaded", False, False, 30.0, 4, False),
        ("overloaded", True, False, 1.0, 3, True),
        ("overloaded", False, True, 60.0, 1, True),
        ("gateway", False, True, 60.0, 1, True),
        ("gateway", False, True, 15.0, 3, True),
        ("gateway", False, True, 1.0, 4, False),
    ],
)
def test_what_may_be_charged_is_not_sent_for_long_nor_after_a_long_silence(
    kind: str, charged: bool, broke_off: bool, takes_s: float, requests: int, may_be_charged: bool
) -> None:
    cost = Cost() if charged else NOT_CHARGED
    call = Try(99, {"kind": kind}, cost=cost, broke_off=broke_off, takes_s=takes_s, deadline_s=100.0)
    error = call.run()
    assert isinstance(error, ProviderError)
    assert len(call.sent_at) == call.attempts
    assert min(4, call.attempts) == requests, "4 stands for any number that is not limited"
    assert error.may_be_charged is may_be_charged


def test_refusals_do_not_count_towards_the_requests_that_may_be_charged() -> None:
    sent: list[int] = []

    async def send(_: Slot) -> str:
        sent.append(1)
        if len(sent) <= 5:
            raise ProviderError("busy", kind="overloaded", retryable=True)
        if len(sent) == 6:
            failure = ProviderError("broke", kind="connection", retryable=True)
            failure.cost = Cost()
            raise failure
        return "answer"

    async def work() -> tuple[str, bool]:
        call = RetriedCall(
            send, governor=Governor(), deadline=Deadline(), held_back=lambda _: ProviderError("held back")
        )
        return await call.run(late=_late), call.may_be_charged

    assert run_virtually(work()) == ("answer", True)
