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
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from byok_widgets.engine.account import Account, ModelQuota
from byok_widgets.engine.quota import Allowance, Gauge, QuotaReading
from byok_widgets.engine.throttle import Slot, Throttle
from byok_widgets.engine.token_use import TokenUse
from byok_widgets.usage import Usage

MAX_IN_FLIGHT = 1000
"""Requests in flight at once; more would only wait for a connection."""
SHORTEST_WAIT_S = 0.001
SHORTEST_TOLD_S = 0.5
"""A wait that ends so soon after the one that was told is not told again, in seconds."""
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

    Args:
        max_in_flight: The most requests in flight at once.
        account: Where the governors are that may share a quota with this one.

    Attributes:
        sent: How many requests were sent.
        unanswered: How many requests are in flight of whose answer nothing has come yet.
        gauges: The quotas of its model, by name.
        last_success_at: When a request was last answered, on the loop's clock.
        throttle: What it has learned from refusals; models that are refused together have one.
        in_flight: How many requests are in flight.
    """

    def __init__(self, max_in_flight: int = MAX_IN_FLIGHT, account: Account | None = None) -> None:
        self._max_in_flight = max_in_flight
        self._account = account or Account()
        self._account.add(self)
        self._quotas: dict[str, ModelQuota] = {}
        self.throttle = Throttle()
        self._storms = self._account.storms
        self.gauges: dict[str, Gauge] = {}
        self._tokens = TokenUse()
        self.in_flight = self.sent = self.unanswered = self._arrived = 0
        self._waiting: list[_Waiter] = []
        self._probed_at = -math.inf
        self._timer: asyncio.TimerHandle | None = None
        self.last_success_at = -math.inf

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be lost without it: no request is in flight or waiting, and there is no storm."""
        return not (self.in_flight or self._waiting) and math.isinf(self.throttle.width)

    @property
    def is_limiting(self) -> bool:
        """Whether the quota, and not only the number of connections, decides what is sent."""
        return math.isfinite(self.throttle.width) or self._wait_s(asyncio.get_running_loop().time()) > 0

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
        if not patience.covers(now, self._storms.pause_end(self)):
            return self._probe(now)
        self._arrived += 1
        waiter = _Waiter((not is_retry, self._arrived), loop.create_future(), patience, on_wait, told_until=now)
        heapq.heappush(self._waiting, waiter)
        self._tell(waiter, now, wait_s)
        self.admit()  # sets the timer: perhaps nobody else comes by
        try:
            return await waiter.turn
        except asyncio.CancelledError:
            # It may have been given a slot in the very round of the loop in which it was cancelled.
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self.release(waiter.turn.result())
            raise

    def release(self, slot: Slot) -> None:
        """End a request, however it ended."""
        self._answered(slot)
        self.in_flight -= 1
        self._admit_all()

    def note_head(self, slot: Slot, reading: QuotaReading | None, *, accepted: bool = True) -> None:
        """Take note of the head of an answer, which may come long before its end, and of what it says."""
        self._answered(slot)
        if reading is None:
            return
        now = asyncio.get_running_loop().time()
        for name, allowance in reading.allowances.items():
            read = partial(self._read, name, allowance, now, number=slot.number, accepted=accepted)
            if name in reading.of_all_models:
                read(self._account.gauges)
                continue
            quota = self._quota(name, allowance.limit)
            per_second = self.gauges[name].per_second if name in self.gauges else 0.0
            quota.compare(self, allowance.remaining, now, per_second)
            for each in quota.sharing(self):
                read(each.gauges)
        self._admit_all()

    def _quota(self, name: str, limit: float | None) -> ModelQuota:
        known = self._quotas.get(name)
        if known is None or known.limit != limit:
            if known:
                known.leave(self)
            known = self._quotas[name] = self._account.quota(name, limit)
            known.join(self)
        return known

    def _read(
        self, name: str, allowance: Allowance, now: float, gauges: dict[str, Gauge], *, number: int, accepted: bool
    ) -> None:
        gauge = gauges.get(name)
        if gauge is None:
            gauge = gauges[name] = Gauge()
        gauge.read(allowance, now, sent=number, latest=self._account.sent, accepted=accepted)

    def note_success(self, slot: Slot, usage: Usage | None = None) -> None:
        """Take note of a complete answer, and of what it used."""
        self._tokens.note(usage)
        self.last_success_at = now = asyncio.get_running_loop().time()
        self._answered(slot)
        self._storms.note_success(self, slot)
        self.throttle.note_success(slot, now)

    def note_refusal(self, slot: Slot, retry_after_s: float | None) -> None:
        """Take note of a refusal for the rate limit; a storm of them pauses all requests that share the quota."""
        now = asyncio.get_running_loop().time()
        self._answered(slot)
        self._storms.note_refusal(self, retry_after_s, now)
        in_flight = sum(each.in_flight for each in self._storms.sharing(self))
        if self.throttle.note_refusal(slot, retry_after_s, now, in_flight=in_flight, of=id(self)):
            for each in self._storms.sharing(self):
                each.hear_of_pause()

    def hear_of_pause(self) -> None:
        """Tell those who wait how long all of them pause now.

        One that cannot wait so long is refused, unless another model has brought the pause about: then a look
        comes first whether the pause is this one's, too.
        """
        now, end = asyncio.get_running_loop().time(), self.throttle.paused_until
        is_own = self._storms.pause_end(self) == end
        for waiter in self._waiting:
            if waiter.turn.done():
                continue
            if waiter.patience.covers(now, end):
                self._tell(waiter, now, end - now)
            elif is_own:
                waiter.turn.set_exception(LongPauseError(end - now))
        self.admit()

    def _tell(self, waiter: _Waiter, now: float, wait_s: float) -> None:
        if math.isfinite(wait_s) and now + wait_s > waiter.told_until + SHORTEST_TOLD_S:
            waiter.told_until = now + wait_s
            waiter.on_wait(wait_s)

    def _wait_s(self, now: float) -> float:
        """Return how long the next request has to wait; infinite until another one ends or is answered."""
        if self.in_flight + 1 > self._max_in_flight or self._is_throttled():
            return math.inf
        pause_s = max(self.throttle.look_s(now), self._storms.pause_end(self) - now)
        for name, gauge in self.gauges.items():
            unanswered = self._quotas[name].unanswered(self)
            pause_s = max(pause_s, gauge.wait_s(now, unanswered, self._tokens.of(name)))
        for name, gauge in self._account.gauges.items():
            pause_s = max(pause_s, gauge.wait_s(now, self._account.unanswered, self._tokens.of(name)))
        return pause_s

    def _is_throttled(self) -> bool:
        """Whether as many requests are in flight as may be after a storm."""
        width = self.throttle.width
        if math.isinf(width):
            return False
        return sum(each.in_flight for each in self._storms.sharing(self)) + 1 > max(1.0, width)

    def _admit_all(self) -> None:
        """Give slots to those who wait for them, here and where the same quota counts."""
        self.admit()
        for other in self._account.others(self):
            other.admit()

    def admit(self) -> None:
        """Give slots to those who wait for them, as far as that is possible now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._waiting:
            if self._waiting[0].turn.done():  # cancelled, or not patient enough
                heapq.heappop(self._waiting)
                continue
            wait_s = self._wait_s(now)
            if wait_s > 0:
                if math.isfinite(wait_s):
                    self._timer = loop.call_later(max(wait_s, SHORTEST_WAIT_S), self.admit)
                return
            heapq.heappop(self._waiting).turn.set_result(self._send(now))

    def _probe(self, now: float) -> Slot:
        """Let one request look whether a long pause is still necessary."""
        if self.in_flight or now - self._probed_at < PROBE_S:
            raise LongPauseError(self.throttle.paused_until - now)
        self._probed_at = now
        return self._send(now)

    def _send(self, now: float) -> Slot:
        self.in_flight += 1
        self.unanswered += 1
        self._account.unanswered += 1
        self.sent += 1
        self._account.sent += 1
        slot = Slot(self._account.sent, now)
        self.throttle.note_sent(slot)
        self._storms.note_sent(self, slot)
        return slot

    def _answered(self, slot: Slot) -> None:
        if not slot.is_answered:
            slot.is_answered = True
            self.unanswered -= 1
            self._account.unanswered -= 1
