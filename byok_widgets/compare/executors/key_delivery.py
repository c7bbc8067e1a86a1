"""How workers get keys: from an environment variable of theirs, or sealed so that one worker alone can read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from byok_widgets.keys import KeyStore
from byok_widgets.keys.backends.registry import in_memory
from byok_widgets.keys.sealing import SealingKey, seal
from byok_widgets.nodes.flow_context import FlowContext
from byok_widgets.providers import PROVIDERS
from byok_widgets.secrets.secret import Secret

_PURPOSE = "worker"


@dataclass(frozen=True)
class KeyDelivery:
    """How a worker gets one key.

    Attributes:
        provider: Name of the provider.
        destination: Where the key may be sent.
        variable: The variable of the worker that holds it; empty if it is sealed.
        sealed: The key, sealed for one worker.
    """

    provider: str
    destination: str
    variable: str = ""
    sealed: bytes = b""


@dataclass(frozen=True)
class KeySource:
    """A key that workers need.

    Attributes:
        provider: Name of the provider.
        destination: Where the key may be sent.
        variable: The variable that holds it, if one does.
        secret: The key, if no variable holds it.
    """

    provider: str
    destination: str
    variable: str
    secret: Secret | None

    def delivery(self, flow: str, public_b64: str) -> KeyDelivery:
        """Return how the worker gets it whose public key this is."""
        if self.secret is None:
            return KeyDelivery(self.provider, self.destination, self.variable)
        parts = (_PURPOSE, flow, self.provider, self.destination)
        return KeyDelivery(self.provider, self.destination, sealed=seal(public_b64, self.secret, parts))


async def key_sources(context: FlowContext, refs: Iterable[str]) -> list[KeySource]:
    """Return the keys that calls of models need.

    Raises:
        ByokError: One is missing.
    """
    found = []
    for name in dict.fromkeys(ref.partition(":")[0] for ref in refs):
        provider = PROVIDERS[name]
        if provider.free_of_charge:  # each worker runs it itself
            continue
        endpoint = await context.endpoint(provider)
        if endpoint.key is not None:
            destination = provider.key_destination(endpoint.base_url)
            variable = context.key_store.variable(name, destination)
            found.append(KeySource(name, destination, variable, None if variable else endpoint.key))
    return found


def received(flow: str, deliveries: Iterable[KeyDelivery], sealing: SealingKey) -> KeyStore:
    """Return a worker's key store.

    Raises:
        KeyFormatError: A variable is not set on this worker, or a key was sealed for another one.
    """
    store = KeyStore(flow, {}, backends=in_memory())
    for each in deliveries:
        if each.variable:
            store.refer(each.provider, each.destination, each.variable)
        else:
            secret = sealing.open(each.sealed, (_PURPOSE, flow, each.provider, each.destination))
            store.save(each.provider, each.destination, secret, override=True)  # it was checked where it was saved
    return store
