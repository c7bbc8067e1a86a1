"""Retries: a failed request is sent again where that can help, and never after text was handed out."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from byok_widgets.engine.deadlines import clock
from byok_widgets.errors import ByokError

T = TypeVar("T")

MAX_ATTEMPTS = 3
RETRY_AFTER_CAP_S = 60.0
"""Longest wait that a provider may ask for; where it asks for a longer one, the call fails instead."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0


async def with_retries(
    attempt: Callable[[], Awaitable[T]], *, started: Callable[[], bool], deadline_s: float = math.inf
) -> T:
    """Call `attempt` until it succeeds, at most three times.

    Only retryable errors are tried again, and only while no part of an answer has reached anyone. A wait that the
    provider asks for is respected when it is no longer than a minute; otherwise waits grow from half a second,
    with jitter. A wait that would last past the deadline is not begun: the failure says more than a timeout.

    Args:
        attempt: Makes one request.
        started: Says whether text of the answer was already handed out.
        deadline_s: Seconds that all attempts have together; keeping to it is the caller's.

    Raises:
        ByokError: The last failure, with the number of attempts.
    """
    ends_at = clock() + deadline_s
    for number in range(1, MAX_ATTEMPTS + 1):
        try:
            return await attempt()
        except ByokError as error:
            failure = error
        failure.attempts = number
        wait_s = _wait_s(failure, number)
        if (
            not failure.retryable
            or number == MAX_ATTEMPTS
            or started()
            or wait_s is None
            or clock() + wait_s >= ends_at
        ):
            raise failure
        await asyncio.sleep(wait_s)
    raise AssertionError("unreachable")


def _wait_s(failure: ByokError, number: int) -> float | None:
    asked = failure.retry_after_s
    if asked is not None:
        return asked if asked <= RETRY_AFTER_CAP_S else None
    growing = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (number - 1))
    return growing * random.uniform(0.75, 1.0)  # noqa: S311 - jitter, not a secret
