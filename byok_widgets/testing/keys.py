"""The keys that a test needs: what is missing is reported before the first call."""

from __future__ import annotations

from collections.abc import Iterable

from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS


def require_keys(refs: Iterable[str], context: FlowContext) -> None:
    """Make sure that there is a key for each model that needs one; a replay needs none. Sends nothing.

    Raises:
        MissingKeyError: "No API key configured" for this flow and a model's provider.
    """
    if context.sends_nothing:
        return
    for name in dict.fromkeys(context.config.ref(ref).provider for ref in refs):
        provider = PROVIDERS[name]
        if provider.needs_key:
            destination = provider.key_destination(provider.address(context.config.base_url(name)))
            context.key_store.require(name, destination, provider_label=provider.label)
