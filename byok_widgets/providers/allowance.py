"""`Allowance`: how often what is asked once may be sent, apart from retries after faults that pass."""

from __future__ import annotations

from typing import Any

MAX_REQUESTS = 5
"""Requests in all for one answer: the first one, those in which something refused is left out or asked for in a
weaker way, and a repair. Retries after a fault that passes are bounded by the deadline instead."""


class Allowance:
    """What is left of the requests for one answer.

    It is shared by all requests that are sent for the answer, so that adapting to an endpoint, asking in a weaker
    way and repairing cannot multiply.

    Attributes:
        changes: What had to be changed so far; a retry begins with it.
    """

    def __init__(self) -> None:
        self.changes: list[Any] = []
        self._left = MAX_REQUESTS - 1

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more may be sent."""
        return self._left <= 0

    def take(self) -> None:
        """Count one more request."""
        self._left -= 1
