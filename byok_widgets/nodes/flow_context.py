"""`FlowContext`: what all nodes of a flow share, and with it where their calls go and with which key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from byok_widgets.config import FlowConfig
from byok_widgets.errors import ByokError, MissingKeyError
from byok_widgets.keys import KEY_WORK, KeyStore
from byok_widgets.providers import PROVIDERS, Endpoint, Provider
from byok_widgets.secrets import Secret

if TYPE_CHECKING:
    from byok_widgets.schema.values.locales import Locale


@dataclass
class FlowContext:
    """What all nodes of a flow share: its settings, its keys and its global prompt."""

    config: FlowConfig
    key_store: KeyStore
    global_prompt: str = ""
    grounding: Literal["flag", "require", "off"] = "flag"
    judge_max_tokens: int | None = None
    locale: str | None = None

    @property
    def declared_locale(self) -> Locale | None:
        """How values are written in the flow's dialogues, where its locale is declared."""
        if self.locale is None:
            return None
        from byok_widgets.schema.values.locales import Locale

        return Locale.of(self.locale)

    async def endpoint(self, provider: Provider) -> Endpoint:
        """Return where this flow's calls for `provider` go, with this flow's key.

        Raises:
            MissingKeyError: The provider needs a key and this flow has none.
            ConfigError: The provider needs an address and this flow has none.
        """
        address = provider.address(self.config.base_url(provider.name))
        return Endpoint(address, await self._key(provider, address.host))

    async def without_model(self, fault: ByokError) -> ByokError:
        """Return the error for a call without a model: a missing key comes first, since the model follows it."""
        if fault.kind != "no_model":
            return fault
        try:
            await self.endpoint(PROVIDERS[self.config.provider])
        except MissingKeyError as missing:
            missing.fix = f"{missing.fix} Then choose a model: {fault.problem[:1].lower()}{fault.problem[1:]}"
            return missing
        except ByokError:
            return fault
        return fault

    async def _key(self, provider: Provider, host: str) -> Secret | None:
        if provider.needs_key:
            ask: Callable[[], Secret | None] = partial(
                self.key_store.require, provider.name, host, provider_label=provider.label
            )
        elif self.key_store.may_have(provider.name, host):
            ask = partial(self.key_store.get, provider.name, host)
        else:  # a keyring lookup would take as long as the first call itself
            return None
        if self.key_store.is_cached(provider.name, host):
            return ask()
        return await KEY_WORK.run(ask)
