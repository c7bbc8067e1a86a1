"""`Gathered`: the pieces of one streamed answer, and the honest word for how it ended."""

from __future__ import annotations

from decimal import Decimal

from byok_widgets.errors import ProviderError
from byok_widgets.messages import FinishReason, Usage
from byok_widgets.providers.base import Answer, OnText

_NOTICES: dict[FinishReason, str] = {
    "length": "cut off at the token limit: raise max_tokens to read on",
    "content_filter": "the provider's filter removed text",
    "refusal": "the model declined to answer",
    "tool_call": "the model asked for a tool, and none is offered",
    "incomplete": "incomplete: the answer ended before the model said it was done",
}


class Gathered:
    """Collects text, usage and the finish reason of one answer as they come."""

    def __init__(self, on_text: OnText) -> None:
        self.usage = Usage()
        self.reported_cost_usd: Decimal | None = None
        self.request_id: str | None = None
        self._on_text = on_text
        self._pieces: list[str] = []
        self._refusals: list[str] = []
        self._reason: FinishReason | None = None
        self._unknown_reason = ""
        self._model: str | None = None

    def saw(self, model: object, request_id: object) -> None:
        """Remember which model says it answers, and the first id by which its provider can find the request."""
        if isinstance(model, str) and model:
            self._model = model
        if isinstance(request_id, str) and request_id:
            self.request_id = self.request_id or request_id

    def add(self, text: str) -> None:
        """Add a piece of the answer and hand it out."""
        if text:
            self._pieces.append(text)
            self._on_text(text)

    def add_refusal(self, text: str) -> None:
        """Add a piece of the model's words of refusal; they are shown like an answer."""
        if text:
            self._refusals.append(text)
            self._on_text(text)

    def finish(self, reason: FinishReason | None, raw: str) -> None:
        """Note why the answer ended; a reason nobody knows is kept in words."""
        self._reason = reason or "stop"
        self._unknown_reason = "" if reason else raw

    def answer(self) -> Answer:
        """Return the whole answer; one that ended without a reason is incomplete."""
        reason: FinishReason = "refusal" if self._refusals else self._reason or "incomplete"
        answer = Answer(
            text="".join([*self._pieces, *self._refusals]),
            finish_reason=reason,
            usage=self.usage,
            reported_model=self._model,
            reported_cost_usd=self.reported_cost_usd,
            request_id=self.request_id,
        )
        if reason in _NOTICES:
            answer = answer.noting(_NOTICES[reason])
        if self._unknown_reason:
            answer = answer.noting(f"the provider gave an unknown finish reason: {self._unknown_reason[:40]}")
        if not answer.text and reason == "stop":
            answer = answer.noting("the answer is empty")
        return answer

    def rescue(self, error: ProviderError) -> Answer:
        """Return what had come before `error` as an incomplete answer; raise it when nothing had come."""
        if not self._pieces and not self._refusals:
            raise error
        self._reason = None
        return self.answer().noting(error.problem)
