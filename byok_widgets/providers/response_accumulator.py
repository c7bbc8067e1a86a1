"""`ResponseAccumulator`: the pieces of one streamed answer, and how it really ended."""

from __future__ import annotations

from decimal import Decimal

from byok_widgets.engine.callbacks import OnText
from byok_widgets.errors import ByokError
from byok_widgets.messages import FinishReason, Usage
from byok_widgets.providers.base import Answer
from byok_widgets.providers.thought_filter import ThoughtFilter
from byok_widgets.secrets import redact

_NOTICES: dict[FinishReason, str] = {
    "length": "cut off{tokens}: raise max_tokens to get the rest",
    "content_filter": "the provider's filter removed text",
    "refusal": "the model declined to answer",
    "tool_call": "the model asked for a tool, but none is offered",
    "incomplete": "incomplete: the answer ended before the model said it was done",
}
CONTEXT_IS_FULL = "cut off: the dialogue and the answer fill the model's context"


class ResponseAccumulator:
    """Collects text, usage and the finish reason of one answer as they arrive."""

    def __init__(
        self, on_text: OnText, *, offers_tool: bool = False, thought_tags: tuple[str, str] | None = None
    ) -> None:
        self.usage = Usage()
        self.reported_cost_usd: Decimal | None = None
        self.request_id: str | None = None
        self._on_text = on_text
        self.offers_tool = offers_tool
        self._thoughts = ThoughtFilter(*thought_tags) if thought_tags else None
        self._pieces: list[str] = []
        self._refusals: list[str] = []
        self._reason: FinishReason | None = None
        self._notice = ""
        self._model: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing arrived, not even a reason why there is no text."""
        return not self._pieces and not self._refusals and self._reason is None

    def set_metadata(self, model: object, request_id: object) -> None:
        """Remember the model that reports itself, and the first id by which its provider can find the request."""
        if isinstance(model, str) and model:
            self._model = model
        if isinstance(request_id, str) and request_id:
            self.request_id = self.request_id or request_id

    def add(self, text: str) -> None:
        """Add a piece of the answer and pass it on."""
        if text:
            self._pieces.append(text)
            self._on_text(text)

    def add_spoken(self, text: str, *, is_thought: bool = False) -> None:
        """Add a piece of the answer without the thoughts in it; what is thought is not said."""
        if is_thought:
            if self._thoughts:
                self._thoughts.skip_thought()
            return
        self.add(self._thoughts.feed(text) if self._thoughts else text)

    def add_refusal(self, text: str) -> None:
        """Add a piece of the model's refusal; it is shown like an answer."""
        if text:
            self._refusals.append(text)
            self._on_text(text)

    def finish(self, reason: FinishReason | None, raw: str, *, notice: str = "") -> None:
        """Record why the answer ended; an unknown reason makes it incomplete, and is kept in the notice.

        Args:
            reason: The provider-neutral reason; `None` for a reason that is not known here.
            raw: The provider's own word for it.
            notice: The notice to show instead of the usual one for `reason`.
        """
        if reason == "tool_call" and self.offers_tool:
            reason = "stop"  # the tool is how the shape was asked for
        unknown = f"incomplete: the provider gave an unknown finish reason: {redact(raw)[:40]}"
        self._reason = reason or "incomplete"
        self._notice = notice if reason else unknown

    def answer(self) -> Answer:
        """Return the whole answer; one that ended without a reason is incomplete."""
        self._flush()
        reason: FinishReason = "refusal" if self._refusals else self._reason or "incomplete"
        answer = Answer(
            text="".join([*self._pieces, *self._refusals]),
            finish_reason=reason,
            usage=self.usage,
            reported_model=self._model,
            reported_cost_usd=self.reported_cost_usd,
            request_id=self.request_id,
        )
        notice = self._notice or _NOTICES.get(reason, "").format(tokens=self._tokens())
        if notice:
            answer = answer.with_notice(notice)
        if not answer.text and reason == "stop":
            answer = answer.with_notice("the answer is empty")
        return answer

    def partial_or_raise(self, error: ByokError) -> Answer:
        """Return what arrived before `error`, with its message as a notice; raise it if nothing arrived.

        The answer is incomplete, unless the model had already said that it was done.
        """
        self._flush()
        if not self._pieces and not self._refusals:
            error.request_id = error.request_id or self.request_id
            raise error
        return self.answer().with_notice(error.problem)

    def _flush(self) -> None:
        if self._thoughts:
            self.add(self._thoughts.flush())

    def _tokens(self) -> str:
        written = self.usage.output_tokens
        return " at the token limit" if written is None else f" after {written:,} tokens"
