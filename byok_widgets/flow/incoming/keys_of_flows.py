"""Using the key of another flow: which flows have one, and copying it into this flow's own entry.

Which flows have a key is read from settings files and from what this kernel holds: no key is read for that. A key
is read and copied when a person asks for it by the name of a flow, and never otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from byok_widgets.config import checked_name
from byok_widgets.config.saved_flows import key_references
from byok_widgets.errors import ByokError, ConfigError, KeyStoreError, MissingKeyError
from byok_widgets.flow import flow_contexts
from byok_widgets.keys import KeyStatus, KeyStore
from byok_widgets.keys.backends import guarded
from byok_widgets.keys.backends.registry import backend_named, backend_of
from byok_widgets.keys.backends.session import SessionMemory
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.served_page import is_served_page
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import Provider
from byok_widgets.secrets import Secret


@dataclass(frozen=True)
class _Holder:
    """A flow that has a key: where it can be found, what for, and whether it is stored or in a variable."""

    store: KeyStore
    scope: KeyScope
    is_stored: bool = True


def flows_with_key(context: FlowContext, provider: str, destination: str) -> tuple[str, ...]:
    """Return the other flows of this user that have a key for a provider at a destination, by name.

    Reads no key. On a page that is served to visitors there are none: its keys are not the visitor's.
    """
    if is_served_page():
        return ()
    found = {
        holder.scope.flow
        for holder in _holders(context)
        if (holder.scope.provider, holder.scope.destination) == (provider, destination) and holder.is_stored
    }
    return tuple(sorted(found))


def providers_with_key(context: FlowContext, flow: str) -> tuple[str, ...]:
    """Return the providers for which another flow has a key, by name. Reads no key."""
    if is_served_page():
        return ()
    return tuple(sorted({holder.scope.provider for holder in _holders(context) if holder.scope.flow == flow}))


def copy_key(context: FlowContext, flow: str, provider: Provider, destination: str) -> KeyStatus:
    """Copy the key of the flow called `flow` into the entry of `context`; removing either leaves the other.

    It is stored as the other one is, or in this session's memory where that does not work here.

    Raises:
        ConfigError: There is no such flow, it is this one, or the page is served to visitors.
        MissingKeyError: That flow has no key for the provider, or only for another destination.
        KeyStoreError: Its key cannot be read now.
    """
    if is_served_page():
        raise ConfigError(
            "On a page that is served to others, no key of another flow is used.",
            kind="served_page",
            fix="Paste the key here: it stays in the memory of this session.",
        )
    flow = checked_name(flow)
    for holder in _holders(context):
        if holder.scope == KeyScope.of(flow, provider.name, destination):
            secret = holder.store.get(provider.name, destination)
            if secret is not None:
                like = holder.store.status(provider.name, destination)
                return store_like(like, context.key_store, secret, provider.name, destination)
    raise _nothing_to_copy(context, flow, provider, destination)


def store_like(like: KeyStatus, store: KeyStore, secret: Secret, provider: str, destination: str) -> KeyStatus:
    """Store a key as another one is stored, or in this session's memory where that does not work here."""
    if like.is_reference:
        return store.refer(provider, destination, like.reference)
    wanted = like.backend if backend_named(like.backend, store.backends) else SessionMemory.name
    try:
        return store.save(provider, destination, secret, backend=wanted, override=True)
    except KeyStoreError as error:
        kept = store.save(provider, destination, secret, backend=SessionMemory.name, override=True)
        return replace(kept, sentence=f"{error.problem} {kept.sentence}")


def _holders(context: FlowContext) -> Iterator[_Holder]:
    """Yield all keys of other flows that are known of, those in this kernel first."""
    for other in flow_contexts.all_made():
        if other is not context:
            store = other.key_store
            for provider, destination, _ in store.held():
                yield _Holder(store, KeyScope.of(store.flow, provider, destination))
            yield from _referred(store, other.config.key_references)
    for name, references in key_references():
        if name != context.config.name or context.config.path is None:
            yield from _referred(KeyStore(name, dict(references)), references)


def _referred(store: KeyStore, references: Mapping[str, str]) -> Iterator[_Holder]:
    for name, reference in dict(references).items():
        scope = KeyScope.named(store.flow, name)
        backend = backend_of(reference, store.backends)
        if backend is None or guarded.may_hold(backend, scope):
            yield _Holder(store, scope, is_stored=backend is None or backend.stores_keys)


def _nothing_to_copy(context: FlowContext, flow: str, provider: Provider, destination: str) -> ByokError:
    holders = list(_holders(context))
    names = {name for name, _ in key_references()}
    names |= {other.config.name for other in flow_contexts.all_made() if other is not context}
    with_key = ", ".join(map(repr, flows_with_key(context, provider.name, destination)))
    fix = (
        f"These flows have such a key: {with_key}." if with_key else "No other flow has one: paste it in Settings."
    )
    if flow == context.config.name and not any(holder.scope.flow == flow for holder in holders):
        return ConfigError(f"{flow!r} is this flow itself.", kind="same_flow", fix=fix)
    if flow not in names:
        return ConfigError(f"There is no flow {flow!r}.", kind="unknown_flow", fix=fix)
    scopes = [holder.scope for holder in holders]
    known = {scope.destination for scope in scopes if scope[:2] == (flow, provider.name)}
    destinations = sorted(known - {destination})
    if not destinations:
        return MissingKeyError(f"Flow {flow!r} has no key for {provider.in_text}.", kind="no_key_there", fix=fix)
    return MissingKeyError(
        f"Flow {flow!r} has a key for {provider.in_text} at {', '.join(destinations)}, "
        f"but this flow calls {destination}.",
        kind="key_of_other_host",
        cause="A key is never sent to another host than the one that it was saved for.",
        fix=fix,
    )
