"""The amount of work for checking one value: it is counted, and ends with an error where it becomes too much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MAX_STEPS = 20_000
"""Most steps for one value: references and alternatives that are followed; patterns count by their size."""

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


class TooMuchWorkError(ValueError):
    """A value could not be checked with a bounded amount of work."""


@contextmanager
def bounded_work() -> Iterator[None]:
    """Count what is spent inside for one value."""
    token = _left.set([MAX_STEPS])
    try:
        yield
    finally:
        _left.reset(token)


def spend(steps: int) -> None:
    """Count work that is about to be done; outside `bounded_work`, only this.

    Raises:
        TooMuchWorkError: It is more than what is left.
    """
    left = _left.get() or [MAX_STEPS]
    left[0] -= steps
    if left[0] < 0:
        raise TooMuchWorkError("its rules take too long to check")
