"""`EndpointTarget`: a flow's provider, where calls go, and a name for that destination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byok_widgets.errors import ConfigError
from byok_widgets.providers import PROVIDERS, Provider

if TYPE_CHECKING:
    from byok_widgets.widgets.panel.panel_flow import PanelFlow


@dataclass(frozen=True)
class EndpointTarget:
    """A provider at an address, as set in the flow's settings at one moment.

    Attributes:
        provider: The provider.
        destination: What a key is bound to, host and base path; empty if no address was entered yet.
        url: The full address. Two addresses of one destination share a key, but may answer differently.
    """

    provider: Provider
    destination: str = ""
    url: str = ""

    @classmethod
    def of(cls, flow: PanelFlow, provider: str = "") -> EndpointTarget:
        """Read the flow's settings for its provider, or for another."""
        chosen = PROVIDERS[provider or flow.provider]
        if chosen.free_of_charge:
            return cls(chosen)
        try:
            address = chosen.address(flow.config.base_url(chosen.name))
        except ConfigError:
            return cls(chosen)
        return cls(chosen, chosen.key_destination(address), address.url)

    @property
    def name(self) -> str:
        """A name for what a key is bound to; it is not secret."""
        return f"{self.provider.name}@{self.destination}"

    @property
    def is_usual(self) -> bool:
        """Whether it is the provider's own address."""
        return bool(self.provider.default_url) and self.url == self.provider.address(None).url

    @property
    def takes_key(self) -> bool:
        """Whether a key can be saved for it now."""
        return bool(self.destination) and not self.provider.free_of_charge
