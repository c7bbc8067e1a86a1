"""`Governor`: decides when the requests that share a quota are sent.

Ordinary failures delay only their own call. A storm of refusals for the rate limit does concern all requests that
share the quota: they pause together, and go on with fewer at a time until the storm is over. What the headers of
answers say about the quota is respected before it is exceeded.

Everything here runs on one event loop and takes its time from it.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple

from byok_widgets.engine.quota import Gauge, QuotaReading

MAX_IN_FLIGHT = 1000
"""Requests in flight at once; more would only wait for a connection."""
EVIDENCE_S = 0.25
"""Of the requests sent in this time, so many are refused in a storm. About the time of one answer."""
EVIDENCE_SHARE = 0.3
REMEMBERED_S = 10.0
EVIDENCE_COUNT = 2
"""One refusal alone never holds up other calls."""
CALM_S = 15.0
"""After so long without a refusal, there is no limit on the requests in flight any more."""
RESTART_WIDTH = 32
"""After a pause, no more requests than this are sent at once."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0
"""Bounds of a pause where the provider asks for none, in seconds."""
SHORTEST_WAIT_S = 0.001
JITTER_S = 0.1
"""Several processes with one key do not go on at the same moment."""
PROBE_S = 10.0
"""However long a pause is, one request may look again after this time, in seconds."""

OnWait = Callable[[float], None]
"""Called with the seconds that a call has to wait for its turn."""


class Patience(NamedTuple):
    """How long a call can wait for its turn.

    Attributes:
        ends_at: When it has no time left, on the loop's clock.
        longest_pause_s: The longest pause that it waits for, in seconds.
    """

    ends_at: float = math.inf
    longest_pause_s: float = math.inf

    def covers(self, now: float, pause_ends_at: float) -> bool:
        """Whether it lasts to the end of a pause."""
        return pause_ends_at <= self.ends_at and pause_ends_at - now <= self.longest_pause_s


ENDLESS = Patience()


class LongPauseError(Exception):
    """The pause that the provider asked for is longer than the call can wait.

    Attributes:
        wait_s: The rest of the pause, in seconds.
    """

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s


@dataclass
class Slot:
    """One request that may be sent now. Whoever holds it says how it ended, and gives it back.

    Attributes:
        number: Its place among the requests of the governor.
        sent_at: When it was sent, on the loop's clock.
        is_refused: Whether it was refused for the rate limit.
    """

    number: int
    sent_at: float
    is_answered: bool = False
    is_refused: bool = False


@dataclass(order=True)
class _Waiter:
    """A call that waits for its turn: repeated requests come first, then the order of arrival counts."""

    rank: tuple[bool, int]
    turn: asyncio.Future[Slot] = field(compare=False)
    patience: Patience = field(compare=False)
    on_wait: OnWait = field(compare=False)
    told_until: float = field(compare=False)


class Governor:
    """Gives slots to the requests that share a quota.

    Attributes:
        last_success_at: When a request was last answered, on the loop's clock.
    """

    def __init__(self, max_in_flight: int = MAX_IN_FLIGHT) -> None:
        self._max_in_flight = max_in_flight
        self._width = self._aim = math.inf
        self._in_flight = self._unanswered = self._sent = self._arrived = 0
        self._recent: deque[Slot] = deque()
        self._waiting: list[_Waiter] = []
        self._gauges: dict[str, Gauge] = {}
        self._paused_at = self._paused_until = self._last_refusal_at = self._halved_at = (
            self._probed_at
        ) = -math.inf
        self._fruitless_rounds = 0
        self._timer: asyncio.TimerHandle | None = None
        self.last_success_at = -math.inf

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be lost without it: no request is in flight or waiting, and there is no storm."""
        return not (self._in_flight or self._waiting) and math.isinf(self._width)

    @property
    def is_limiting(self) -> bool:
        """Whether the quota, and not only the number of connections, decides what is sent."""
        return math.isfinite(self._width) or self._wait_s(asyncio.get_running_loop().time()) > 0

    async def slot(self, *, is_retry: bool, patience: Patience = ENDLESS, on_wait: OnWait) -> Slot:
        """Wait until a request may be sent. Repeated requests go before new ones.

        Args:
            is_retry: Whether the request has been sent before.
            patience: How long the call can wait.
            on_wait: Called with the length of each wait that becomes known.

        Raises:
            LongPauseError: The provider asked for a longer pause than that.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        wait_s = self._wait_s(now)
        if not self._waiting and not wait_s:
            return self._send(now)
        if not patience.covers(now, self._paused_until):
            return self._probe(now)
        self._arrived += 1
        waiter = _Waiter((not is_retry, self._arrived), loop.create_future(), patience, on_wait, told_until=now)
        heapq.heappush(self._waiting, waiter)
        self._tell(waiter, now, wait_s)
        self._admit()
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self.give_back(waiter.turn.result())
            raise

    def give_back(self, slot: Slot) -> None:
        """End a request, however it ended."""
        self._answered(slot)
        self._in_flight -= 1
        self._admit()

    def note_head(self, slot: Slot, reading: QuotaReading | None, *, accepted: bool = True) -> None:
        """Take note of the head of an answer, which may come long before its end, and of what it says."""
        self._answered(slot)
        if reading is None:
            return
        now = asyncio.get_running_loop().time()
        for name, allowance in reading.allowances.items():
            gauge = self._gauges.get(name)
            if gauge is None:
                gauge = self._gauges[name] = Gauge()
            gauge.read(allowance, now, sent=slot.number, latest=self._sent, accepted=accepted)
        if self._waiting:
            self._admit()

    def note_success(self, slot: Slot) -> None:
        """Let one more request be in flight after each round of answers."""
        self.last_success_at = now = asyncio.get_running_loop().time()
        self._fruitless_rounds = 0
        if slot.sent_at > self._paused_at:  # a probe: the quota is back before its time
            self._paused_until = min(self._paused_until, now)
        if now - self._last_refusal_at > CALM_S:
            self._width = math.inf
        elif math.isfinite(self._width):  # quickly up to the aim, then by one in each round
            self._width += 1 if self._width < self._aim else 1 / self._width
        self._answered(slot)

    def note_refusal(self, slot: Slot, retry_after_s: float | None) -> None:
        """Take note of a refusal for the rate limit; a storm of them pauses all requests that share the quota."""
        now = asyncio.get_running_loop().time()
        self._answered(slot)
        slot.is_refused = True
        in_storm = math.isfinite(self._width) and now - self._last_refusal_at <= CALM_S
        self._last_refusal_at = now
        if not in_storm and not self._is_storm(now, latency_s=now - slot.sent_at):
            return
        if slot.sent_at > self._halved_at:  # once in a round: the others were sent before the width was known
            self._aim = max(1.0, min(self._width, self._in_flight) / 2)
            self._width = min(self._aim, RESTART_WIDTH)
            self._halved_at = now
            self._fruitless_rounds += 1
        pause_s = self._own_pause_s() if retry_after_s is None else retry_after_s
        self._pause_until(now + pause_s + random.uniform(0, min(JITTER_S, pause_s / 10)))  # noqa: S311 - jitter

    def _own_pause_s(self) -> float:
        return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** max(0, self._fruitless_rounds - 1)))

    def _is_storm(self, now: float, latency_s: float) -> bool:
        """Whether so many of the latest requests were refused; those without an answer count as accepted."""
        since = now - max(EVIDENCE_S, 2 * latency_s)
        latest = list(takewhile(lambda slot: slot.sent_at >= since, reversed(self._recent)))
        refused = sum(slot.is_refused for slot in latest)
        return refused >= EVIDENCE_COUNT and refused >= EVIDENCE_SHARE * len(latest)

    def _pause_until(self, end: float) -> None:
        if end <= self._paused_until:
            return
        now = asyncio.get_running_loop().time()
        self._paused_at, self._paused_until = now, end
        for waiter in self._waiting:
            if waiter.turn.done():
                continue
            if waiter.patience.covers(now, end):
                self._tell(waiter, now, end - now)
            else:
                waiter.turn.set_exception(LongPauseError(end - now))
        self._admit()

    def _tell(self, waiter: _Waiter, now: float, wait_s: float) -> None:
        if math.isfinite(wait_s) and now + wait_s > waiter.told_until + FIRST_PAUSE_S:
            waiter.told_until = now + wait_s
            waiter.on_wait(wait_s)

    def _wait_s(self, now: float) -> float:
        """Return how long the next request has to wait; infinite until another one ends or is answered."""
        if self._in_flight >= self._max_in_flight or self._in_flight >= max(1, math.floor(min(self._width, 1e9))):
            return math.inf
        pause_s = max(0.0, self._paused_until - now)
        if not self._gauges:
            return pause_s
        return max(pause_s, *(gauge.wait_s(now, self._unanswered) for gauge in self._gauges.values()))

    def _admit(self) -> None:
        """Give slots to those who wait for them, as far as that is possible now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting:
            if self._waiting[0].turn.done():
                heapq.heappop(self._waiting)
                continue
            wait_s = self._wait_s(now)
            if wait_s > 0:
                if math.isfinite(wait_s):
                    self._timer = loop.call_later(max(wait_s, SHORTEST_WAIT_S), self._admit)
                return
            heapq.heappop(self._waiting).turn.set_result(self._send(now))

    def _probe(self, now: float) -> Slot:
        """Let one request look whether a long pause is still necessary."""
        if self._in_flight or now - self._probed_at < PROBE_S:
            raise LongPauseError(self._paused_until - now)
        self._probed_at = now
        return self._send(now)

    def _send(self, now: float) -> Slot:
        self._sent += 1
        self._in_flight += 1
        self._unanswered += 1
        slot = Slot(self._sent, now)
        recent = self._recent
        recent.append(slot)
        while now - recent[0].sent_at > REMEMBERED_S:
            recent.popleft()
        return slot

    def _answered(self, slot: Slot) -> None:
        if not slot.is_answered:
            slot.is_answered = True
            self._unanswered -= 1
