"""`CallContext`: a call, and what messages about its error need of it."""

from __future__ import annotations

from typing import NamedTuple

from byok_widgets.providers.base import Links, Provider
from byok_widgets.providers.error_mapping.excerpts import excerpt
from byok_widgets.providers.exchange import Endpoint


class CallContext(NamedTuple):
    """The parts of a call that messages about its error need; loaded with each call, unlike all the rest here.

    Attributes:
        model_id: The model that was requested; empty for a call that is not about a model.
        limit_setting: What a person sets to limit the tokens of an answer.
    """

    provider: Provider
    endpoint: Endpoint
    model_id: str = ""
    limit_setting: str = "max_tokens"

    @property
    def who(self) -> str:
        """How a sentence names the provider."""
        return self.provider.in_text

    @property
    def host(self) -> str:
        """Where the call went."""
        return self.endpoint.base_url.host

    @property
    def address(self) -> str:
        """The base URL that the call went to."""
        return self.endpoint.base_url.url

    @property
    def links(self) -> Links:
        """The provider's pages."""
        return self.provider.links

    @property
    def way(self) -> str:
        """What to check if the call does not get through."""
        return self.either("the network and the base URL in Settings", "the network")

    def either(self, given: str, usual: str) -> str:
        """Return `given` for an address that the user entered and can correct, or `usual` for the default one."""
        is_usual = self.address == self.provider.default_url or self.provider.free_of_charge
        return usual if is_usual else given

    @property
    def model(self) -> str:
        """The model id, safe to show: somebody may have pasted a key there by mistake."""
        return f"{excerpt(self.model_id[:80])!r}"

    @property
    def for_model(self) -> str:
        """The words " for the model …"; empty for a call that is not about a model."""
        return f" for the model {self.model}" if self.model_id else ""
