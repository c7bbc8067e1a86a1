"""`CallLedger`: the calls of one turn while they are under way: what has come of them, and which are lost."""

from __future__ import annotations

from collections.abc import Awaitable
from decimal import Decimal
from functools import partial
from typing import TypeVar

from byok_widgets.config import ResolvedModel
from byok_widgets.engine import clock
from byok_widgets.engine.callbacks import OnText
from byok_widgets.errors import ByokError, ExtractionError
from byok_widgets.messages import Cost, Message, Reply
from byok_widgets.providers import PROVIDERS

T = TypeVar("T")

_BROKEN_OFF = frozenset({"timeout", "unreadable", "connection"})
"""Kinds of faults of a call that the provider may have answered in part, and charged."""


class CallLedger:
    """The calls of one turn.

    Attributes:
        lost: How many were begun and gave no answer, so that nobody can say what they took.
    """

    def __init__(self, on_text: OnText) -> None:
        self.lost = 0
        self._on_text = on_text
        self._under_way: ResolvedModel | None = None
        self._pieces: list[str] = []
        self._started_at = clock()
        self._first_token_at: float | None = None

    @property
    def latency_s(self) -> float:
        """Seconds since the turn began."""
        return clock() - self._started_at

    @property
    def time_to_first_token_s(self) -> float | None:
        """Seconds until the first piece of the reply; `None` without one."""
        return None if self._first_token_at is None else self._first_token_at - self._started_at

    async def ask(self, model: ResolvedModel | None, call: Awaitable[T]) -> T:
        """Await the work of a node; `model` is the one it calls, `None` where it calls none."""
        self._under_way = model
        answer = await call
        self._under_way = None
        return answer

    def on_text(self, text: str) -> None:
        """Take a piece of the reply."""
        if not self._pieces:
            self._first_token_at = clock()
        self._pieces.append(text)
        self._on_text(text)

    def interrupted(self, node: str, messages: tuple[Message, ...]) -> Reply | None:
        """Return what had come of a reply when the turn was stopped; `None` when nothing had."""
        model, text = self._under_way, "".join(self._pieces)
        if model is None or not text:
            self._lose()
            return None
        cost = Cost(Decimal(0), "local") if _is_free(model) else Cost()
        return Reply(
            text=text,
            finish_reason="interrupted",
            node=node,
            price=partial(Cost, cost.usd, cost.source),
            model=str(model.ref),
            model_source=model.source,
            latency_s=self.latency_s,
            transcript=(*messages, Message("assistant", text)),
            notices=("incomplete: it was stopped",),
        )

    def failed(self, error: ByokError) -> None:
        """Take note of a fault: some come after the provider has written, and charged."""
        if isinstance(error, ExtractionError) or error.partial_text or error.kind in _BROKEN_OFF:
            self._lose()

    def _lose(self) -> None:
        if self._under_way is not None and not _is_free(self._under_way):
            self.lost += 1


def _is_free(model: ResolvedModel) -> bool:
    return PROVIDERS[model.ref.provider].free_of_charge
