"""`ResponseAccumulator`: the pieces of one streamed answer, and how it really ended."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from byok_widgets.engine.callbacks import OnText, Retraction
from byok_widgets.errors import ByokError
from byok_widgets.messages import FinishReason
from byok_widgets.providers.clean_text import CleanText
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.stream import without_surrogates
from byok_widgets.providers.thinking import Sorted, ThoughtFilter, Thoughts
from byok_widgets.secrets import redact, redact_held
from byok_widgets.secrets.streamed_redaction import REMOVED
from byok_widgets.surrogates import REPLACEMENT
from byok_widgets.thought_tags import KNOWN_TAGS, Tags
from byok_widgets.usage import Usage

_TOKENS = "{tokens}"
_NOTICES: dict[FinishReason, str] = {
    "length": f"cut off{_TOKENS}: raise max_tokens to get the rest",
    "content_filter": "the provider's filter removed text",
    "refusal": "the model declined to answer",
    "tool_call": "the model asked for a tool, but none is offered",
    "incomplete": "incomplete: the answer ended before the model said it was done",
}
_LOST = f"parts of the answer could not be read, and are {REPLACEMENT}"
_LATE_USAGE = "how many tokens it took was not reported in time"
_IN_TEXT = "text"
_NO_BLOCK = object()


class ResponseAccumulator:
    """Collects text, thinking, usage and the finish reason of one answer as they arrive.

    Attributes:
        is_closed: Whether the provider has said that nothing more comes.
        has_pieces: Whether the answer came in pieces, so that a message after them is the whole answer.
        message: The last message that was not such a piece.
        asks_for_tool: Whether the model called a tool, whatever the reason it gives for its end.
    """

    def __init__(self, on_text: OnText, *, offers_tool: bool = False, thought_tags: Tags = KNOWN_TAGS) -> None:
        self.usage = Usage()
        self.message: Any = None
        self.reported_cost_usd: Decimal | None = None
        self.request_id: str | None = None
        self.is_closed = self.has_pieces = self.asks_for_tool = False
        self.offers_tool = offers_tool
        self._on_text = on_text
        self._tags = thought_tags
        self._filter = ThoughtFilter(thought_tags)
        self._thoughts = Thoughts()
        self._thought_block: object = _NO_BLOCK
        self._words = CleanText(on_text)
        self._refusal: CleanText | None = None
        self._reason: FinishReason | None = None
        self._notice = ""
        self._model: str | None = None
        self._streams: Literal["wholes", "pieces"] | None = None
        self._repeats = 0
        self._parts = self._spoken_parts = 0
        self._goes_on = False  # something was said after the answer had ended
        self._lingered_s = 0.0
        self._usage_is_late = False
        self._counted_parts = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing of an answer arrived, not even a reason why there is no text."""
        return self._reason is None and not self._words and not self._refusal

    @property
    def has_thought(self) -> bool:
        """Whether the model has been thinking."""
        return bool(self._thoughts)

    @property
    def reasoning(self) -> str:
        """The thinking so far, without held keys."""
        return redact_held(self._thoughts.text())

    @property
    def has_begun(self) -> bool:
        """Whether anything of an answer arrived, thinking included."""
        return self.has_thought or not self.is_empty

    @property
    def may_be_charged(self) -> bool:
        """Whether anything of an answer, or how many tokens were read for it, arrived."""
        return self.has_begun or self.usage != Usage()

    @property
    def has_usage(self) -> bool:
        """Whether it is known how many tokens were written."""
        return self.usage.output_tokens is not None

    @property
    def is_finished(self) -> bool:
        """Whether the model has said why the answer ended, and has written nothing since then."""
        return self._reason is not None and not self._goes_on

    @property
    def ended_after(self) -> int | None:
        """After how many parts the answer has ended; `None` if it continues.

        Some servers give a reason for an end with each piece, so that it may end several times.
        """
        return self._parts if self.is_finished else None

    def sibling(self) -> ResponseAccumulator:
        """Return an empty accumulator for the same answer in another form."""
        return ResponseAccumulator(lambda _: None, offers_tool=self.offers_tool, thought_tags=self._tags)

    def set_metadata(self, model: object, request_id: object) -> None:
        """Remember the model that reports itself, and the first id by which its provider can find the request."""
        if isinstance(model, str) and model and model != self._model:
            self._model = without_surrogates(model)
        if not self.request_id and isinstance(request_id, str):
            self.request_id = without_surrogates(request_id)

    def count_usage(self, usage: Usage, *, with_piece: bool) -> None:
        """Take a report of usage; one that comes with a piece of the answer may be followed by others."""
        self.usage = usage
        self._counted_parts = -1 if with_piece else self._parts

    def add(self, text: str) -> None:
        """Add a piece of the answer and pass it on without held keys."""
        self._words.add(text)

    def add_spoken(self, text: str) -> None:
        """Add a piece of the answer's text, in which there may be thinking."""
        self._count()
        self._take(self._filter.feed(text))

    def add_piece(self, text: str) -> None:
        """Add a piece of the answer's text that came as one of several."""
        self.has_pieces = True
        self.add_spoken(text)

    def add_input(self, text: str) -> None:
        """Add a piece of a tool's input, in which there is no thinking."""
        if text:
            self._count()
            self.add(text)

    def add_thought(self, text: str, source: str) -> None:
        """Add a piece of the model's thinking, which is not part of the text.

        Args:
            text: The piece.
            source: Where it comes from; some providers send the same thinking in several places.
        """
        if text:
            self._parts += 1
            self._thoughts.add(text, source)
            self._filter.skip_thought()

    def separate_thoughts(self, source: str) -> None:
        """Begin a new paragraph of the thinking from a source."""
        self._thoughts.separate(source)

    def begin_block(self, index: object, *, is_thought: bool) -> None:
        """Record whether the content block that begins is the model's thinking."""
        self._thought_block = index if is_thought and index is not None else _NO_BLOCK

    def thinks_in(self, index: object) -> bool:
        """Whether a content block is the model's thinking, whatever its pieces are called."""
        return self._thought_block == index

    def add_refusal(self, text: str) -> None:
        """Add a piece of the model's refusal; it is shown like an answer."""
        if text:
            self._count()
            self._refusal = self._refusal or CleanText(self._on_text)
            self._refusal.add(text)

    def said(self) -> str:
        """Return the text so far, and nothing is held back any more."""
        self.flush()
        return str(self._words)

    def add_message(self, before: str, now: str) -> bool:
        """Take a further message from a server that streams messages; return whether it is a piece of the answer.

        Usually each message is all of the answer so far. Where one does not go on from the message before it, each
        is a piece; those that had been taken for repetitions are then added.
        """
        if self._streams is None:
            if now == before:
                self._repeats += 1
                return False
            self._streams = "wholes" if now.startswith(before) else "pieces"
            if self._streams == "pieces":
                self.add_spoken(before * self._repeats)
        if self._streams == "wholes" and now.startswith(before):
            self.add_input(now[len(before) :])
        return self._streams == "pieces"

    def is_repeated(self, whole: ResponseAccumulator) -> bool:
        """Whether another form of the answer says in one piece just what has come in several."""
        return whole.said() == self.said() and self._spoken_parts > 1

    def add_whole(self, whole: ResponseAccumulator) -> None:
        """Take from the whole answer, which some servers send after its pieces, only what is missing."""
        self.flush()
        whole.flush()
        had, all_of_it = str(self._words), str(whole._words)
        if all_of_it.startswith(had):
            self.add(all_of_it[len(had) :])
        if not self._refusal:
            self.add_refusal(str(whole._refusal or ""))
        self._thoughts.add(whole._thoughts.text(), "whole")
        self.asks_for_tool = self.asks_for_tool or whole.asks_for_tool

    def finish(self, reason: FinishReason | None, raw: str, *, notice: str = "") -> None:
        """Record why the answer ended; an unknown reason makes it incomplete, and is kept in the notice.

        A reason that says more than that the model was done is kept, whatever comes after it.

        Args:
            reason: The provider-neutral reason; `None` for a reason that is not known here.
            raw: The provider's own word for it.
            notice: The notice to show instead of the usual one for `reason`.
        """
        self._goes_on = False
        if reason == "tool_call" and self.offers_tool:
            reason = "stop"  # the tool is how the shape was asked for
        # Some servers send a plain "stop" after the reason that says more.
        if reason == "stop" and self._reason is not None:
            return
        self._reason, self._notice = reason or "incomplete", notice
        if reason is None:
            word = redact(without_surrogates(raw))[:40]
            self._notice = f"incomplete: the provider gave an unknown finish reason: {word}"

    def note_end(self) -> None:
        """Record that nothing more comes: a finish reason that came before the last words also applies to them."""
        self._goes_on = False

    def note_wait(self, lingered_s: float, *, was_late: bool) -> None:
        """Record how long the end of the body was waited for, and whether the wait was given up."""
        self._lingered_s = lingered_s
        self._usage_is_late = was_late and not self.has_usage

    def answer(self, *, is_stopped: bool = False) -> Answer:
        """Return the whole answer; one that ended without a reason is incomplete.

        Args:
            is_stopped: Whether the call was cancelled, which says why it is incomplete.
        """
        self.flush()
        # whatever reason it gave
        reason: FinishReason = "refusal" if self._refusal else self._reason or "incomplete"
        if reason == "stop" and self._goes_on:
            reason = "incomplete"
        if reason == "stop" and self.asks_for_tool and not self.offers_tool:
            reason = "tool_call"
        answer = Answer(
            text=f"{self._words}{self._refusal or ''}",
            finish_reason=reason,
            usage=self._credible_usage(),
            reported_model=self._model,
            reported_cost_usd=self.reported_cost_usd,
            request_id=self.request_id,
            reasoning=self._thoughts.text(),
            lingered_s=self._lingered_s,
            may_cost_more=not self.is_finished and self._counted_parts < self._parts,
        )
        notice = self._notice or _NOTICES.get(reason, "")
        if notice and not (is_stopped and reason == "incomplete" and not self._notice):
            answer = answer.with_notice(notice.replace(_TOKENS, self._tokens()))
        if self._words.is_altered or (self._refusal and self._refusal.is_altered):
            answer = answer.with_notice(REMOVED)
        if REPLACEMENT in answer.text:
            answer = answer.with_notice(_LOST)
        if not answer.text and reason == "stop":
            empty = "the answer is empty: all of it is reasoning" if answer.reasoning else "the answer is empty"
            answer = answer.with_notice(empty)
        is_late = self._usage_is_late or (is_stopped and self.is_finished and not self.has_usage)
        return answer.with_notice(_LATE_USAGE) if is_late else answer

    def partial_or_raise(self, error: ByokError) -> Answer:
        """Return what arrived before `error`, with what it says as a notice; raise it if no text arrived.

        The answer is incomplete, unless the model had already said that it was done.
        """
        self.flush()
        if not self._words and not self._refusal:
            error.request_id = error.request_id or redact(self.request_id or "", words=False) or None
            raise error
        if self.is_finished:
            return self.answer().with_notice(error.problem)
        words = (error.problem, error.cause, error.fix, error.link)
        return self.answer().with_notice(" ".join(filter(None, words)))

    def flush(self) -> None:
        """Pass on what was held back because it might go on as a tag or a key: nothing more comes."""
        self._take(self._filter.flush())
        self._words.flush()
        if self._refusal:
            self._refusal.flush()

    def _count(self) -> None:
        """Count a part of what is said."""
        self._parts += 1
        self._spoken_parts += 1
        self._goes_on = self._reason is not None

    def _take(self, found: Sorted) -> None:
        if found.retracts:  # a closing tag that nothing opened: all so far was thinking
            self._thoughts.add(self._words.take_back(), _IN_TEXT)
            self._on_text(Retraction())
        if found.thought:
            self._thoughts.add(found.thought, _IN_TEXT)
        if found.said:
            self.add(found.said)

    def _credible_usage(self) -> Usage:
        """Return the usage without zeros that cannot be: some servers report them for what they do not count."""
        usage = self.usage
        if usage.input_tokens == 0:
            usage = replace(usage, input_tokens=None)
        if usage.output_tokens == 0 and (self._words or self._refusal or self.has_thought):
            usage = replace(usage, output_tokens=None)
        return usage

    def _tokens(self) -> str:
        written = self.usage.output_tokens
        return " at the token limit" if written is None else f" after {written:,} tokens"
