"""What the panel reads of a flow: its provider, where calls go, and a name for that place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byok_widgets.errors import ConfigError
from byok_widgets.providers import PROVIDERS, Provider

if TYPE_CHECKING:
    from byok_widgets.flow import Flow


@dataclass(frozen=True)
class Target:
    """A provider at an address, as the flow's settings name it at one moment.

    Attributes:
        provider: The provider.
        host: What a key is bound to; empty when the address is still to be filled in.
    """

    provider: Provider
    host: str

    @classmethod
    def of(cls, flow: Flow) -> Target:
        """Read the flow's settings."""
        provider = PROVIDERS[flow.provider]
        if provider.free_of_charge:
            return cls(provider, "")
        try:
            return cls(provider, provider.address(flow.config.base_url(provider.name)).host)
        except ConfigError:
            return cls(provider, "")

    @property
    def name(self) -> str:
        """A name that differs for any two targets; it holds no secret."""
        return f"{self.provider.name}@{self.host}"

    @property
    def takes_key(self) -> bool:
        """Whether a key can be saved for it now."""
        return bool(self.host) and not self.provider.free_of_charge
