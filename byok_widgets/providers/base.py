"""The base class of providers: the facts that others read, and four things a provider can do.

A provider is one module with one subclass of `Provider`, over one of the protocols in `protocols/`: only these
name an SDK, inside the method that makes a client.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

from byok_widgets.config import BaseUrl
from byok_widgets.engine.callbacks import OnProgress, OnText
from byok_widgets.errors import ConfigError
from byok_widgets.providers.exchange import Answer, Endpoint, ModelInfo, Request, StructuredMode
from byok_widgets.providers.model_facts import NOTHING_KNOWN, ModelFacts
from byok_widgets.providers.model_settings import SETTINGS, Setting, SupportedSettings
from byok_widgets.schema.profile import STRICT, SchemaProfile
from byok_widgets.secrets.key_formats import KeyFormat

if TYPE_CHECKING:
    from byok_widgets.providers.batches import BatchForm


class Links(NamedTuple):
    """A provider's web pages for people to visit. Empty if it has none.

    Attributes:
        keys: Where API keys are created, limited and revoked.
        billing: Where credit is bought and budgets are set.
        usage: The usage dashboard with the rate limits.
        models: Which models there are.
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


def sentence(text: str) -> str:
    """Return a text with a capital letter where it begins with a provider that is named with an article."""
    return f"T{text[1:]}" if text.startswith("the ") else text


class Provider(ABC):
    """One vendor's API, or one kind of endpoint.

    Attributes:
        name: The name in model refs, and of the module.
        label: The name on screen.
        named: How a sentence names it; empty if by its label, as a vendor.
        billing_note: What people often get wrong about its billing; empty if there is nothing.
        default_url: Its usual address; empty if each user has their own.
        needs_key: Whether it answers only with a key.
        free_of_charge: Whether a call costs nothing because this machine runs it.
        settings: Names of all model settings that it can send, whichever models support it.
        defaults: Model settings that it sends if nothing is set.
        highest_temperature: The highest temperature that it accepts.
        schema_profile: Which rules its schemas must follow.
        models: What is known about its models without asking.
        key_format: What its keys look like; `None` if they may look like anything.
        key_hint: Placeholder of an empty key field.
        structured_modes: How a shape can be requested, strongest first.
        max_tokens: Maximum number of tokens in an answer by default; `None` leaves it to the provider.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    named: ClassVar[str] = ""
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

    @property
    def batches(self) -> BatchForm | None:
        """How it takes many requests at once, to be answered within a day; `None` if it does not."""
        return None

    @property
    def in_text(self) -> str:
        """Its name inside a sentence."""
        return self.named or self.label

    def invents_values(self, model: str) -> bool:
        """Whether a model is known to fill in values that nobody said; a measurement must have shown it.

        An extraction node then takes by default only what the dialogue says.
        """
        del model
        return False

    def address(self, override: str | None) -> BaseUrl:
        """Return where calls go: the flow's own address, or the usual one.

        Raises:
            ConfigError: There is no usual address and none was given.
        """
        url = override or self.default_url
        if not url:
            raise ConfigError(
                sentence(f"{self.in_text} needs an address."),
                kind="base_url",
                fix='Fill in "Base URL" in Settings, or write '
                f'flow.set_base_url("{self.name}", "http://127.0.0.1:8080/v1").',
            )
        return BaseUrl.parse(url)

    def key_destination(self, address: BaseUrl) -> str:
        """Return what a key for an address is bound to: its host, with a base path that is not the usual one.

        Behind one host there may be servers of several people, such as those of a gateway.
        """
        usual = (urlsplit(self.default_url).path.rstrip("/"),) if self.default_url else ("", "/v1")
        path = urlsplit(address.url).path
        return address.host if path in usual else f"{address.host}{path or '/'}"

    def supported_settings(self, model: str, info: ModelInfo | None = None) -> tuple[Setting, ...]:
        """Return the settings that a model is known to have, with their values.

        Args:
            model: The model's id.
            info: What the provider's own list says about it; it takes precedence.
        """
        taken = self.supports(model, info)
        options = {name: taken.get(name) for name in SETTINGS}
        return tuple(self._fitted(SETTINGS[name], known) for name, known in options.items() if known is not None)

    def supports(self, model: str, info: ModelInfo | None = None) -> SupportedSettings:
        """Return which settings a model is known to support, and which it is known not to."""
        return {"max_tokens": (), **self._known_settings(model), **(info.supported_settings if info else {})}

    def _known_settings(self, model: str) -> SupportedSettings:
        """Return the settings that are known without asking the provider."""
        del model
        return {}

    def _fitted(self, setting: Setting, options: tuple[str, ...]) -> Setting:
        default = self.max_tokens if setting.name == "max_tokens" else self.defaults.get(setting.name)
        highest = self.highest_temperature if setting.name == "temperature" else setting.highest
        return replace(setting, options=options, default=default, highest=highest)

    def error_body(self, body: Any) -> Any:
        """Return the body of an error in the usual form, if this provider uses a different one.

        The usual form is `{"error": {"message", "type", "code", "param", "metadata"}}`, where
        `metadata.retry_after_s` is the time it asks to wait, in seconds, and `metadata.resets_at` the time on its
        own clock from which it takes requests again.
        """
        return body

    def prepare(self, model: str, on_progress: OnProgress) -> AbstractAsyncContextManager[Endpoint] | None:
        """Return what starts a server for a call and yields its endpoint; `None` where none has to run here."""
        del model, on_progress
        return None

    async def fetch_model(self, model: str, on_progress: OnProgress) -> None:
        """Bring a model to this machine; nothing to do where others run it."""
        del model, on_progress

    async def warm_up(self, model: str) -> None:
        """Get ready for the first call, as far as that contacts nobody."""
        del model

    def runs_file(self, model: str) -> bool:
        """Return whether a call runs a file of this machine that the model's id names."""
        del model
        return False

    def missing_model(self, model: str) -> str:
        """Return in words why a model cannot be had, where that is known without asking; else nothing."""
        del model
        return ""

    def is_weak_judge(self, model: str) -> bool:
        """Return whether a model is known to judge prompt conditions little better than chance."""
        del model
        return False

    @abstractmethod
    async def complete(self, request: Request, endpoint: Endpoint, on_text: OnText) -> Answer:
        """Send one request, streamed; pass on text as it arrives and return the complete answer.

        After an error in mid-answer the text so far is returned, as an incomplete answer that says why.

        Raises:
            ProviderError: Any error before the first text, in plain words.
            KeyFormatError: The key contains a character that cannot be sent.
        """

    @abstractmethod
    async def list_models(self, endpoint: Endpoint) -> list[ModelInfo]:
        """Ask the provider for its models.

        Raises:
            ProviderError: Any error, in plain words.
        """

    async def check_key(self, endpoint: Endpoint) -> None:
        """Make a request that is free of charge and needs a valid key.

        Raises:
            ProviderError: Of kind `auth` if the key was rejected; of another kind if that is not known.
        """
        await self.list_models(endpoint)


_MAX_COUNT = 10**12


def iso_date(value: object) -> str | None:
    """Return the day of a provider's date or time; `None` if it is not an ISO date."""
    try:
        return datetime.date.fromisoformat(value[:10]).isoformat() if isinstance(value, str) else None
    except ValueError:
        return None


def parse_count(value: object) -> int | None:
    """Return a provider's count, which may be written as `12.0` or `"12"`; `None` if it is not a count."""
    if isinstance(value, str):
        is_number = value.isascii() and value.isdecimal() and len(value) <= len(str(_MAX_COUNT))
        value = int(value) if is_number else None
    if isinstance(value, float) and value.is_integer() and value < _MAX_COUNT:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_COUNT:
        return value
    return None
