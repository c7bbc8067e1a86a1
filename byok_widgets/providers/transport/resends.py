"""Requests that the transport sent a second time on its own; `attempts` in a reply counts these, too."""

from __future__ import annotations

from contextvars import ContextVar

_resends: ContextVar[int] = ContextVar("resends", default=0)


def resends() -> int:
    """Return how many requests were sent again in this context, because a kept connection turned out to be closed.

    Compare the values before and after a call in the same task.
    """
    return _resends.get()


def count_resend() -> None:
    """Count one request that is sent again."""
    _resends.set(_resends.get() + 1)
