"""What a provider's headers say about a quota, and how long the next request has to wait for it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

_users: ContextVar[int] = ContextVar("quota_users", default=1)

PERIODS_S = (60.0, 1.0, 3600.0, 86_400.0)
"""Usual periods of quotas in seconds, the commonest first."""
LONGEST_WAIT_S = 120.0
"""Headers alone never hold a request back for longer, in seconds: a refusal says more than a distant reset."""
_TOLERANCE = 0.15  # headers round: units to whole ones, times to seconds
_TELLING_SHIFT_S = 3.0  # less may come from rounding
_VAIN_WAITS = 2  # after so many, what the headers say is not believed
_MOST_FOR_ONE = 0.5
"""The largest part of a quota that is waited for before one request: a refusal says if it takes more."""
_ESTIMATED_WAIT_S = 10.0
"""What requests may take is an estimate, and holds up all of them no longer, unless one was refused."""


class Allowance(NamedTuple):
    """One quota, as the headers of one answer describe it. `None` means unknown.

    Attributes:
        limit: Units in each window, or the size of the bucket.
        remaining: Units that are left.
        reset_s: Seconds until a window ends, or until a bucket is full.
    """

    limit: float | None = None
    remaining: float | None = None
    reset_s: float | None = None

    def divided(self, users: int) -> Allowance:
        """Return one part of it in so many: the time until it is whole again stays."""
        limit = None if self.limit is None else self.limit / users
        return Allowance(limit, None if self.remaining is None else self.remaining / users, self.reset_s)


class QuotaReading(NamedTuple):
    """What the head of one answer says about quotas.

    Attributes:
        allowances: The quotas by name: what they count, and after a slash their period where the header names it,
            such as `"requests"` or `"tokens/minute"`.
        of_all_models: The names of those that limit the whole account, whatever the model.
        retry_after_s: How long the provider asks to wait, in seconds; `None` if it does not ask.
    """

    allowances: Mapping[str, Allowance]
    retry_after_s: float | None = None
    of_all_models: frozenset[str] = frozenset()

    def divided(self, users: int) -> QuotaReading:
        """Return what one of so many may use, who all read the same headers."""
        if users == 1:
            return self
        return self._replace(allowances={name: one.divided(users) for name, one in self.allowances.items()})


def quota_users() -> int:
    """Return how many processes share the quotas of the calls that are made here."""
    return _users.get()


@contextmanager
def shared_by(count: int) -> Iterator[None]:
    """Let the calls that are made inside take one part in `count` of each quota."""
    token = _users.set(count)
    try:
        yield
    finally:
        _users.reset(token)


class _Base(NamedTuple):
    """What later readings are compared with."""

    at: float
    used: float
    full_at: float


class Gauge:
    """Follows one quota from one reading to the next.

    Requests overtake each other: of the readings of requests that were under way together, the lowest counts.
    """

    def __init__(self) -> None:
        self._limit: float | None = None
        self._remaining = math.inf
        self._reset_at: float | None = None
        self._read_at = 0.0
        self._newest = -1
        self._rate: float | None = None
        self._base: _Base | None = None
        self._stays = False
        self._vain_waits = 0
        self._each = 1.0
        self._is_refused = False

    @property
    def per_second(self) -> float:
        """How fast it refills; 0 for a window."""
        return self._rate or 0.0

    def read(self, allowance: Allowance, now: float, *, sent: int, latest: int, accepted: bool = True) -> None:
        """Take a reading.

        Args:
            allowance: What the head of an answer said.
            now: When it came, in seconds on the caller's clock.
            sent: The number of the request that was answered.
            latest: The number of the last request that was sent.
            accepted: Whether the request was let through.
        """
        remaining = allowance.remaining
        if remaining is None or (not allowance.limit and allowance.limit is not None):
            return
        is_newer = sent > self._newest
        if not is_newer and remaining >= self.left(now):
            return
        if allowance.limit != self._limit:
            self._limit, self._base, self._stays = allowance.limit, None, False
        self._count_vain_wait(remaining, is_probe=is_newer and accepted)
        self._is_refused = not accepted
        self._remaining, self._read_at, self._newest = remaining, now, latest
        self._reset_at = None if allowance.reset_s is None else now + allowance.reset_s
        self._rate = self._rate_of_bucket(now)

    def left(self, now: float) -> float:
        """Return how many units the quota allows now, those of unanswered requests included."""
        if self._rate is None or self._limit is None:
            return self._remaining
        return min(max(self._limit, self._remaining), self._remaining + self._rate * (now - self._read_at))

    def wait_s(self, now: float, unanswered: int, each: float = 1.0) -> float:
        """Return how long the next request has to wait, in seconds; infinite until an answer comes.

        A bucket refills steadily. After the end of a window one request goes ahead, and its answer says how many
        may follow.

        Args:
            now: The time, on the caller's clock.
            unanswered: How many requests are in flight of whose answer nothing has come yet.
            each: How many units a request takes, as far as that is known. Where it is not known when there will
                be more of them, one is enough.
        """
        most = math.inf if self._limit is None else max(1.0, _MOST_FOR_ONE * self._limit)
        self._each = 1.0 if self._reset_at is None else min(each, most)
        missing = self._each * (1 + unanswered) - self.left(now)
        if missing <= 0 or self._vain_waits >= _VAIN_WAITS:
            return 0.0
        is_long = self._rate is None or missing / self._rate > _ESTIMATED_WAIT_S
        if is_long and not unanswered and self.left(now) >= 1 and not self._is_refused:
            return 0.0
        if self._rate is not None:
            return min(missing / self._rate, LONGEST_WAIT_S)
        if unanswered:
            return math.inf
        reset_at = self._read_at if self._reset_at is None else self._reset_at
        return max(0.0, min(reset_at, self._read_at + LONGEST_WAIT_S) - now)

    def _count_vain_wait(self, remaining: float, *, is_probe: bool) -> None:
        """Notice headers that always say that nothing is left, although requests are let through."""
        if remaining >= self._each:
            self._vain_waits = 0
        elif is_probe and self._remaining < self._each and self._rate is None and self._limit != 1:
            self._vain_waits += 1

    def _rate_of_bucket(self, now: float) -> float | None:
        """Return the units per second by which a bucket refills; `None` for a window.

        A bucket is what would be full at the given time by the rate of its limit, unless that time stays where it
        is whatever is used: then it is the end of a window, half used at half time.
        """
        if self._limit is None or self._reset_at is None:
            return None
        used, reset_s = self._limit - self._remaining, self._reset_at - now
        rate = next((rate for rate in self._rates() if _is_near(used, rate * reset_s)), None)
        if self._base is None or now >= self._base.full_at:
            self._base = _Base(now, used, self._reset_at)
        if rate is not None:
            expected_s = now - self._base.at + (used - self._base.used) / rate
            if expected_s > _TELLING_SHIFT_S:
                self._stays = self._reset_at - self._base.full_at < expected_s / 2
        return None if self._stays else rate

    def _rates(self) -> tuple[float, ...]:
        return tuple(self._limit / period_s for period_s in PERIODS_S) if self._limit else ()


def _is_near(value: float, expected: float) -> bool:
    return expected > 0 and abs(value - expected) <= _TOLERANCE * expected
