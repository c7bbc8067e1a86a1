"""`ErrorCase`: an error in the context of its call; `ErrorReport`: what people read."""

from __future__ import annotations

from dataclasses import dataclass

from byok_widgets.providers.base import sentence
from byok_widgets.providers.error_mapping.call_context import CallContext
from byok_widgets.providers.error_mapping.error_details import ErrorDetails


@dataclass(frozen=True)
class ErrorCase:
    """An error that a provider reported, and the call that it belongs to."""

    details: ErrorDetails
    context: CallContext

    @property
    def quoted(self) -> str:
        """The provider's message, as a sentence; empty if it sent none."""
        who, said, upstream = self.context.who, self.details.message, self.details.upstream
        parts = (sentence(f'{who} says: "{said}"') if said else "", f"Upstream: {upstream}." if upstream else "")
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
