"""`Lane`: which case a call belongs to, and which repeat of it, as declared by whoever makes the calls.

A recording uses it to tell equal requests apart, and never the order in which they arrive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

_NOTHING: Mapping[str, str] = {}


class Lane(NamedTuple):
    """Which case a call belongs to.

    Attributes:
        case: Name of the case, for people; empty outside of one.
        key: What tells it from other lanes.
        repeat: Number of the repeat; 0 where nobody counts.
        given: What the case is given, in words by place; it does not count, and tells what has changed in a case.
    """

    case: str = ""
    key: str = ""
    repeat: int = 0
    given: Mapping[str, str] = _NOTHING

    @property
    def identity(self) -> tuple[str, str, int]:
        """What a recording keeps of it to tell it from others."""
        return self.case, self.key, self.repeat

    def part(self, name: str) -> Lane:
        """Return the lane of a part, such as one of several tries, whose calls are kept apart from others."""
        return self._replace(key=f"{self.key} {name}".strip())

    def __str__(self) -> str:
        case = f"case {self.case!r}" if self.case else ""
        return ", ".join(filter(None, [case, f"repeat {self.repeat}" if self.repeat else ""]))


NO_LANE = Lane()

_current: ContextVar[Lane] = ContextVar("byok_lane", default=NO_LANE)


def current_lane() -> Lane:
    """Return the lane of what runs here."""
    return _current.get()


@contextmanager
def in_lane(lane: Lane) -> Iterator[None]:
    """Let all calls that are made inside belong to a lane."""
    token = _current.set(lane)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def lane(case: str = "", *, repeat: int = 0) -> Iterator[None]:
    """Say which case the calls inside belong to, so that a recording tells equal requests apart.

        for number in range(3):
            with lane(repeat=number):
                print(ask.run("Tell me a joke."))

    Args:
        case: Name of the case; by default the one that holds around it.
        repeat: Number of the repeat.
    """
    with in_lane(Lane(case, case, repeat) if case else current_lane()._replace(repeat=repeat)):
        yield
