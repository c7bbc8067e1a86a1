"""`KeyCalls`: what calls have shown of a flow's keys, for whoever shows the flow."""

from __future__ import annotations

import copy
import weakref
from typing import NamedTuple

from byok_widgets.errors import ByokError
from byok_widgets.secrets import Secret

Place = tuple[str, str]
"""A provider's name and an address."""


class KeyCall(NamedTuple):
    """How a call went with its key: refused with a fault, or taken again, without one."""

    key: weakref.ref[Secret]
    fault: ByokError | None


class KeyCalls:
    """Notes of calls whose key was refused, and of the first one after that whose key was taken."""

    def __init__(self) -> None:
        self._refused: set[Place] = set()
        self._news: dict[Place, KeyCall] = {}

    def __reduce__(self) -> tuple[type[KeyCalls], tuple[()]]:
        return KeyCalls, ()  # a key is never pickled

    def __repr__(self) -> str:
        return f"KeyCalls(refused={len(self._refused)})"

    def note(self, place: Place, key: Secret, fault: ByokError | None) -> bool:
        """Take note of a call; returns whether it shows something new."""
        if fault is None and place not in self._refused:
            return False
        (self._refused.discard if fault is None else self._refused.add)(place)
        self._news[place] = KeyCall(weakref.ref(key), fault and _without_frames(fault))
        return True

    def take(self, place: Place) -> KeyCall | None:
        """Return what is new of an address, once; `None` if nothing is."""
        return self._news.pop(place, None)


def _without_frames(fault: ByokError) -> ByokError:
    """Return a copy that does not keep the call's frames alive, also where a library copies errors with theirs."""
    copied = copy.copy(fault).with_traceback(None)
    copied.__cause__ = copied.__context__ = None
    return copied
