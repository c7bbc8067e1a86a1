"""`Pace`: when the reading of a response may rest, so that small pieces are read together.

Models send a few characters at a time, and waking up for each of them costs more than reading it. A person sees no
more than some updates a second. Pure logic: times are given by the caller.
"""

from __future__ import annotations

LONGEST_REST_S = 1 / 12
SHORTEST_REST_S = 0.005
"""A shorter rest would cost more than it saves."""
REST_SHARE = 1 / 40
"""A rest is at most this part of the time that the body has taken, so short answers are not made longer."""
SMALL_BYTES = 16 * 2**10
"""Of a body that comes faster, there is enough to do."""
_IN_A_ROW = 1.25
"""Pieces belong together if the time between them is no longer than so many rests."""


class Pace:
    """The pace of one response's body."""

    def __init__(self) -> None:
        self._began_at: float | None = None
        self._read_at = 0.0

    def rest_s(self, size: int, now: float) -> float:
        """Take note of a piece that was just read, and return how long to rest after it; 0 for not at all."""
        if self._began_at is None:
            self._began_at = self._read_at = now
        rest_s = min(LONGEST_REST_S, REST_SHARE * (now - self._began_at))
        since_s, self._read_at = now - self._read_at, now
        rests = rest_s >= SHORTEST_REST_S and size <= SMALL_BYTES and since_s <= _IN_A_ROW * rest_s
        return rest_s if rests else 0.0
