"""Retries: a failed request is sent again if that can help, but never once text has been delivered."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from byok_widgets.engine.callbacks import OnProgress, Waiting
from byok_widgets.engine.deadlines import clock
from byok_widgets.errors import ByokError

T = TypeVar("T")

MAX_ATTEMPTS = 3
RETRY_AFTER_CAP_S = 60.0
"""Longest wait that a provider may ask for; if it asks for a longer one, the call fails instead."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0


async def with_retries(
    attempt: Callable[[], Awaitable[T]],
    *,
    started: Callable[[], bool],
    on_progress: OnProgress = lambda _: None,
    deadline_s: float = math.inf,
) -> T:
    """Call `attempt` until it succeeds, at most three times.

    Only retryable errors are retried, and only while no part of the answer has been delivered. A wait that the
    provider asks for is honoured if it is at most a minute long; if it asks for none, waits grow from half a
    second, with jitter. A wait that would last past the deadline is not begun: the failure says more than a
    timeout would.

    Args:
        attempt: Makes one request.
        started: Returns whether text of the answer has already been delivered.
        on_progress: Called with each wait before it begins.
        deadline_s: Seconds that all attempts have together; keeping to it is the caller's task.

    Raises:
        ByokError: The last failure, with the number of attempts; `attempt` may have counted more requests.
    """
    ends_at = clock() + deadline_s
    for number in range(1, MAX_ATTEMPTS + 1):
        try:
            return await attempt()
        except ByokError as error:
            failure = error
        failure.attempts = max(number, failure.attempts)
        wait_s = _wait_s(failure, number)
        if (
            not failure.retryable
            or number == MAX_ATTEMPTS
            or started()
            or wait_s is None
            or clock() + wait_s >= ends_at
        ):
            raise failure
        on_progress(Waiting(failure.kind, wait_s))
        await asyncio.sleep(wait_s)
    raise AssertionError("unreachable")


def _wait_s(failure: ByokError, number: int) -> float | None:
    asked = failure.retry_after_s
    if asked is not None:
        return asked if asked <= RETRY_AFTER_CAP_S else None
    growing = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (number - 1))
    return growing * random.uniform(0.75, 1.0)  # noqa: S311 - jitter, not a secret
