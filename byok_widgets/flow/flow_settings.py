"""`FlowSettings`: what the panel shows and what cells use, under the name of a flow.

One for all flows of a name in this process: what a click writes is what a line of code writes.
"""

from __future__ import annotations

from typing import Self

from byok_widgets.config import FlowConfig
from byok_widgets.errors import ConfigError
from byok_widgets.flow import flow_contexts, key_copies
from byok_widgets.keys import KeyStore
from byok_widgets.nodes.model_call import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.strict_attributes import StrictAttributes


class FlowSettings(StrictAttributes):
    """Provider, models, addresses and keys of a flow."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    @classmethod
    def of(cls, name: str, *, fresh: bool = False) -> Self:
        """Open the settings of a flow by its name; see `flow_contexts.shared`."""
        return cls(flow_contexts.shared(name, fresh=fresh))

    @property
    def name(self) -> str:
        """The flow's name."""
        return self.config.name

    @property
    def config(self) -> FlowConfig:
        """The flow's settings, observable."""
        return self._context.config

    @property
    def context(self) -> FlowContext:
        """What nodes of this flow are made with."""
        return self._context

    @property
    def key_store(self) -> KeyStore:
        """Where this flow's keys rest. It gives out no key."""
        return self._context.key_store

    @property
    def notice(self) -> str:
        """What a person must know, such as that settings are not saved; empty when all is well."""
        return str(self.config.notice or "")

    @property
    def provider(self) -> str:
        """Name of the provider that bare model ids mean, one of `PROVIDERS`.

        The case in which it is written does not count.
        """
        return self.config.provider

    @provider.setter
    def provider(self, name: str) -> None:
        self.config.provider = name

    @property
    def model(self) -> str | None:
        """Default model, used by every node without an override."""
        return self.config.model

    @model.setter
    def model(self, text: str | None) -> None:
        self.config.model = text

    @property
    def global_prompt(self) -> str:
        """Stands before the prompt of every conversation node; may hold `{{variables}}`."""
        return self._context.global_prompt

    @global_prompt.setter
    def global_prompt(self, text: str) -> None:
        if not isinstance(text, str):
            raise ConfigError(f"The global prompt is a text, not {text!r}.", fix='Write "" for none.')
        self._context.global_prompt = text

    def set_base_url(self, provider: str, url: str | None) -> None:
        """Send this flow's calls for `provider` to another address, or with `None` to the usual one.

        A key is bound to its address: a key saved for one host is never sent to another.

        Raises:
            ConfigError: No such provider, or not an https address, nor http to this machine.
            KeyFormatError: There is an API key in it.
        """
        self.config.set_base_url(self.config.known_provider(provider), url)

    def use_key(self, reference: str, *, provider: str | None = None) -> None:
        """Use the API key that an environment variable holds, by its name `env:NAME`.

        Only the name is kept. There is no way to pass a key itself in code: a key typed in a cell would be saved
        with the notebook. Paste it in `flow.settings()`.

        Raises:
            KeyFormatError: Not the name of a variable that is set and holds what can be this provider's key.
            ConfigError: No such provider.
        """
        chosen = PROVIDERS[self.config.known_provider(provider or self.provider)]
        host = chosen.address(self.config.base_url(chosen.name)).host
        self.key_store.refer(chosen.name, host, reference)
        self.config.notify("key")

    def use_key_of(self, flow: str, *, provider: str | None = None) -> str:
        """Copy the API key of another flow of yours into this flow's own entry; see `Flow.use_key_of`."""
        chosen = PROVIDERS[self.config.known_provider(provider or self.provider)]
        if chosen.free_of_charge:
            raise ConfigError(
                f"{chosen.label} needs no API key.",
                kind="no_key_needed",
                fix=f'Choose another provider first, or name it: flow.use_key_of({flow!r}, provider="...").',
            )
        host = chosen.address(self.config.base_url(chosen.name)).host
        status = key_copies.copy_key(self.context, flow, chosen, host)
        self.config.notify("key")
        return status.sentence

    @property
    def judge_model(self) -> str | None:
        """Model that judges prompt conditions; `None` for that of the node whose edges are judged."""
        return self.config.judge_model

    @judge_model.setter
    def judge_model(self, text: str | None) -> None:
        self.config.judge_model = text
