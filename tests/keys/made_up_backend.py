"""A storage backend that somebody has added: one class, and one line in the registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from byok_widgets.errors import KeyStoreError
from byok_widgets.keys import KeyStatus
from byok_widgets.keys.backends.base import Availability, StoredKey
from byok_widgets.keys.backends.registry import BACKENDS
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.secrets import Secret

_IN_VAULT = KeyStatus("vault", "The vault", "The key is stored in the vault.", available=True, reference="vault")


class Vault:
    """Keeps keys, unless it is sealed."""

    name = "vault"
    label = "The vault"
    is_slow = False
    stores_keys = True
    lock = None

    def __init__(self) -> None:
        self.kept: dict[KeyScope, Secret] = {}
        self.reads = 0
        self.sealed = False

    def available(self, *, until: Deadline) -> Availability:
        del until
        return Availability(
            not self.sealed, self.label, note="Everybody trusts it.", problem="The vault is sealed."
        )

    def may_hold(self, scope: KeyScope) -> bool:
        return scope in self.kept

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        del reference, until
        self.reads += 1
        return StoredKey(self.kept[scope], _IN_VAULT) if scope in self.kept else None

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        del until
        if self.sealed:
            raise KeyStoreError("The vault is sealed.", kind="vault_sealed")
        self.kept[scope] = secret
        return _IN_VAULT

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        del until
        self.kept.pop(scope, None)


class LockedVault(Vault):
    """A vault that a passphrase opens."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = self
        self.passphrase: Secret | None = None
        self.is_open = False

    def available(self, *, until: Deadline) -> Availability:
        asks = "key" if self.is_open else "passphrase" if self.passphrase else "new_passphrase"
        return replace(super().available(until=until), asks=asks)

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        if scope in self.kept and not self.is_open:
            raise KeyStoreError("The vault is locked.", kind="vault_locked", locked=self.name)
        return super().read(scope, reference, until=until)

    def create(self, passphrase: Secret) -> None:
        self.passphrase, self.is_open = passphrase, True

    def unlock(self, passphrase: Secret) -> None:
        if passphrase != self.passphrase:
            raise KeyStoreError("The vault stays closed.", kind="wrong_passphrase")
        self.is_open = True


@contextmanager
def registered(vault: Vault, at: int) -> Iterator[Vault]:
    """Put `vault` into the registry at this position."""
    BACKENDS.insert(at, vault)
    try:
        yield vault
    finally:
        BACKENDS.remove(vault)
