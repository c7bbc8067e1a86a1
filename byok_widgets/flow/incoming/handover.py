"""Handing the settings and keys of one context over to a flow, and what that would overwrite."""

from __future__ import annotations

from byok_widgets.keys.scope import KeyScope
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS


def give(source: FlowContext, flow: FlowContext) -> str:
    """Copy provider, models, addresses and keys to a flow, and say in a line what was done."""
    from byok_widgets.flow.incoming.keys_of_flows import store_like

    named = describe(source, with_key=False)
    flow.config.take_over(source.config.current)
    said = [f"Flow {flow.config.name!r} now has the settings that you made before: {named}."]
    for provider, host in key_scopes(source):
        secret = source.key_store.get(provider, host)
        if secret is not None:
            like = source.key_store.status(provider, host)
            said.append(store_like(like, flow.key_store, secret, provider, host).sentence)
    flow.config.notify("key")
    return " ".join(said)


def would_lose(source: FlowContext, flow: FlowContext) -> bool:
    """Whether a flow has settings of its own that say something else, another address, or a key there."""
    new, own = source.config.current, flow.config.current
    if {"provider"} <= own.document.keys() & new.document.keys() and own.provider != new.provider:
        return True
    if any(own.models.get(provider, model) != model for provider, model in new.models.items()):
        return True
    scopes = key_scopes(source)
    given = {*new.models, *new.base_urls, *(provider for provider, _ in scopes)}
    used = {*own.models, *own.base_urls, *(provider for provider, _ in _referred(flow))}
    if any(own.base_urls.get(name) != new.base_urls.get(name) for name in given & used):
        return True
    return any(flow.key_store.may_have(provider, host) for provider, host in scopes)


def is_untouched(context: FlowContext) -> bool:
    """Whether nothing was set in a context."""
    now = context.config.current
    return not ("provider" in now.document or now.models or now.base_urls or key_scopes(context))


def key_scopes(context: FlowContext) -> list[tuple[str, str]]:
    """Return the provider and the host of each key that it has or refers to, without asking a backend."""
    held = [(provider, host) for provider, host, _ in context.key_store.held()]
    return list(dict.fromkeys([*held, *_referred(context)]))


def _referred(context: FlowContext) -> list[tuple[str, str]]:
    scopes = (KeyScope.named(context.config.name, name) for name in context.config.key_references)
    return [(scope.provider, scope.destination) for scope in scopes]


def describe(context: FlowContext, *, with_key: bool = True) -> str:
    """Name provider and model, and whether there is a key."""
    now = context.config.current
    key = ", with a key" if with_key and key_scopes(context) else ""
    return f"{', '.join(filter(None, [PROVIDERS[now.provider].label, now.model]))}{key}"
