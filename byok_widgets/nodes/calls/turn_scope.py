"""`TurnScope`: what the steps of a served turn share: its key, and the results of an earlier attempt.

It is a context variable like the budget of a turn, so no kind of node can forget to pass it on.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from byok_widgets.reply import NodeResult


class TurnScope(Protocol):
    """A turn that may be begun again by another process."""

    @property
    def key(self) -> str:
        """Identifies the turn, also when it is begun again."""

    async def kept(self, step: str) -> NodeResult | None:
        """Return what a step gave in an earlier attempt; `None` if it has to be done.

        Before it returns `None`, the results of all earlier steps are stored.

        Args:
            step: All that its result depends on, as text.
        """

    def keep(self, step: str, result: NodeResult) -> None:
        """Keep what a step gave."""


_current: ContextVar[TurnScope | None] = ContextVar("turn_scope", default=None)


def current_scope() -> TurnScope | None:
    """Return the served turn that runs here; `None` outside of one."""
    return _current.get()


def current_turn_key() -> str:
    """Return the key of the turn that runs here: outside of a served one, a new one each time."""
    scope = _current.get()
    return uuid.uuid4().hex if scope is None else scope.key


@contextmanager
def in_scope(scope: TurnScope) -> Iterator[None]:
    """Let all steps inside belong to a turn."""
    token = _current.set(scope)
    try:
        yield
    finally:
        _current.reset(token)
