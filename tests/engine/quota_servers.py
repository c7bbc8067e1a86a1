"""Servers with quotas, simulated in virtual time: what they let through, and what their headers say."""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, field
from typing import NamedTuple

from byok_widgets.engine import Account, Allowance, Deadline, Governor, QuotaReading, RetriedCall, Slot
from byok_widgets.errors import ByokError, ProviderError
from byok_widgets.usage import Usage
from tests.virtual_clock import now, run_virtually

REFUSAL_S = 0.005
ANSWER_S = 0.2


@dataclass
class Bucket:
    """A bucket that refills steadily.

    Attributes:
        each: Units that a request takes.
    """

    size: float
    per_second: float
    each: float = 1.0
    left: float = field(init=False)
    _at: float = 0.0

    def __post_init__(self) -> None:
        self.left = self.size

    def take(self) -> bool:
        """Whether one more request is let through."""
        self.left = min(self.size, self.left + (now() - self._at) * self.per_second)
        self._at = now()
        accepted = self.left >= self.each
        self.left -= self.each * accepted
        return accepted

    def wait_s(self) -> float:
        """Return the time until the next request is let through."""
        return (self.each - self.left) / self.per_second

    def allowance(self) -> Allowance:
        """Return what the headers say."""
        return Allowance(self.size, int(self.left), (self.size - self.left) / self.per_second)


@dataclass
class Window:
    """So many units in each minute, of which a request takes some."""

    size: int
    period_s: float = 60.0
    each: int = 1
    _number: int = -1
    _used: int = 0

    def take(self) -> bool:
        """Whether one more request is let through."""
        number = int(now() // self.period_s)
        if number != self._number:
            self._number, self._used = number, 0
        accepted = self._used + self.each <= self.size
        self._used += self.each * accepted
        return accepted

    def wait_s(self) -> float:
        """Return the time until the window ends."""
        return (self._number + 1) * self.period_s - now()

    def allowance(self) -> Allowance:
        """Return what the headers say."""
        return Allowance(self.size, self.size - self._used, self.wait_s())


@dataclass
class Faults:
    """No quota, but every tenth request is refused and every twentieth fails.

    Attributes:
        storm: From when to when all are refused.
    """

    random: random.Random
    refused: float = 0.1
    failed: float = 0.05
    storm: tuple[float, float] = (0.0, 0.0)


class _Answer(NamedTuple):
    """An answer, of which only its usage counts here."""

    usage: Usage | None


@dataclass
class Load:
    """Many calls to one server, and what became of them.

    Attributes:
        quota: What the server lets through; several for as many models, each with its own.
        calls: How many calls there are.
        has_headers: Whether answers say what is left.
        header: What they call it.
        is_of_all_models: Whether they call it the whole account's.
        asks_to_wait: Whether refusals say how long to wait.
        in_whole_seconds: Whether they say it in whole seconds, rounded up.
        in_flight: The most requests in flight.
        processes: How many processes share the calls and the quota, and know nothing of each other.
        models: How many models of one account share the calls.
        wall_s: How long all took, in seconds.
        ends_s: When the last call of each model ended.
        lost: The failures of calls that got no answer.
        refusals: Requests that were refused.
        early: Requests sent before a wait was over that any refusal had asked for.
        early_retries: Of these, those of a call that had been told itself.
    """

    quota: Bucket | Window | Faults | tuple[Bucket | Window, ...]
    calls: int = 900
    has_headers: bool = False
    header: str = "requests"
    is_of_all_models: bool = False
    asks_to_wait: bool = True
    in_whole_seconds: bool = False
    in_flight: int = 50
    processes: int = 1
    models: int = 1
    deadline_s: float | None = None
    seed: int = 0
    wall_s: float = 0.0
    ends_s: dict[int, float] = field(default_factory=dict)
    lost: list[ByokError] = field(default_factory=list)
    refusals: int = 0
    early: int = 0
    early_retries: int = 0
    sent: int = 0
    _told_until: float = 0.0

    def run(self) -> Load:
        """Make all calls in virtual time."""
        random.seed(self.seed)
        run_virtually(self._run())
        return self

    async def _run(self) -> None:
        accounts = [Account() for _ in range(self.processes)]
        governors = [Governor(self.in_flight, account) for account in accounts for _ in range(self.models)]
        users = len(governors)
        await asyncio.gather(*(self._call(governors, number % users) for number in range(self.calls)))
        self.wall_s = now()

    async def _call(self, governors: list[Governor], number: int) -> None:
        governor, model = governors[number], number % self.models
        told_until = 0.0

        async def send(slot: Slot) -> _Answer:
            nonlocal told_until
            self.sent += 1
            self.early_retries += now() < told_until - 1e-6
            self.early += now() < self._told_until - 1e-6
            accepted, asked_s = await self._answer(governor, slot, model)
            if accepted:
                return _Answer(self._usage)
            if asked_s is not None:
                told_until = now() + asked_s
                self._told_until = max(self._told_until, told_until)
            self.refusals += 1
            raise ProviderError("too many", kind="rate_limit", retryable=True, retry_after_s=asked_s)

        call = RetriedCall(
            send,
            governor=governor,
            deadline=Deadline(self.deadline_s),
            held_back=lambda wait_s: ProviderError("too many", kind="rate_limit", retry_after_s=wait_s),
        )
        try:
            await call.run(late=_raised)
        except ByokError as error:
            self.lost.append(error)
        self.ends_s[model] = now()

    async def _answer(self, governor: Governor, slot: Slot, model: int) -> tuple[bool, float | None]:
        quota = self.quota[model] if isinstance(self.quota, tuple) else self.quota
        if isinstance(quota, Faults):
            return await self._faulty(quota)
        await asyncio.sleep(REFUSAL_S / 2)
        accepted = quota.take()
        asked_s = None if accepted or not self.asks_to_wait else quota.wait_s()
        if asked_s is not None and self.in_whole_seconds:
            asked_s = float(max(1, math.ceil(asked_s)))
        allowances = {self.header: quota.allowance()} if self.has_headers else {}
        of_all = frozenset(allowances) if self.is_of_all_models else frozenset()
        await asyncio.sleep((ANSWER_S if accepted else REFUSAL_S) - REFUSAL_S / 2)
        reading = QuotaReading(allowances, of_all_models=of_all) if self.has_headers else None
        governor.note_head(slot, reading, accepted=accepted)
        return accepted, asked_s

    @property
    def _usage(self) -> Usage | None:
        quota = self.quota[0] if isinstance(self.quota, tuple) else self.quota
        return None if isinstance(quota, Faults) or quota.each == 1 else Usage(int(quota.each) - 50, 50)

    async def _faulty(self, faults: Faults) -> tuple[bool, float | None]:
        began, ended = faults.storm
        drawn = 0.0 if began < now() < ended else faults.random.random()
        if drawn < faults.refused:
            await asyncio.sleep(REFUSAL_S)
            return False, 1.0
        if drawn < faults.refused + faults.failed:
            await asyncio.sleep(REFUSAL_S)
            raise ProviderError("broken", kind="overloaded", retryable=True)
        await asyncio.sleep(ANSWER_S)
        return True, None


def _raised(cause: ByokError | None) -> _Answer:
    raise cause or ProviderError("late", kind="timeout")
