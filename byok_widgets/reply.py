"""What nodes return: the base of all results, and a model's reply. Frozen, and free of secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cache, cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, get_args

from byok_widgets.attributes.guesses import AnswersGuesses
from byok_widgets.display import markup, reasoning_display
from byok_widgets.display.cards import Listing
from byok_widgets.messages import CUT_OFF, FinishReason, Message, Transcript, answer_message, with_sign
from byok_widgets.sent_request import SentRequests
from byok_widgets.usage import Cost, CostSource, Usage, token_counts, token_words

if TYPE_CHECKING:
    from byok_widgets.grounding.evidence import Evidence


@dataclass(frozen=True)
class LearnedValue:
    """A value that a node assigns to a variable.

    Attributes:
        name: The variable.
        value: The value; `None` removes an earlier one.
        status: `"found"`, `"ungrounded"` where it does not occur in the dialogue, `"not_stated"` for `None`.
        rejected: What was read and not taken, since the dialogue does not support it; an earlier value then stays.
    """

    name: str
    value: Any
    status: Literal["found", "ungrounded", "not_stated"] = "found"
    rejected: Any = None


class Reading(Protocol):
    """What was read from a dialogue: it can be corrected, and shown where it was said."""

    @property
    def values(self) -> Mapping[str, Any]:
        """The value of each field; `None` if it was not stated."""

    @property
    def transcript(self) -> tuple[Message, ...]:
        """The dialogue."""

    @property
    def evidence(self) -> Mapping[str, Evidence]:
        """Where each value was said, by its path; `message` is an index in `transcript`."""


Origin = Literal["live", "local", "replay", ""]
"""Where an answer came from: a provider, a model on this machine, a recording; empty where no model was asked."""


def badge(origins: Iterable[Origin]) -> str:
    """Return the word that says where answers came from, such as `REPLAY`; empty where no model was asked."""
    return " + ".join(dict.fromkeys(origin.upper() for origin in origins if origin))


def origins_of(sources: Iterable[CostSource]) -> tuple[Origin, ...]:
    """Return where the answers came from whose costs have these sources; the recorded ones come first."""
    found = {_ORIGINS.get(source, "live") for source in sources}
    return tuple(origin for origin in get_args(Origin) if origin in found)[::-1]


_ORIGINS: Mapping[CostSource, Origin] = {"replay": "replay", "local": "local", "static": "", "not charged": ""}


class NodeResult(AnswersGuesses):
    """What a node produced when it ran; each kind of node has its own.

    Attributes:
        field_name: Name under which a session file stores it.
        verb: What the node did, for a table.
        unsaved: Fields that a session file does not store.
        node: Name of the node.
        notices: Notices for the user.
    """

    field_name: ClassVar[str]
    verb: ClassVar[str]
    unsaved: ClassVar[frozenset[str]] = frozenset()
    node: str
    notices: tuple[str, ...] = ()

    @property
    def effect_id(self) -> str:
        """Id of an action's run, which identifies its effects; empty for other nodes."""
        return ""

    @property
    def spoken(self) -> Reply | None:
        """What the node says; `None` for a silent node."""
        return None

    @property
    def model_reply(self) -> Reply | None:
        """The model's answer; `None` if no model was called."""
        return None

    @property
    def learned(self) -> tuple[LearnedValue, ...]:
        """The values it found."""
        return ()

    @property
    def reading(self) -> Reading | None:
        """What it read from the dialogue; `None` for a node that reads no fields."""
        return None

    @property
    def duration_s(self) -> float:
        """Seconds that the node took; 0 where it called nothing."""
        reply = self.model_reply
        return reply.latency_s if reply else 0.0

    @property
    def badge(self) -> str:
        """The word that says where a model's answer came from: `LIVE`, `LOCAL`, `REPLAY`; empty without one."""
        reply = self.model_reply
        return badge([reply.origin]) if reply else ""

    @property
    def shown_notices(self) -> tuple[str, ...]:
        """The notices for a cell in which the result was shown while it came; none for a silent node."""
        return self.notices if self.spoken else ()

    @property
    def line(self) -> str:
        """The result in one line."""
        return ""

    @property
    def explanation(self) -> str:
        """What the node did, as the end of a sentence that begins with its name."""
        return self.line

    def saved_fields(self) -> dict[str, Any]:
        """Return what a session file holds of it, by field; a result among them is saved in the same way."""
        kind: Any = type(self)
        return {name: getattr(self, name) for name in field_names(kind) if name not in self.unsaved}

    @classmethod
    def fields_of(cls, saved: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return its fields from what a session file holds; a model's answer is in the field `reply`."""
        return {**saved, "reply": Reply.fields_of(saved["reply"])} if saved.get("reply") else saved

    def with_transcript(self, dialogue: tuple[Message, ...]) -> NodeResult:
        """Return the result with the dialogue that the node was given."""
        del dialogue
        return self


ModelSource = Literal["call argument", "node override", "judge override", "flow default", "static"]

SOURCE_WORDS: dict[ModelSource, str] = {
    "call argument": "call argument",
    "node override": "node override",
    "judge override": "judge override",
    "flow default": "flow default",
    "static": "static",
}
"""What people read of where the choice of a model came from; programs compare the `ModelSource`."""


@dataclass(frozen=True, repr=False)
class Reply(NodeResult):
    """What a node said, and everything known about how the answer was made.

    Attributes:
        text: The answer, unchanged; never the model's thinking.
        reasoning: What the model thought before it answered, where it shows that. It is part of no transcript and
            is sent to no model. After a repair it holds the reasoning of each request, in order.
        finish_reason: Why it ended, see `FinishReason`.
        usage: Tokens read and written.
        price: Computes `cost` on first access (the price list is large).
        model: Model ref `provider:model-id` that was requested; `None` for a static sentence.
        model_source: Where the choice of the model came from.
        origin: Where the answer came from: `"live"` (a provider), `"local"` (this machine), `"replay"` (a
            recording); empty for a static sentence.
        reported_model: The model id that answered, according to the provider.
        node: Name of the node that spoke.
        latency_s: Seconds from the call to the last token.
        waited_s: The part of `latency_s` before the request that was answered was sent: the wait for its turn, and
            attempts that failed. What remains is the provider's own time.
        time_to_first_token_s: Seconds to the first token; `None` if there was none.
        attempts: Requests sent, retries included.
        request_id: The provider's id for the request, where it gave one.
        transcript: The dialogue with this answer as its last message; hand it to the next node. An answer that was
            cut off ends with ` […]` there.
        notices: Sentences that a reader must know: a cut-off, a refusal, a setting that was dropped.
        fallback: Kind of the error in whose place a caller heard it, as the fallback sentence or from the fallback
            model; empty where all went well.
        request: What the model was asked, as a `SentRequest`: system, messages, schema, settings, model; never a
            key. `None` for a static sentence, for a partial reply, and in a session that was read from a file.
        requests: The same for every request that the reply took, those that were refused or repaired included.
    """

    field_name: ClassVar[str] = "says"
    _guessed_kind: ClassVar[str] = "reply"
    verb: ClassVar[str] = "speaks"
    unsaved: ClassVar[frozenset[str]] = frozenset({"price", "transcript", "request", "requests"})

    text: str
    finish_reason: FinishReason
    node: str
    usage: Usage = field(default_factory=Usage)
    price: Callable[[], Cost] = field(default=Cost, compare=False)
    model: str | None = None
    model_source: ModelSource = "flow default"
    origin: Origin = ""
    reported_model: str | None = None
    reasoning: str = ""
    latency_s: float = 0.0
    waited_s: float = 0.0
    time_to_first_token_s: float | None = None
    attempts: int = 1
    request_id: str | None = None
    transcript: tuple[Message, ...] = ()
    notices: tuple[str, ...] = ()
    fallback: str = ""
    request: Any = field(default=None, compare=False)
    requests: tuple[Any, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Let what is looked at in a cell be readable there."""
        for name, kind in (("transcript", Transcript), ("requests", SentRequests)):
            given = getattr(self, name)
            if not isinstance(given, kind):
                object.__setattr__(self, name, kind(given))

    @cached_property
    def cost(self) -> Cost:
        """What it cost; unknown stays unknown."""
        return self.price()

    @property
    def spoken(self) -> Reply:
        """The reply itself."""
        return self

    @property
    def model_reply(self) -> Reply:
        """The reply itself."""
        return self

    @property
    def line(self) -> str:
        """The text, with the sign ` […]` where it was cut off."""
        return self.signed_text

    @property
    def signed_text(self) -> str:
        """The text, with the sign ` […]` where it was cut off."""
        return with_sign(self.text, self.finish_reason)

    @property
    def told(self) -> str:
        """The text for people: with the sign where it was cut off, and a line that says why it is not complete."""
        why = f"[{self.why_incomplete}]" if self.why_incomplete else ""
        return "\n".join(part for part in (self.signed_text, why) if part)

    @property
    def transcript_entry(self) -> Message:
        """The reply as an entry of a transcript."""
        return answer_message(self.text, self.finish_reason)

    @property
    def is_cut_off(self) -> bool:
        """Whether the text is not all that the model would have said."""
        return self.finish_reason in CUT_OFF

    @property
    def why_incomplete(self) -> str:
        """Why the answer is not complete, in words; empty for a complete one."""
        return "" if self.complete else "; ".join(self.notices) or f"it ended with {self.finish_reason}"

    @property
    def explanation(self) -> str:
        """Who said it, as the end of a sentence."""
        if self.finish_reason == "static":
            return f"said {self.noted.strip(' ()')}" if self.fallback else "spoke its fixed sentence"
        return f"spoke with {self.model} ({SOURCE_WORDS[self.model_source]}){self.noted}"

    @property
    def noted(self) -> str:
        """The notices in parentheses; empty without any."""
        notices = "; ".join(self.notices) or self.why_incomplete
        return f" ({notices})" if notices else ""

    def with_transcript(self, dialogue: tuple[Message, ...]) -> Reply:
        """Return the reply with the dialogue before it."""
        return replace(self, transcript=(*dialogue, self.transcript_entry))

    def with_notice(self, notice: str) -> Reply:
        """Return the reply with one more notice."""
        return replace(self, notices=(*self.notices, notice))

    def saved_fields(self) -> dict[str, Any]:
        """Return what a session file holds of it: its cost, and not its transcript, which the turns hold."""
        return {**super().saved_fields(), "usage": vars(self.usage), "cost": _saved_cost(self.cost)}

    @classmethod
    def fields_of(cls, saved: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return its fields from what a session file holds."""
        cost = saved["cost"]
        return {**saved, "price": partial(_cost, cost)}

    @property
    def complete(self) -> bool:
        """Whether the answer was finished."""
        return self.finish_reason in ("stop", "static")

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"{self.reasoning_html}{markup.spoken(self.signed_text)}{self.facts_html}"

    def __repr__(self) -> str:
        return (
            f"Reply({self.text!r}, finish_reason={self.finish_reason!r}, node={self.node!r}, model={self.model!r})"
        )

    @property
    def reasoning_html(self) -> str:
        """The reasoning as HTML that opens on a click; empty without any."""
        return reasoning_display.folded(self.reasoning)

    @property
    def reasoning_note(self) -> str:
        """One line that says where the reasoning is; empty without any."""
        return reasoning_display.noted(self.reasoning, "reply.reasoning")

    @property
    def facts_html(self) -> str:
        """The summary as HTML; it opens to a table of all that is known of the call."""
        return markup.details(markup.facts(self.summary), markup.table(self._facts()))

    def _facts(self) -> Iterator[tuple[str, str]]:
        yield "node", self.node
        yield "model", f"{self.model} ({self.model_source})" if self.model else "none: a fixed sentence"
        if self.reported_model not in (None, (self.model or "").partition(":")[2]):
            yield "answered by", str(self.reported_model)
        yield "ended with", self.finish_reason
        if self.model:
            yield "tokens", token_words(self.usage)
            yield "cost", f"{self.cost} ({self.cost.source})" if self.cost.usd is not None else str(self.cost)
            yield "seconds", f"{self.latency_s:.2f}"
        if self.time_to_first_token_s is not None:
            yield "first token after", f"{self.time_to_first_token_s:.2f} s"
        if self.attempts > 1:
            yield "requests", str(self.attempts)
        if self.request_id:
            yield "request id", self.request_id
        yield from (("note", notice) for notice in self.notices)

    @property
    def summary(self) -> str:
        """One line of facts: where it came from, model and choice, tokens, cost, seconds, and any notices."""
        facts = [self.badge] if self.badge else []
        facts += [f"{self.model} ({SOURCE_WORDS[self.model_source]})" if self.model else "static, no model"]
        if self.usage.input_tokens is not None or self.usage.output_tokens is not None:
            facts.append(token_words(self.usage))
        facts += [str(self.cost)] if self.model else []
        facts += [f"{self.latency_s:.1f} s"] if self.model else []
        return " · ".join([*facts, *self.notices])


def _saved_cost(cost: Cost) -> dict[str, Any]:
    return {**vars(cost), "recorded": None if cost.recorded is None else _saved_cost(cost.recorded)}


class Replies(Listing[Reply]):
    """Several answers of models, in their order."""

    __slots__ = ()
    nothing = "No model has answered."
    numbers = frozenset({"tokens in", "tokens out", "cost", "seconds"})

    def _columns(self) -> Sequence[str]:
        return ("node", "answer", "model", "tokens in", "tokens out", "cost", "seconds")

    def _rows(self) -> Iterator[Sequence[str]]:
        for reply in self:
            tokens = token_counts([reply.usage])
            yield (reply.node, reply.told, reply.model or "", *tokens, str(reply.cost), f"{reply.latency_s:.1f}")


def _cost(saved: Mapping[str, Any]) -> Cost:
    usd = None if saved["usd"] is None else _amount(saved["usd"])
    recorded = _cost(saved["recorded"]) if saved.get("recorded") else None
    return Cost(usd, saved["source"], _amount(saved.get("least_usd", 0)), recorded)


def _amount(saved: Any) -> Decimal:
    amount = Decimal(saved)
    if not amount.is_finite():
        raise ValueError(f"{saved!r} is not an amount")
    return amount


@cache
def field_names(kind: Any) -> tuple[str, ...]:
    """Return the names of a dataclass's fields; to ask each time takes longer than to read them."""
    return tuple(field.name for field in fields(kind))
