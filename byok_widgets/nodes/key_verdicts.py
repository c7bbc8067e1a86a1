"""`KeyVerdicts`: what calls have shown about a flow's keys, for its panels."""

from __future__ import annotations

import copy
import datetime
import time
from dataclasses import dataclass, field

from byok_widgets.errors import ByokError
from byok_widgets.secrets import Secret, identity

Place = tuple[str, str]
"""A provider's name and an address."""


@dataclass(frozen=True)
class KeyVerdict:
    """How the last call that tells something went with its key.

    Attributes:
        key: The identity of the key.
        fault: Why the key was refused; `None` if it was taken.
        at: When it was found (ISO 8601, UTC).
        found_at: The same on the monotonic clock, in seconds.
    """

    key: bytes
    fault: ByokError | None
    at: str = field(default_factory=lambda: datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="seconds"))
    found_at: float = field(default_factory=time.monotonic)


class KeyVerdicts:
    """The last refusal of a key at each address, or the first call after it whose key was taken."""

    def __init__(self) -> None:
        self._latest: dict[Place, KeyVerdict] = {}

    def __reduce__(self) -> tuple[type[KeyVerdicts], tuple[()]]:
        return KeyVerdicts, ()  # in another process a key has another identity

    def __repr__(self) -> str:
        return f"KeyVerdicts(refused={sum(each.fault is not None for each in list(self._latest.values()))})"

    def note(self, place: Place, key: Secret, fault: ByokError | None) -> bool:
        """Record how a call went with its key; return whether that is new."""
        latest = self._latest.get(place)
        if fault is None and (latest is None or latest.fault is None):
            return False
        self._latest[place] = KeyVerdict(identity(key), fault and _without_frames(fault))
        return True

    def latest(self, place: Place, key: Secret) -> KeyVerdict | None:
        """Return what a call has shown of this key; `None` if none has."""
        latest = self._latest.get(place)
        return latest if latest is not None and latest.key == identity(key) else None


def _without_frames(fault: ByokError) -> ByokError:
    """Return a copy that does not keep the call's frames alive, also where a library copies errors with theirs."""
    copied = copy.copy(fault).with_traceback(None)
    copied.__cause__ = copied.__context__ = None
    return copied
