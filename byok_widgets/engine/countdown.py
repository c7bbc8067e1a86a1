"""`Countdown`: the whole seconds that are left of a wait, each reported once."""

from __future__ import annotations

import math

from byok_widgets.engine.callbacks import Waiting
from byok_widgets.engine.deadlines import clock

SHOWN_S = 1.0
"""A shorter wait is over before anybody could read of it."""


class Countdown:
    """Counts down one wait, from now on.

    Attributes:
        kind: The kind of the failure that is waited for.
    """

    def __init__(self, wait: Waiting) -> None:
        self.kind = wait.kind
        self._end = clock() + wait.wait_s
        self._told = math.ceil(wait.wait_s) + 1 if wait.wait_s >= SHOWN_S else 0

    def news(self) -> int | None:
        """Return how many seconds are left, 0 at the end; `None` where that is no news."""
        left_s = max(0, math.ceil(self._end - clock()))
        if left_s >= self._told:
            return None
        self._told = left_s
        return left_s
