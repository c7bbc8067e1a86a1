"""Retries: which failures are retried, how often, and after how long a wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from byok_widgets import ProviderError
from byok_widgets.engine import with_retries
from byok_widgets.engine.callbacks import Waiting


class Attempts:
    """Fails a given number of times, then answers."""

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
    """The waits between attempts, recorded instead of waited for."""
    noted: list[float] = []

    async def note(seconds: float) -> None:
        noted.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    return noted


def retried(attempts: Attempts, *, started: Callable[[], bool] = lambda: False) -> str:
    return asyncio.run(with_retries(attempts, started=started))


@pytest.mark.parametrize(("failures", "sent"), [(0, 1), (1, 2), (2, 3)])
def test_a_temporary_failure_is_retried_until_it_succeeds(failures: int, sent: int) -> None:
    attempts = Attempts(failures)
    assert retried(attempts) == "answer"
    assert attempts.count == sent


def test_there_are_never_more_than_three_attempts() -> None:
    attempts = Attempts(99)
    with pytest.raises(ProviderError, match="failure 3") as caught:
        retried(attempts)
    assert attempts.count == caught.value.attempts == 3
    assert caught.value.__context__ is None


def test_a_request_that_cannot_succeed_later_is_sent_once(waits: list[float]) -> None:
    attempts = Attempts(99, retryable=False)
    with pytest.raises(ProviderError) as caught:
        retried(attempts)
    assert (attempts.count, caught.value.attempts, waits) == (1, 1, [])


def test_nothing_is_retried_after_text_was_delivered(waits: list[float]) -> None:
    attempts = Attempts(99)
    with pytest.raises(ProviderError) as caught:
        retried(attempts, started=lambda: attempts.count == 2)
    assert (attempts.count, caught.value.attempts, waits) == (2, 2, [0.0])


def test_only_our_errors_are_retried(waits: list[float]) -> None:
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
def test_a_provider_is_asked_again_when_it_says_and_never_earlier(
    waits: list[float], asked_s: float, sent: int
) -> None:
    attempts = Attempts(99, retry_after_s=asked_s)
    with pytest.raises(ProviderError) as caught:
        retried(attempts)
    assert attempts.count == caught.value.attempts == sent
    assert waits == [asked_s] * (sent - 1)


def test_without_a_wait_from_the_provider_waits_grow_and_vary(waits: list[float]) -> None:
    for _ in range(20):
        with pytest.raises(ProviderError):
            retried(Attempts(99, retry_after_s=None))
    first, second = waits[::2], waits[1::2]
    assert all(0.375 <= wait <= 0.5 for wait in first)
    assert all(0.75 <= wait <= 1.0 for wait in second)
    assert len(set(first)) > 10, "callers that failed together do not retry together"


def test_cancelling_ends_the_waiting_too() -> None:
    attempts = Attempts(99, retry_after_s=30.0)

    async def cell() -> None:
        await asyncio.wait_for(with_retries(attempts, started=lambda: False), 0.05)

    with pytest.raises(TimeoutError):
        asyncio.run(cell())
    assert attempts.count == 1


def test_each_wait_is_told_before_it_begins(waits: list[float]) -> None:
    told: list[object] = []
    attempts = Attempts(2, retry_after_s=4.0, kind="rate_limit")
    asyncio.run(with_retries(attempts, started=lambda: False, on_progress=told.append))
    assert told == [Waiting("rate_limit", 4.0)] * 2
    assert waits == [4.0, 4.0]


def test_what_is_not_tried_again_is_no_wait() -> None:
    told: list[object] = []
    with pytest.raises(ProviderError):
        asyncio.run(with_retries(Attempts(9, retryable=False), started=lambda: False, on_progress=told.append))
    assert told == []


def test_a_wait_past_the_deadline_is_not_begun(waits: list[float]) -> None:
    attempts = Attempts(2, retry_after_s=5.0)
    with pytest.raises(ProviderError, match="failure 1"):
        asyncio.run(with_retries(attempts, started=lambda: False, deadline_s=4))
    assert (attempts.count, waits) == (1, [])
    assert (
        asyncio.run(with_retries(Attempts(1, retry_after_s=5.0), started=lambda: False, deadline_s=6)) == "answer"
    )
