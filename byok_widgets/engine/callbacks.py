"""What running work reports to whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

OnText = Callable[[str], None]
"""Called with each piece of an answer as it arrives."""


@dataclass(frozen=True)
class Fetching:
    """A file is being downloaded.

    Attributes:
        what: Its name for people.
        done: Bytes so far.
        total: Bytes in all; 0 where that is not known.
    """

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Waiting:
    """A request failed and is sent again after a wait, which begins now.

    Attributes:
        kind: The kind of the failure, such as `"rate_limit"`.
        wait_s: Length of the wait, in seconds.
    """

    kind: str
    wait_s: float


OnProgress = Callable[[Fetching | Waiting], None]
"""Called with each step of what a reply has to wait for."""
