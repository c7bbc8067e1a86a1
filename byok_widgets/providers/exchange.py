"""What passes between the package and a provider, in terms that are the same for all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from byok_widgets.config import BaseUrl
from byok_widgets.engine.callbacks import OnLife, Thinker
from byok_widgets.messages import FinishReason, Message
from byok_widgets.providers.allowance import Allowance
from byok_widgets.providers.model_settings import SupportedSettings
from byok_widgets.secrets import Secret, redact, redact_held, redact_in
from byok_widgets.secrets.streamed_redaction import REMOVED
from byok_widgets.surrogates import without_surrogates
from byok_widgets.usage import Usage

StructuredMode = Literal["json_schema", "tool", "json_object", "prompt"]
"""How the shape of an answer is requested, strongest first. In every mode the answer is checked here."""

Exchange = Callable[[Mapping[str, Any]], Awaitable[bytes]]
"""Gets the answer to a request, which is not streamed then, by another way than sending it at once."""

OnHead = Callable[[int, Mapping[str, str]], None]
"""Called with the status and the headers of an answer, before its body is read."""


OnStop = Callable[["Answer"], None]
"""Called with what has come of an answer that is stopped; one that the model had ended is complete."""


def _ignore_send() -> None:
    """Ignore that a request is sent."""


def _ignore_head(_status: int, _headers: Mapping[str, str]) -> None:
    """Ignore the head of an answer."""


def _ignore_life(_thinker: Thinker) -> None:
    """Ignore that a server is working."""


def _ignore_stop(_answer: Answer) -> None:
    """Ignore what has come of an answer that was stopped."""


@dataclass(frozen=True)
class Endpoint:
    """Where a request goes, and with which key.

    Attributes:
        key_variable: The environment variable that the key is from; empty if it is from none.
        on_send: Called just before a request for a completion is sent, when all that this takes is loaded.
        on_head: Called with the head of each answer to a request for a completion.
        exchange: Gets answers by another way, such as a batch; `None` for sending requests at once.
        on_life: Called when a server sends something while its model has not begun to write: first the head.
        on_stop: Called with what has come of an answer when the call is cancelled.
    """

    base_url: BaseUrl
    key: Secret | None
    key_variable: str = field(default="", compare=False)
    on_send: Callable[[], None] = field(default=_ignore_send, repr=False, compare=False)
    on_head: OnHead = field(default=_ignore_head, repr=False, compare=False)
    on_life: OnLife = field(default=_ignore_life, repr=False, compare=False)
    on_stop: OnStop = field(default=_ignore_stop, repr=False, compare=False)
    exchange: Exchange | None = field(default=None, repr=False, compare=False)

    def heard_by(
        self, *, on_send: Callable[[], None], on_head: OnHead, on_life: OnLife, on_stop: OnStop
    ) -> Endpoint:
        """Return the same endpoint with other listeners, as each request has its own."""
        return Endpoint(
            self.base_url, self.key, self.key_variable, on_send, on_head, on_life, on_stop, self.exchange
        )


class OutputSchema(NamedTuple):
    """The shape an answer must have, in the form the provider accepts, and how it is requested."""

    name: str
    schema: Mapping[str, Any]
    mode: StructuredMode


@dataclass(frozen=True)
class Request:
    """One call to a model, in provider-neutral terms.

    Attributes:
        model: The provider's model id.
        messages: The dialogue, oldest first. A system message in it keeps its position if the protocol allows
            that, and is appended to `system` otherwise; it is never sent as the user's or the assistant's words.
        system: Instructions that come before the dialogue.
        max_tokens: Maximum number of tokens to generate; `None` leaves it to the provider's default.
        output: Shape of the answer; `None` for free text.
        settings: Model settings that the user chose, such as `temperature`; only names in `Provider.settings`.
        allowance: What is left of the requests for one answer, where others are sent for it, too.
        limit_setting: What a person sets to limit `max_tokens`, for advice.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    max_tokens: int | None = None
    output: OutputSchema | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    allowance: Allowance | None = field(default=None, repr=False, compare=False)
    limit_setting: str = field(default="max_tokens", repr=False, compare=False)


@dataclass(frozen=True)
class Answer:
    """The answer to a request, in provider-neutral terms.

    Attributes:
        reasoning: The model's thinking, which is never part of `text`.
        attempts: Requests that were sent for it.
        reported_cost_usd: What the provider says it charged; `None` if it does not say.
        left_out: Names of settings in the request that were not sent, since the endpoint refuses them.
        lingered_s: How long the end of its body took after its last word, in seconds.
        may_cost_more: Whether more may be charged than `usage` says, which was reported before the end.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    reported_model: str | None = None
    reported_cost_usd: Decimal | None = None
    request_id: str | None = None
    notices: tuple[str, ...] = ()
    reasoning: str = ""
    attempts: int = 1
    left_out: frozenset[str] = frozenset()
    lingered_s: float = 0.0
    may_cost_more: bool = False

    def __post_init__(self) -> None:
        """Take held keys out of everything that came from outside, so that no later code has to think of it."""
        for name in ("text", "reasoning"):
            given = getattr(self, name)
            if given and (taken := redact_held(given)) != given:
                object.__setattr__(self, name, taken)
                object.__setattr__(self, "notices", tuple(dict.fromkeys((*self.notices, REMOVED))))
        model, request_id, *notices = redact_in(
            [self.reported_model or "", self.request_id or "", *self.notices], words=False
        )
        object.__setattr__(self, "reported_model", model or None)
        object.__setattr__(self, "request_id", request_id or None)
        object.__setattr__(self, "notices", tuple(notices))

    def with_notice(self, notice: str) -> Answer:
        """Return the same answer with one more notice, if it does not have that one already."""
        return replace(self, notices=tuple(dict.fromkeys((*self.notices, notice))))


@dataclass(frozen=True)
class ModelInfo:
    """One row of a model list. `None` means unknown.

    Attributes:
        id: The id to send.
        input_usd_per_mtok: US dollars per million input tokens, for a short request.
        output_usd_per_mtok: US dollars per million output tokens, for a short request.
        context_tokens: Maximum number of tokens in a request and its answer.
        structured_output: Whether the provider enforces a JSON Schema with it.
        ends_on: ISO date after which it no longer answers.
        supported_settings: Settings that the provider's own list names, and their values; `None` for one that the
            model does not take.
    """

    id: str
    label: str = ""
    input_usd_per_mtok: Decimal | None = None
    output_usd_per_mtok: Decimal | None = None
    context_tokens: int | None = None
    structured_output: bool | None = None
    ends_on: str | None = None
    supported_settings: SupportedSettings = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Take keys out of the texts: a server may give a model any name."""
        for name in ("id", "label"):
            object.__setattr__(self, name, redact(without_surrogates(getattr(self, name)), words=False))
        settings = {
            redact(name, words=False): values and tuple(redact(value, words=False) for value in values)
            for name, values in self.supported_settings.items()
        }
        object.__setattr__(self, "supported_settings", settings)
