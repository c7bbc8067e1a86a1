"""`CallContext`: the failed call; `ErrorCase`: its error in that context; `ErrorReport`: what people read."""

from __future__ import annotations

from dataclasses import dataclass

from byok_widgets.providers.base import Endpoint, Links, Provider
from byok_widgets.providers.error_mapping.error_details import ErrorDetails, excerpt


@dataclass(frozen=True)
class CallContext:
    """The parts of a call that messages about its error need.

    Attributes:
        model_id: The model that was requested; empty for a call that is not about a model.
    """

    provider: Provider
    endpoint: Endpoint
    model_id: str = ""

    @property
    def who(self) -> str:
        """The provider's name on screen."""
        return self.provider.label

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


@dataclass(frozen=True)
class ErrorCase:
    """An error that a provider reported, and the call that it belongs to."""

    details: ErrorDetails
    context: CallContext

    @property
    def quoted(self) -> str:
        """The provider's message, as a sentence; empty if it sent none."""
        who, said, upstream = self.context.who, self.details.message, self.details.upstream
        parts = (f'{who} says: "{said}"' if said else "", f"Upstream: {upstream}." if upstream else "")
        return " ".join(part for part in parts if part)

    def because(self, likely: str) -> str:
        """Return the provider's message, or the likely cause if it sent none."""
        return self.quoted or likely


@dataclass(frozen=True)
class ErrorReport:
    """An error in words; see `ByokError`."""

    kind: str
    problem: str
    cause: str
    fix: str
    link: str = ""
    retryable: bool = False
