"""`CallLedger`: keeps track of the calls of one turn: what has arrived so far, and which calls are lost."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import TypeVar

from byok_widgets.config import ResolvedModel
from byok_widgets.engine import clock
from byok_widgets.engine.callbacks import OnProgress, OnText, Progress, Retraction, Thinker, Thinking
from byok_widgets.errors import ByokError
from byok_widgets.messages import Message, answer_message
from byok_widgets.nodes.calls.model_call import cost_when_stopped, origin_of
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.reply import Reply
from byok_widgets.usage import Cost

T = TypeVar("T")


class CallLedger:
    """The calls of one turn.

    Attributes:
        lost_costs: What each call cost that gave no answer which can be used.
        lost_reasoning: What the model had thought in the last of those that gave no answer.
    """

    def __init__(self, context: FlowContext, on_text: OnText, on_progress: OnProgress) -> None:
        self.lost_costs: list[Cost] = []
        self.lost_reasoning = ""
        self._context, self._on_text, self._on_progress = context, on_text, on_progress
        self._thinker: Thinker | None = None
        self._under_way: ResolvedModel | None = None
        self._pieces: list[str] = []
        self._started_at = clock()
        self._first_token_at: float | None = None
        self._said_at: float | None = None

    @property
    def latency_s(self) -> float:
        """Seconds since the turn began, until all was said."""
        return (self._said_at or clock()) - self._started_at

    @property
    def time_to_first_token_s(self) -> float | None:
        """Seconds until the first piece of the reply; `None` without one."""
        return None if self._first_token_at is None else self._first_token_at - self._started_at

    async def ask(self, model: ResolvedModel | None, call: Awaitable[T]) -> T:
        """Await the work of a node; `model` is the one it calls, or `None`."""
        self._under_way, self._thinker = model, None
        answer = await call
        self._under_way = self._thinker = None  # not in a `finally`: after a failure both are still asked for
        return answer

    def all_is_said(self) -> None:
        """Record that everything has been said, so the user is no longer waiting."""
        self._said_at = clock()

    def on_text(self, text: str) -> None:
        """Record a piece of the reply and pass it on."""
        if isinstance(text, Retraction):
            self._pieces.clear()
        else:
            if not self._pieces:
                self._first_token_at = clock()
            self._pieces.append(text)
        self._on_text(text)

    def on_progress(self, progress: Progress) -> None:
        """Record a model's thinking, and pass the progress on."""
        if isinstance(progress, Thinking):
            self._thinker = progress.thinker
        self._on_progress(progress)

    def interrupted(self, node: str, messages: tuple[Message, ...]) -> Reply | None:
        """Return the part of the reply that had arrived when the turn was stopped; `None` if there was none."""
        model, text = self._under_way, "".join(self._pieces)
        if model is None or not text:
            self._lose(Cost())
            self._keep_reasoning()
            return None
        return Reply(
            text=text,
            finish_reason="interrupted",
            node=node,
            origin=origin_of(model, self._context),
            price=partial(cost_when_stopped, model, self._context),
            model=str(model.ref),
            model_source=model.source,
            reasoning=self._thinker.reasoning if self._thinker else "",
            latency_s=self.latency_s,
            transcript=(*messages, answer_message(text, "interrupted")),
            notices=("incomplete: it was stopped",),
        )

    def failed(self, error: ByokError) -> None:
        """Record an error: some occur after the provider has written text and charged for it."""
        self._keep_reasoning()
        if error.may_be_charged:
            self._lose(error.cost)

    def lose(self, model: ResolvedModel, cost: Cost) -> None:
        """Record a call beside the one that was waited for: it cost something, and its answer is not used."""
        if origin_of(model, self._context) == "live":  # the others cost nothing
            self.lost_costs.append(cost)

    def _keep_reasoning(self) -> None:
        self.lost_reasoning = self._thinker.reasoning if self._thinker else ""

    def _lose(self, cost: Cost) -> None:
        if self._under_way is not None:
            self.lose(self._under_way, cost)
