"""`CallContext`: the call that failed; `ErrorCase`: its error in that context; `ErrorReport`: what people read."""

from __future__ import annotations

from dataclasses import dataclass

from byok_widgets.providers.base import Endpoint, Links, Provider
from byok_widgets.providers.error_mapping.error_details import ErrorDetails, excerpt


@dataclass(frozen=True)
class CallContext:
    """A call, as far as the words about its fault need it.

    Attributes:
        model_id: The model that was asked for; empty for a call that is not about one.
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
        """What to look at when the call does not get through."""
        return self.either("the network and the base URL in Settings", "the network")

    def either(self, given: str, usual: str) -> str:
        """Return the words for an address that the person gave, and so can correct, or those for the usual one."""
        is_usual = self.address == self.provider.default_url or self.provider.free_of_charge
        return usual if is_usual else given

    @property
    def model(self) -> str:
        """The model as it may be shown: somebody may have pasted a key in its place."""
        return f"{excerpt(self.model_id[:80])!r}"

    @property
    def for_model(self) -> str:
        """The words " for the model …"; empty for a call that is not about one."""
        return f" for the model {self.model}" if self.model_id else ""


@dataclass(frozen=True)
class ErrorCase:
    """A fault that a provider told, and where."""

    details: ErrorDetails
    context: CallContext

    @property
    def quoted(self) -> str:
        """The provider's words, as a sentence; empty where it gave none."""
        who, said, upstream = self.context.who, self.details.message, self.details.upstream
        parts = (f'{who} says: "{said}"' if said else "", f"Behind it: {upstream}." if upstream else "")
        return " ".join(part for part in parts if part)

    def because(self, likely: str) -> str:
        """Return the provider's words, or the likely cause where it gave none."""
        return self.quoted or likely


@dataclass(frozen=True)
class ErrorReport:
    """A fault in words; see `ByokError`."""

    kind: str
    problem: str
    cause: str
    fix: str
    link: str = ""
    retryable: bool = False
