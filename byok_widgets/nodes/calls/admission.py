"""`Admission`: asked before each call of a model in what runs inside it, such as a comparison with a budget.

It is a context variable like the budget of a turn, so that no kind of node, judge or action can forget it.

Beside it stands `Outbox`: it gets the answers by another way than sending each call at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from byok_widgets.usage import NOT_CHARGED, Cost

if TYPE_CHECKING:
    from byok_widgets.config import ResolvedModel
    from byok_widgets.messages import Message
    from byok_widgets.providers import Endpoint, OutputSchema, Provider


_NOTHING_SENT = "nothing was sent"


def nothing_sent() -> asyncio.CancelledError:
    """Return what stands for the cancellation of a call of which nothing was sent, or all of it was refused.

    It is no class of its own: time limits look for exactly this one.
    """
    return asyncio.CancelledError(_NOTHING_SENT)


def cost_if_cancelled(cancelled: asyncio.CancelledError) -> Cost:
    """Return what a call cost that was cancelled: nothing if nothing was sent, else nobody knows."""
    return NOT_CHARGED if cancelled.args == (_NOTHING_SENT,) else Cost()


class PendingCall(Protocol):
    """A call that is about to be made; see `model_call.Call`."""

    @property
    def node(self) -> str:
        """The node that makes it."""

    @property
    def resolved(self) -> ResolvedModel:
        """The model."""

    @property
    def provider(self) -> Provider:
        """The model's provider."""

    @property
    def system(self) -> str:
        """The instructions."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The dialogue."""

    @property
    def output(self) -> OutputSchema | None:
        """The shape of the answer."""

    @property
    def max_tokens(self) -> int | None:
        """Maximum number of tokens in the answer."""


class Admitted(Protocol):
    """A call that may be sent."""

    def settle(self, cost: Cost) -> None:
        """Record what it cost: nothing if none of its requests was charged, unknown if one may be."""


class Admission(Protocol):
    """What decides whether calls may be sent."""

    async def admit(self, call: PendingCall) -> Admitted:
        """Wait until a call may be sent.

        Raises:
            ByokError: It may not.
        """

    def note(self, cost: Cost) -> None:
        """Record the cost of a call that was made in another process."""


_current: ContextVar[Admission | None] = ContextVar("admission", default=None)


def current_admission() -> Admission | None:
    """Return what has to admit the calls that are made here; `None` if nothing has to."""
    return _current.get()


@contextmanager
def admitted_by(admission: Admission) -> Iterator[None]:
    """Let an admission decide on all calls that are made inside."""
    token = _current.set(admission)
    try:
        yield
    finally:
        _current.reset(token)


class Outbox(Protocol):
    """What gets answers in its own time, such as a batch."""

    async def exchange(self, provider: Provider, endpoint: Endpoint, body: Mapping[str, Any]) -> bytes:
        """Return the body of the answer to a request."""


_outbox: ContextVar[Outbox | None] = ContextVar("byok_outbox", default=None)


def current_outbox() -> Outbox | None:
    """Return the outbox of what runs here; `None` where calls are sent at once."""
    return _outbox.get()


@contextmanager
def sent_by(outbox: Outbox | None) -> Iterator[None]:
    """Let an outbox get the answers to the calls that are made inside."""
    token = _outbox.set(outbox)
    try:
        yield
    finally:
        _outbox.reset(token)
