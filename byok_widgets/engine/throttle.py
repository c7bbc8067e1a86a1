"""`Throttle`: from how requests ended, how many may be in flight and until when all of them pause.

Pure logic: times are given by the caller.
"""

from __future__ import annotations

import math
import random
from collections import deque
from dataclasses import dataclass
from itertools import dropwhile, islice, takewhile

EVIDENCE_S = 0.25
"""There is a storm if a good part of the requests sent in this time is refused. About the time of an answer."""
EVIDENCE_SHARE = 0.3
EVIDENCE_COUNT = 2
"""One refusal alone never holds up other calls."""
EVIDENCE_SENT = 8
"""Where fewer were sent in that time, those before them count, too: of few, two may be refused by chance."""
CALM_SHARE = 0.2
CALM_SENT = 10
"""A storm is over when fewer of this many requests are refused."""
CALM_S = 15.0
"""After so long without a refusal, there is no limit on the requests in flight any more."""
CERTAIN_SHARE = 0.8
"""Where so many of a few consecutive requests are refused, that is no chance: it is a quota."""
RESTART_SHARE = 0.75
"""This part of what was let through after the last pause is sent at once after the next one."""
LONGEST_LOOK_S = 0.25
"""However late refusals come, the next few requests are sent after this time, in seconds."""
REMEMBERED_S = 10.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0
"""Bounds of a pause where the provider asks for none, in seconds."""
JITTER_S = 0.1
"""Several processes with one key do not go on at the same moment."""


@dataclass
class Slot:
    """One request that may be sent now.

    Attributes:
        number: Its place among the requests that share the quota.
        sent_at: When it was sent, on the clock of the loop.
        is_answered: Whether the head of its answer has come, or it has ended without one.
        is_refused: Whether it was refused for the rate limit.
    """

    number: int
    sent_at: float
    is_answered: bool = False
    is_refused: bool = False


class Throttle:
    """Tells a storm of refusals from ordinary failures, which concern only their own calls.

    In a storm each refusal pauses all requests until the time that the provider names. After each round of
    refusals half as many may be in flight, and with each round of answers one more. After a pause most of what was
    let through after the last one is sent at once, and then a few at a time, each time after a look whether those
    before them are refused.

    Attributes:
        width: How many requests may be in flight.
        paused_until: The end of the latest pause.
        told_until: The same, as the provider told it.
        pause: The number of that pause, which may have become longer since it began.
        pause_began_at: When it began.
        paused_by: Which governor's refusal brought it about.
    """

    def __init__(self) -> None:
        self.width = self._aim = math.inf
        self.paused_until = self.told_until = self.pause_began_at = -math.inf
        self.pause = 0
        self.paused_by = 0
        self._recent: deque[Slot] = deque()
        self._in_storm = False
        self._paused_at = self._last_refusal_at = self._halved_at = self._began_at = -math.inf
        self._fruitless_rounds = 0
        self._is_certain = False
        self._passed = self._passed_before = self._room = 0
        self._step = 1
        self._refused_after_s = 0.0
        self._looks_at = -math.inf

    def look_s(self, now: float) -> float:
        """Return how long the next request waits to see, at a quota, whether those before it are refused."""
        return max(0.0, self._looks_at - now) if self._is_certain and self._room <= 0 else 0.0

    def note_sent(self, slot: Slot) -> None:
        """Count a request, and remember it for a while."""
        if self._is_certain:
            if self._room <= 0:
                self._room, self._step = self._step, self._step + 1
            self._room -= 1
            self._passed += 1
            self._looks_at = slot.sent_at + min(2 * self._refused_after_s, LONGEST_LOOK_S)
        recent = self._recent
        recent.append(slot)
        while slot.sent_at - recent[0].sent_at > REMEMBERED_S:
            recent.popleft()

    def note_success(self, slot: Slot, now: float) -> None:
        """Let more requests be in flight: quickly up to half of what met the storm, then one in each round."""
        self._fruitless_rounds = 0
        if slot.sent_at > self._paused_at:  # sent in a long pause, to see: the quota is back before its time
            self.paused_until = min(self.paused_until, now)
        if now - self._last_refusal_at > CALM_S:
            self.width, self._in_storm, self._is_certain = math.inf, False, False
        elif math.isfinite(self.width):
            self._in_storm = self._in_storm and not self._is_over()
            self.width += 1 if self.width < self._aim or not self._in_storm else 1 / self.width

    def pauses_at(self, moment: float) -> bool:
        """Whether the latest pause had begun by then, and had not ended."""
        return self._paused_at < moment < self.told_until

    def note_refusal(
        self, slot: Slot, retry_after_s: float | None, now: float, *, in_flight: int, of: int = 0
    ) -> bool:
        """Take note of a refusal for the rate limit; return whether that makes the pause longer."""
        slot.is_refused = True
        self._last_refusal_at = now
        is_quota = self._is_quota(slot)
        self._is_certain = self._is_certain or is_quota
        if not self._in_storm:
            if not is_quota and not self._is_storm(now, latency_s=now - slot.sent_at):
                return False
            self._in_storm, self._began_at = True, now
        self._refused_after_s = max(now - slot.sent_at, 0.9 * self._refused_after_s)
        if slot.sent_at > self._halved_at:  # once in a round: the others were sent before the width was known
            self._aim = max(1.0, min(self.width, in_flight) / 2)
            self.width = self._aim
            self._halved_at = now
            self._fruitless_rounds += 1
        pause_s = self._own_pause_s() if retry_after_s is None else retry_after_s
        jitter_s = random.uniform(0, min(JITTER_S, pause_s / 10))  # noqa: S311 - no secret
        if now >= self.paused_until:
            self._end_run()
        pauses = self._pause(now, pause_s + jitter_s, jitter_s, of)
        if slot.sent_at > self.pause_began_at:
            self._passed -= 1
        else:
            self._room -= 1
        return pauses

    def _end_run(self) -> None:
        """Begin a pause: what was let through since the last one tells how much may be sent after it.

        A quota lets about as much through each time; refusals by chance come when they will.
        """
        self._is_certain = self._is_certain and 2 * self._passed >= self._passed_before
        self._room = int(RESTART_SHARE * self._passed)
        self._passed_before, self._passed, self._step = self._passed, 0, 1

    def _pause(self, now: float, pause_s: float, jitter_s: float, of: int) -> bool:
        if now + pause_s <= self.paused_until:
            return False
        if now >= self.paused_until:
            self.pause, self.pause_began_at = self.pause + 1, now
        self._paused_at, self.paused_until, self.paused_by = now, now + pause_s, of
        self.told_until = self.paused_until - jitter_s
        return True

    def _own_pause_s(self) -> float:
        return float(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(10, self._fruitless_rounds - 1)))

    def _is_quota(self, slot: Slot) -> bool:
        """Whether nearly all of the few requests sent up to this one were refused, which is no chance."""
        latest = islice(dropwhile(lambda each: each is not slot, reversed(self._recent)), EVIDENCE_SENT)
        return sum(each.is_refused for each in latest) >= CERTAIN_SHARE * EVIDENCE_SENT

    def _is_storm(self, now: float, latency_s: float) -> bool:
        """Whether so many of the latest requests were refused; those without an answer count as accepted."""
        since = now - max(EVIDENCE_S, 2 * latency_s)
        latest = list(takewhile(lambda slot: slot.sent_at >= since, reversed(self._recent)))
        refused = sum(slot.is_refused for slot in latest)
        compared = max(len(latest), min(EVIDENCE_SENT, len(self._recent)))
        return refused >= EVIDENCE_COUNT and refused >= EVIDENCE_SHARE * compared

    def _is_over(self) -> bool:
        """Whether so few of the requests sent since the storm began were refused that it must be over.

        One that cannot be chance goes on: after each pause a quota has something left, and then nothing.
        """
        if self._is_certain:
            return False
        latest = list(
            islice(takewhile(lambda slot: slot.sent_at > self._began_at, reversed(self._recent)), CALM_SENT)
        )
        return len(latest) == CALM_SENT and sum(slot.is_refused for slot in latest) < CALM_SHARE * CALM_SENT
