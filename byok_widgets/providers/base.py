"""What a provider is: the facts that others read, and four things it can do.

Floor 1: knows errors, messages, keys and config; knows no node, flow or widget. An adapter is one file with one
subclass of `Provider`; it names its SDK only inside the method that makes a client.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, ClassVar, Literal

from byok_widgets.config import BaseUrl
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.errors import ConfigError
from byok_widgets.messages import FinishReason, Message, Usage
from byok_widgets.providers.model_facts import NOTHING_KNOWN, ModelFacts
from byok_widgets.providers.model_settings import SETTINGS, Setting, SupportedSettings
from byok_widgets.schema.profile import STRICT, SchemaProfile
from byok_widgets.secrets import Secret
from byok_widgets.secrets.key_formats import KeyFormat

StructuredMode = Literal["json_schema", "tool", "json_object", "prompt"]
"""How an answer's shape is asked for, strongest first. Whatever is asked, the answer is checked here."""


@dataclass(frozen=True)
class Links:
    """Pages of one provider for people to go to. Empty where it has none.

    Attributes:
        keys: Where API keys are made, limited and revoked.
        billing: Where credit is bought and budgets are set.
        usage: The usage dashboard with the rate limits.
        models: What models there are.
        status: Whether the service is up.
        errors: What its errors mean.
        deprecations: When models end, and what replaces them.
        organization: Where an organization is verified.
        privacy: Which upstream providers may see the data.
    """

    keys: str = ""
    billing: str = ""
    usage: str = ""
    models: str = ""
    status: str = ""
    errors: str = ""
    deprecations: str = ""
    organization: str = ""
    privacy: str = ""


@dataclass(frozen=True)
class Endpoint:
    """Where a request goes, and with which key."""

    base_url: BaseUrl
    key: Secret | None


@dataclass(frozen=True)
class OutputSchema:
    """The shape an answer must have, in the form the provider takes, and how it is asked for."""

    name: str
    schema: Mapping[str, Any]
    mode: StructuredMode


@dataclass(frozen=True)
class Request:
    """One call of a model, in the house's words.

    Attributes:
        model: The provider's model id.
        messages: The dialogue, oldest first. A system message in it keeps its place where the protocol has one for
            it, and is joined to `system` where it has not; it never becomes somebody's words.
        system: Instructions that stand before the dialogue.
        max_tokens: Most tokens to write; `None` leaves it to the provider's default.
        output: Shape of the answer; `None` for free text.
        settings: Tuning the person set, such as `temperature`; only names in `Provider.settings`.
    """

    model: str
    messages: tuple[Message, ...]
    system: str = ""
    max_tokens: int | None = None
    output: OutputSchema | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back, in the house's words.

    Attributes:
        reported_cost_usd: What the provider says it charged; `None` where it does not say.
    """

    text: str
    finish_reason: FinishReason
    usage: Usage = field(default_factory=Usage)
    reported_model: str | None = None
    reported_cost_usd: Decimal | None = None
    request_id: str | None = None
    notices: tuple[str, ...] = ()

    def with_notice(self, notice: str) -> Answer:
        """Return the same answer with one more notice."""
        return replace(self, notices=(*self.notices, notice))


@dataclass(frozen=True)
class ModelInfo:
    """One row of a model list. `None` where nobody can say.

    Attributes:
        id: The id to send.
        input_usd_per_mtok: US dollars for a million tokens read, for a short request.
        output_usd_per_mtok: US dollars for a million tokens written, for a short request.
        context_tokens: Most tokens of a request and its answer.
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


class Provider(ABC):
    """One vendor's API, or one kind of endpoint.

    Attributes:
        name: The name in model refs, and of the module.
        label: The name on screen.
        billing_note: What people often get wrong about its bills; empty where nothing is.
        default_url: Its usual address; empty where each person has their own.
        needs_key: Whether it answers only with a key.
        free_of_charge: Whether a call costs nothing because this machine runs it.
        settings: Names of all the tuning that it can send, whichever models take it.
        defaults: Tuning that it sends where nothing is set.
        highest_temperature: The greatest that it takes.
        schema_profile: Which rules its schemas must keep.
        models: What is known of its models without asking.
        key_format: What its keys look like; `None` where they may look like anything.
        key_hint: What stands in an empty key field.
        structured_modes: How it can be asked for a shape, strongest first.
        max_tokens: Most tokens of an answer where nothing else is said; `None` leaves it to the provider.
        idle_timeout_s: Longest silence before a call is given up, in seconds.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    billing_note: ClassVar[str] = ""
    default_url: ClassVar[str] = ""
    needs_key: ClassVar[bool] = True
    free_of_charge: ClassVar[bool] = False
    links: ClassVar[Links] = Links()
    settings: ClassVar[frozenset[str]] = frozenset()
    defaults: ClassVar[Mapping[str, Any]] = {}
    highest_temperature: ClassVar[float] = 2
    schema_profile: ClassVar[SchemaProfile] = STRICT
    models: ClassVar[ModelFacts] = NOTHING_KNOWN
    key_format: ClassVar[KeyFormat | None] = None
    key_hint: ClassVar[str] = ""
    structured_modes: ClassVar[tuple[StructuredMode, ...]] = ("json_schema", "json_object", "prompt")
    max_tokens: ClassVar[int | None] = None
    idle_timeout_s: ClassVar[float] = 60.0

    def address(self, override: str | None) -> BaseUrl:
        """Return where calls go: the flow's own address, or the usual one.

        Raises:
            ConfigError: There is no usual address and none was given.
        """
        url = override or self.default_url
        if not url:
            raise ConfigError(
                f"{self.label} needs an address.",
                kind="base_url",
                fix='Fill in "Base URL" in Settings, or write '
                f'flow.set_base_url("{self.name}", "http://127.0.0.1:8080/v1").',
            )
        return BaseUrl.parse(url)

    def supported_settings(self, model: str, info: ModelInfo | None = None) -> tuple[Setting, ...]:
        """Return the settings that a model has, with their values; what is not known is not among them.

        Args:
            model: The model's id.
            info: What the provider's own list says of it; it wins.
        """
        taken = self.supports(model, info)
        options = {name: taken.get(name) for name in SETTINGS}
        return tuple(self._fitted(SETTINGS[name], known) for name, known in options.items() if known is not None)

    def supports(self, model: str, info: ModelInfo | None = None) -> SupportedSettings:
        """Return which tuning a model is known to take, and which it is known not to take."""
        return {"max_tokens": (), **self._known_settings(model), **(info.supported_settings if info else {})}

    def _known_settings(self, model: str) -> SupportedSettings:
        """Return the tuning that is known without asking anyone."""
        del model
        return {}

    def _fitted(self, setting: Setting, options: tuple[str, ...]) -> Setting:
        default = self.max_tokens if setting.name == "max_tokens" else self.defaults.get(setting.name)
        highest = self.highest_temperature if setting.name == "temperature" else setting.highest
        return replace(setting, options=options, default=default, highest=highest)

    def error_body(self, body: Any) -> Any:
        """Return the body of an error in the usual form, where this provider has one of its own.

        The usual form is `{"error": {"message", "type", "code", "param", "metadata"}}`, and
        `metadata.retry_after_s` is the time it asks to wait, in seconds.
        """
        return body

    def prepare(self, model: str, on_progress: OnProgress) -> AbstractAsyncContextManager[Endpoint | None]:
        """Make ready what must run on this machine for a call; gives its endpoint, `None` for the flow's own."""
        del model, on_progress
        return nullcontext(None)

    @abstractmethod
    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        """Send one request, streamed; hand out text as it comes and return the whole answer.

        After a fault in mid-answer the text that had come is returned, as an incomplete answer that says why.

        Raises:
            ProviderError: Any fault before the first text, in plain words.
            KeyFormatError: The key holds a character that cannot be sent.
        """

    @abstractmethod
    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask the provider for its models.

        Raises:
            ProviderError: Any fault, in plain words.
        """

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask something that is free of charge and needs a valid key.

        Raises:
            ProviderError: Of kind `auth` where the key was rejected; of another kind where it cannot be told.
        """
        await self.list_models(endpoint)


def iso_date(value: object) -> str | None:
    """Return the day of a date or time as a provider gives it; `None` for what is no ISO date."""
    try:
        return datetime.date.fromisoformat(value[:10]).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


def parse_count(value: object) -> int | None:
    """Return a count as a provider gives it; `None` for what is no count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
