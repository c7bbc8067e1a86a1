"""What each endpoint has refused, for each of its models, as long as this process lives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from byok_widgets.providers.base import Provider

if TYPE_CHECKING:
    from byok_widgets.providers.adaptation.changes import Change, LeaveOut, Payload
    from byok_widgets.providers.error_mapping.call_context import CallContext

_MAX_CHANGES = 32
"""Maximum number of changes kept for one model of an endpoint: a quirk about a single value is one of many."""


class ModelEndpoint(NamedTuple):
    """A model of an endpoint."""

    provider: str
    url: str
    model: str

    @classmethod
    def of(cls, provider: Provider, url: str, model: str) -> ModelEndpoint:
        """Return the endpoint of a call. A server on this machine has another port each time it starts."""
        return cls(provider.name, "" if provider.free_of_charge else url, model)


@dataclass
class EndpointQuirks:
    """What calls to one endpoint have shown to be peculiar to it.

    Attributes:
        changes: What its payloads need, in the order in which that was learned.
        accepted: Features of payloads that it has accepted; a fault without a reason is not about them.
        plain_faults: Faults without a reason since it last accepted a payload.
        tried: Changes that were tried since then because of such faults.
        keeps_usage: Whether its last answer that did not end in time came without usage: it is not waited for as
            long again.
    """

    changes: tuple[Change, ...] = ()
    accepted: set[str] = field(default_factory=set)
    plain_faults: int = 0
    tried: set[tuple[str, str]] = field(default_factory=set)
    keeps_usage: bool = False

    def adapted(self, payload: Payload) -> tuple[dict[str, Any], list[Change]]:
        """Return a payload as its endpoint needs it, and the changes that were made."""
        changed = dict(payload)
        made: list[Change] = []
        for change in self.changes:
            after = change.apply(changed)
            if after is not None:
                changed = after
                made.append(change)
        return changed, made

    def learn(self, changes: Iterable[Change]) -> None:
        """Keep changes that proved right."""
        new = tuple(change for change in changes if change not in self.changes)
        self.changes = (*self.changes, *new)[-_MAX_CHANGES:]

    def note_success(self, features: set[str]) -> None:
        """Note what was accepted."""
        self.accepted |= features
        self._start_over()

    def note_plain_fault(self, max_resends: int) -> None:
        """Count a fault without a reason; if no change helped, the next ones are taken for an outage at first."""
        self.plain_faults += 1
        if self.plain_faults > max_resends + 1:
            self._start_over()

    def is_suspect(self, feature: str) -> bool:
        """Whether faults without a reason may be about a feature: they persist, and it was never accepted."""
        return self.plain_faults > 1 and feature not in self.accepted

    def _start_over(self) -> None:
        self.plain_faults = 0
        self.tried.clear()


class KnownQuirks:
    """The quirks of all endpoints."""

    def __init__(self) -> None:
        self._known: dict[ModelEndpoint, EndpointQuirks] = {}

    def at(self, endpoint: ModelEndpoint) -> EndpointQuirks:
        """Return the quirks of a model of an endpoint."""
        known = self._known.get(endpoint)
        if known is None:
            known = self._known[endpoint] = EndpointQuirks()
        return known

    def of_call(self, context: CallContext) -> EndpointQuirks:
        """Return the quirks that concern a call."""
        return self.at(ModelEndpoint.of(context.provider, context.address, context.model_id))

    def left_out(self, endpoint: ModelEndpoint) -> tuple[LeaveOut, ...]:
        """Return the parameters that are left out of calls to an endpoint."""
        known = self._known.get(endpoint)
        if known is None or not known.changes:
            return ()
        from byok_widgets.providers.adaptation.changes import LeaveOut

        return tuple(change for change in known.changes if isinstance(change, LeaveOut))

    def forget(self) -> None:
        """Start afresh, as a new process does."""
        self._known.clear()


QUIRKS = KnownQuirks()
