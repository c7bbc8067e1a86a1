"""`Account`: what the models of one key at one address share of their quotas.

Most providers limit each model of an account by itself: what one has left says nothing of another one, and a storm
at a small free model must not hold up all others of a comparison. So each model has a governor of its own. Headers
that name a limit of the whole account count for all of them, and so do those that the models' answers show to
count the same requests. Where no header says anything, models that are refused together share their pauses.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol
from weakref import WeakKeyDictionary, WeakSet, WeakValueDictionary

from byok_widgets.engine.quota import Gauge
from byok_widgets.engine.storms import Storms, Throttled

_ENOUGH_SIGNS = 2
"""So often a model's quota has to shrink by what others use, too, before it is taken for theirs as well."""
_COUNTED = "requests"
_FEWEST = 4
"""Requests of other models that say anything about it, beside those that may have overtaken one another."""


class Sender(Throttled, Protocol):
    """The governor of one model, as others see it.

    Attributes:
        sent: How many requests were sent to the model.
        unanswered: How many of them are in flight of whose answer nothing has come yet.
        gauges: Its quotas, by name.
    """

    sent: int
    unanswered: int
    gauges: dict[str, Gauge]

    def admit(self) -> None:
        """Send what waits, as far as that is possible now."""


class Account:
    """The governors of the models of one key at one address.

    Attributes:
        sent: How many requests were sent for all of them; each is known by its number.
        unanswered: How many of them are in flight of whose answer nothing has come yet.
        gauges: The quotas of the whole account, whatever the model.
        storms: Which models are refused together.
    """

    def __init__(self) -> None:
        self.sent = self.unanswered = 0
        self.gauges: dict[str, Gauge] = {}
        self._governors: WeakSet[Sender] = WeakSet()
        self.storms = Storms(self._governors)
        self._quotas: WeakValueDictionary[tuple[str, float | None], ModelQuota] = WeakValueDictionary()

    def add(self, governor: Sender) -> None:
        """Add the governor of a model."""
        self._governors.add(governor)

    def quota(self, name: str, limit: float | None) -> ModelQuota:
        """Return the quota of this name and size."""
        quota = self._quotas.get((name, limit))
        if quota is None:
            quota = self._quotas[name, limit] = ModelQuota(name, limit)
        return quota

    def others(self, governor: Sender) -> list[Sender]:
        """Return the other governors, which may share a quota with the one given."""
        return [other for other in self._governors if other is not governor] if len(self._governors) > 1 else []


class _Mark(NamedTuple):
    """What later readings of one model are compared with.

    Attributes:
        left: How many requests the quota allowed.
        at: When it was read.
        own: How many requests had been sent to the model.
        all: How many had been sent to all models that have such a quota.
    """

    left: float
    at: float
    own: int
    all: int


class ModelQuota:
    """A quota of one name and size that some models have: each its own, or all of them the same.

    Attributes:
        limit: Its size.
    """

    def __init__(self, name: str, limit: float | None) -> None:
        self.limit = limit
        self._is_comparable = name.startswith(_COUNTED) and bool(limit)
        self._signs = 0
        self._marks: WeakKeyDictionary[Sender, _Mark | None] = WeakKeyDictionary()

    @property
    def is_shared(self) -> bool:
        """Whether it counts the requests of all models that have it."""
        return self._signs >= _ENOUGH_SIGNS

    def sharing(self, governor: Sender) -> list[Sender]:
        """Return the governors whose requests it counts, of which one is given."""
        return list(self._marks) if self.is_shared else [governor]

    def unanswered(self, governor: Sender) -> int:
        """Return how many requests in flight it counts for a model, of whose answer nothing has come yet."""
        return sum(each.unanswered for each in self._marks) if self.is_shared else governor.unanswered

    def join(self, governor: Sender) -> None:
        """Take note that a model has it."""
        self._marks = WeakKeyDictionary(dict.fromkeys([*self._marks, governor]))

    def leave(self, governor: Sender) -> None:
        """Take note that a model has it no longer."""
        self._marks.pop(governor, None)

    def compare(self, governor: Sender, left: float | None, now: float, per_second: float) -> None:
        """See whether what a model has left has shrunk by its own requests alone, or by those of others, too.

        Args:
            governor: The model's.
            left: What it has left, by its latest answer.
            now: When that came.
            per_second: How fast the quota refills.
        """
        if not self._is_comparable or left is None or len(self._marks) < 2:
            return
        sent = sum(each.sent for each in self._marks)
        now_known, before = _Mark(left, now, governor.sent, sent), self._marks[governor]
        used = before.left - left + per_second * (now - before.at) if before else 0.0
        if before is None or used < 0:  # it has been renewed since then
            self._marks[governor] = now_known
            return
        own = now_known.own - before.own
        others = now_known.all - before.all - own
        if others < _FEWEST + 2 * sum(each.unanswered for each in self._marks):
            return
        self._signs = min(self._signs + 1, _ENOUGH_SIGNS) if used > own + others / 2 else 0
        self._marks[governor] = now_known
