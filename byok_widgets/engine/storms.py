"""`Storms`: which models of an account are refused together, so that one pause holds for all of them.

Without headers nothing tells whether two models share a quota but how their requests end. A model that is refused
again and again while another one pauses, until the same moment, is taken to share its quota: from then on both
have one throttle. Once in a long pause that another model brought about, it looks whether its own requests are let
through; if so, it has a throttle of its own again, and is taken for sharing less easily.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

from byok_widgets.engine.throttle import Slot, Throttle

SIGNS = 3
"""So many more refusals than answers in other models' pauses show that a model shares their quota."""
MOST_SIGNS = 48
SAME_MOMENT_S = 0.02
"""Waits that end within this time end together, in seconds; whole seconds are rounded and show nothing."""
LOOK_AFTER_S = 2.0
"""How long another model's pause is respected without a look, in seconds."""


class Throttled(Protocol):
    """The governor of one model.

    Attributes:
        throttle: What decides how many requests may be in flight, and until when they pause.
        in_flight: How many are.
    """

    throttle: Throttle
    in_flight: int

    def hear_of_pause(self) -> None:
        """Tell those who wait how long all of them pause now."""


@dataclass
class _Standing:
    """What is known of one model beside the others.

    Attributes:
        signs: How much speaks for a shared quota.
        needed: How much has to.
        looked_in: The pause in which it has looked.
    """

    signs: int = 0
    needed: int = SIGNS
    looked_in: int = 0


class Storms:
    """Lets the models share a throttle that are refused together.

    Args:
        governors: Those of all models.
    """

    def __init__(self, governors: Collection[Throttled]) -> None:
        self._governors = governors
        self._standings: WeakKeyDictionary[Throttled, _Standing] = WeakKeyDictionary()
        self._any_shared = False

    def sharing(self, governor: Throttled) -> list[Throttled]:
        """Return the governors that have one throttle, of which one is given."""
        if not self._any_shared:
            return [governor]
        return [each for each in self._governors if each.throttle is governor.throttle]

    def pause_end(self, governor: Throttled) -> float:
        """Return until when its throttle pauses; it may look before, where another one brought the pause about."""
        throttle = governor.throttle
        if not self._any_shared or throttle.paused_by == id(governor):
            return throttle.paused_until
        if self._standing(governor).looked_in == throttle.pause:
            return throttle.paused_until
        return min(throttle.paused_until, throttle.pause_began_at + LOOK_AFTER_S)

    def note_sent(self, governor: Throttled, slot: Slot) -> None:
        """Take note of a request; one that is sent in a pause looks whether it is necessary."""
        if self._any_shared and governor.throttle.pauses_at(slot.sent_at):
            self._standing(governor).looked_in = governor.throttle.pause

    def note_success(self, governor: Throttled, slot: Slot) -> None:
        """Take note of an answer: one that came while another model was refused speaks against a shared quota."""
        if len(self._governors) == 1:
            return
        if self._any_shared and governor.throttle.pauses_at(slot.sent_at) and len(self.sharing(governor)) > 1:
            governor.throttle = Throttle()
            standing = self._standing(governor)
            standing.signs, standing.needed = 0, min(MOST_SIGNS, 2 * standing.needed)
        elif any(each.throttle.pauses_at(slot.sent_at) for each in self._others(governor)):
            standing = self._standing(governor)
            standing.signs = max(0, standing.signs - 1)

    def note_refusal(self, governor: Throttled, told_s: float | None, now: float) -> None:
        """Take note of a refusal: one while another model pauses speaks for a shared quota, if both end together.

        Args:
            governor: The model's that was refused.
            told_s: The seconds after which it may be sent again, if that was told.
            now: When it was refused.
        """
        end = None if told_s is None or float(told_s).is_integer() else now + told_s
        alike = [each for each in self._others(governor) if _is_paused_alike(each.throttle, end, now)]
        if alike:
            standing = self._standing(governor)
            standing.signs += 1
            if standing.signs >= standing.needed:
                self._join(governor, alike[0])

    def _join(self, governor: Throttled, other: Throttled) -> None:
        self._any_shared = True
        for each in self.sharing(governor):
            each.throttle, self._standing(each).looked_in = other.throttle, 0

    def _others(self, governor: Throttled) -> list[Throttled]:
        return [each for each in self._governors if each.throttle is not governor.throttle]

    def _standing(self, governor: Throttled) -> _Standing:
        return self._standings.setdefault(governor, _Standing())


def _is_paused_alike(throttle: Throttle, end: float | None, now: float) -> bool:
    ends_alike = end is None or abs(end - throttle.told_until) <= SAME_MOMENT_S
    return throttle.paused_until > now and ends_alike
