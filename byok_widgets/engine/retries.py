"""Retries: a failed request is sent again if that can help, but never once text has been delivered."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from byok_widgets.engine.callbacks import OnProgress, Waiting
from byok_widgets.engine.deadlines import Deadline, with_deadline
from byok_widgets.engine.governor import Governor, LongPauseError, Patience
from byok_widgets.engine.throttle import Slot
from byok_widgets.errors import ByokError
from byok_widgets.usage import NOT_CHARGED, Cost

T = TypeVar("T")

WITHOUT_SUCCESS_S = 120.0
"""Where nobody set a deadline, a call that only fails ends after this time."""
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
MAX_ATTEMPTS = 3
"""Requests in all where a failure is rarely temporary, or where each answer is paid for."""
PAID_AFTER_S = 20.0
"""A request that breaks after this time was probably being answered, and is charged: another would break as well,
since what cuts a silent connection does so each time."""
PREFERRED_RETRIES = 6
"""So many retries go before new calls; a call that fails on and on must not keep all others waiting."""
REACHED_AFTER_S = 2.0
"""A gateway that gives up after less time has not reached the model, so nothing is charged."""
RATE_LIMIT = "rate_limit"

RETRIED_FOR_LONG = frozenset({RATE_LIMIT, "overloaded", "gateway", "quota"})
"""Kinds of transient failures, where what refused the request says so, and charges nothing."""


class RetriedCall(Generic[T]):
    """One call, which sends its request until it succeeds, cannot succeed any more, or runs out of time.

    Between two requests it holds no slot. A wait that the provider asks for is kept to exactly, or not begun if it
    would outlast the deadline: the failure says more than a timeout would. Where the provider asks for none, waits
    grow from half a second, with jitter.

    Args:
        send: Sends one request.
        governor: Decides when a request may be sent.
        deadline: The time that all requests and waits have together.
        held_back: Returns the failure of a call that is never sent, since all requests that share its quota have
            to wait for so many seconds.
        is_answering: Returns whether text of the answer has already been delivered.
        on_progress: Called with each wait before it begins.

    Attributes:
        attempts: Requests sent so far.
        may_be_charged: Whether the provider may charge for a request that failed.
    """

    def __init__(
        self,
        send: Callable[[Slot], Awaitable[T]],
        *,
        governor: Governor,
        deadline: Deadline,
        held_back: Callable[[float], ByokError],
        is_answering: Callable[[], bool] = lambda: False,
        on_progress: OnProgress = lambda _: None,
    ) -> None:
        self.attempts = 0
        self.may_be_charged = False
        self._send = send
        self._governor = governor
        self._deadline = deadline
        self._held_back = held_back
        self._is_answering = is_answering
        self._on_progress = on_progress
        self._patience = Patience(deadline.ends_at, WITHOUT_SUCCESS_S if deadline.is_default else math.inf)
        self._failures = self._dear_failures = 0
        self._failure: ByokError | None = None
        self._failed_since = 0.0
        self._sent_at: float | None = None

    async def run(self, *, late: Callable[[ByokError | None], T]) -> T:
        """Run it within the deadline.

        Args:
            late: Returns or raises what comes of a call that runs out of time. It is given the failure that took
                most of the time; `None` if the last answer did.

        Raises:
            ByokError: The last failure, with the number of requests that were sent.
        """
        return await with_deadline(self._until_success(), self._deadline, lambda: late(self._cause_of_delay()))

    async def _until_success(self) -> T:
        while True:
            slot = await self._slot()
            try:
                answer = await self._attempt(slot)
            except ByokError as error:
                failure = error  # dealt with below, when the slot has been given back
            else:
                return answer
            finally:
                self._governor.release(slot)
            wait_s = self._wait_s(failure)
            if wait_s is None:
                raise self._counted(failure)
            await self._wait(failure.kind, wait_s)

    async def _slot(self) -> Slot:
        self._sent_at = None
        try:
            return await self._governor.slot(
                is_retry=0 < self._failures <= PREFERRED_RETRIES,
                patience=self._patience,
                on_wait=lambda wait_s: self._on_progress(Waiting(RATE_LIMIT, wait_s)),
            )
        except LongPauseError as pause:
            wait_s = pause.wait_s
        knows = self._failure is not None and self._failure.kind == RATE_LIMIT
        raise self._counted(self._failure if self._failure and knows else self._held_back(wait_s))

    async def _attempt(self, slot: Slot) -> T:
        self._sent_at = slot.sent_at
        self.attempts += 1
        try:
            answer = await self._send(slot)
        except ByokError as error:
            failure = error
        else:
            # One that the transport sent again, or that was adapted, counts as more than the one counted above.
            self.attempts += getattr(answer, "attempts", 1) - 1
            self._governor.note_success(slot, getattr(answer, "usage", None))
            return answer
        self.attempts += max(1, failure.attempts) - 1
        self._failures += 1
        if self._failure is None:
            self._failed_since = slot.sent_at
        self._failure = failure
        if failure.broke_off and self._under_way_s >= REACHED_AFTER_S:
            failure.cost = Cost()  # not known: the model may have been answering
        self.may_be_charged = self.may_be_charged or failure.may_be_charged
        self._dear_failures += not _is_transient(failure)
        if failure.kind == RATE_LIMIT and failure.retryable:
            self._governor.note_refusal(slot, failure.retry_after_s)
        raise failure

    def _wait_s(self, failure: ByokError) -> float | None:
        """Return how long to wait before the request is sent again; `None` if it is not."""
        if not failure.retryable or self._is_answering():
            return None
        is_enough = self._dear_failures >= MAX_ATTEMPTS or self._under_way_s >= PAID_AFTER_S
        if is_enough and not _is_transient(failure):
            return None
        wait_s = _backoff_s(self._failures) if failure.retry_after_s is None else failure.retry_after_s
        ends = asyncio.get_running_loop().time() + wait_s
        return wait_s if ends < min(self._deadline.ends_at, self._gives_up_at(failure)) else None

    @property
    def is_under_way(self) -> bool:
        """Whether a request was sent that has not ended."""
        return self._sent_at is not None

    @property
    def _under_way_s(self) -> float:
        return 0.0 if self._sent_at is None else asyncio.get_running_loop().time() - self._sent_at

    def _gives_up_at(self, failure: ByokError) -> float:
        if not self._deadline.is_default:
            return self._deadline.ends_at
        since = self._failed_since
        if failure.kind == RATE_LIMIT:  # while others are answered, its turn will come
            since = max(since, self._governor.last_success_at)
        return since + WITHOUT_SUCCESS_S

    async def _wait(self, kind: str, wait_s: float) -> None:
        self._on_progress(Waiting(kind, wait_s))
        self._sent_at = None
        await asyncio.sleep(wait_s)

    def _cause_of_delay(self) -> ByokError | None:
        """Return the failure that made the call late; `None` if that was the request under way."""
        now = asyncio.get_running_loop().time()
        if self._is_answering():
            return None
        if self._failure is None:
            is_held_back = self._sent_at is None and self._governor.is_limiting
            return self._counted(self._held_back(0)) if is_held_back else None
        if self._sent_at is not None and now - self._sent_at > self._sent_at - self._failed_since:
            return None
        return self._counted(self._failure)

    def _counted(self, failure: ByokError) -> ByokError:
        failure.attempts = self.attempts
        failure.cost = Cost() if self.may_be_charged else NOT_CHARGED
        return failure


def _is_transient(failure: ByokError) -> bool:
    """Whether the same request may succeed later, at no cost."""
    return failure.kind in RETRIED_FOR_LONG and not failure.may_be_charged


def _backoff_s(failures: int) -> float:
    growing = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(failures - 1, 10))
    return growing * random.uniform(0.75, 1.0)  # noqa: S311 - jitter, not a secret
