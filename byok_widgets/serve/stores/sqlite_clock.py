"""`StoreClock`: the clock by which conversations in an SQLite file expire."""

from __future__ import annotations

import sqlite3
import time

_MOST_TIMES_AS_FAST = 100
"""A server that was off for a month has caught up in eight hours; one whose clock is a month ahead for five
minutes counts eight hours too many."""
_KEEP = "INSERT INTO clock VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at"
_KNOWN = "SELECT coalesce((SELECT CAST(at AS REAL) FROM clock), (SELECT max(last_at) FROM sessions))"


class StoreClock:
    """Follows the machine's clock; where that is set ahead, it goes only so many times as fast as time passes.

    A clock that is set ahead and back again would otherwise delete everything. Several processes that use one file
    do not make it faster, because each goes on from the time that it knew itself.
    """

    def __init__(self) -> None:
        self._at: float | None = None
        self._since = time.monotonic()

    def advance(self, db: sqlite3.Connection) -> float:
        """Bring the clock of the store forward by what has passed, and return its time, in seconds since 1970."""
        now, since, self._since = time.time(), self._since, time.monotonic()
        (stored,) = db.execute(_KNOWN).fetchone()
        if stored is not None:
            before = stored if self._at is None else self._at
            now = min(now, max(stored, before + (self._since - since) * _MOST_TIMES_AS_FAST))
        self._at = now
        db.execute(_KEEP, (now,))
        return now
