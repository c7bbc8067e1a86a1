"""The keys that a test needs: what is missing is reported before the first call."""

from __future__ import annotations

from collections.abc import Iterable

from byok_widgets.cases.case import Case
from byok_widgets.compare.running.setup import Setup
from byok_widgets.errors import MissingKeyError
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS


def require_keys(setup: Setup, context: FlowContext) -> None:
    """Make sure that there is a key for each model that needs one; a replay needs none. Sends nothing.

    Raises:
        MissingKeyError: "No API key configured" for this flow and a model's provider.
    """
    if context.sends_nothing:
        return
    own = {_provider(ref, context) for variant in setup.task.variants for ref in variant.models.values()}
    for name in dict.fromkeys(_provider(ref, context) for ref in setup.refs):
        provider = PROVIDERS[name]
        if not provider.needs_key:
            continue
        destination = provider.key_destination(provider.address(context.config.base_url(name)))
        try:
            context.key_store.require(name, destination, provider_label=provider.label)
        except MissingKeyError as error:
            if name not in own:
                error.cause = error.cause or _caller_of(name, setup.cases, context)
            raise


def _caller_of(provider: str, cases: Iterable[Case], context: FlowContext) -> str:
    """Say which simulated caller needs a provider that the flow itself does not; empty where none does."""
    for case in cases:
        for ref in case.simulated.refs if case.simulated else ():
            if _provider(ref, context) == provider:
                plays = "plays" if ref == case.simulated.model else "is the referee of"  # type: ignore[union-attr]
                return (
                    f"The flow itself does not need it: {ref} {plays} the simulated caller of case {case.name!r}."
                )
    return ""


def _provider(ref: str, context: FlowContext) -> str:
    return context.config.ref(ref).provider
