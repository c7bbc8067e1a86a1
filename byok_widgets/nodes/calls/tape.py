"""`Tape`: stands between the nodes and the providers, where a flow is being recorded or replayed.

It is in front of everything that a call needs: the key, the local model, the retries. `recording/` implements it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING, Protocol

from byok_widgets.nodes.calls.admission import PendingCall

if TYPE_CHECKING:
    from byok_widgets.engine.callbacks import OnText
    from byok_widgets.providers import Request
    from byok_widgets.reply import Reply
    from byok_widgets.sent_request import SentRequest

    Send = Callable[[OnText], Awaitable[Reply]]
    """Makes a call at the provider."""


class TapedCall(PendingCall, Protocol):
    """A call that is recorded or replayed; see `model_call.Call`."""

    def sent(self, request: Request, left_out: Collection[str] = ()) -> SentRequest:
        """Return the call as it is sent, without settings that were left out, for people to look at."""

    def request(self) -> Request:
        """Return the call as a request to the provider."""


class Tape(Protocol):
    """Records the calls of a flow, or answers them from a recording."""

    @property
    def told(self) -> str:
        """One line about what it does, for the flow's displays."""

    @property
    def sends_nothing(self) -> bool:
        """Whether no call reaches a provider: there is nothing to pay, and no key is needed."""

    @property
    def replays(self) -> bool:
        """Whether it answers calls from a recording."""

    async def answered(self, call: TapedCall, request: Request, on_text: OnText, send: Send) -> Reply:
        """Return the reply to a call.

        Raises:
            ByokError: The call failed, now or when it was recorded; or it was never recorded.
        """

    async def holds(self, call: TapedCall) -> bool | None:
        """Return whether a call was recorded; `None` if that decides nothing, since calls are sent."""
