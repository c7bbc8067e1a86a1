"""The protocol of a storage backend, which holds a flow's API keys.

To add one, write a module with a class that follows it, and add an instance to the ordered list in `registry`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets.secret import Secret

Asks = Literal["key", "variable", "passphrase", "new_passphrase"]
"""What a person types to store a key in a backend: the key, the name of a variable, or what opens the backend."""


@dataclass(frozen=True)
class Availability:
    """Whether a backend works on this machine.

    Attributes:
        available: Whether it can store a key now.
        label: Its name on screen.
        note: What a user who chooses it should know.
        problem: Why it is not available, and what to do; empty if it is.
        asks: What the panel asks for where this backend is chosen; a passphrase only as long as it is locked.
    """

    available: bool
    label: str
    note: str = ""
    problem: str = ""
    asks: Asks = "key"


@dataclass(frozen=True)
class StoredKey:
    """A key, and where it is stored."""

    secret: Secret
    status: KeyStatus


class PassphraseLock(Protocol):
    """What locks a backend. Both methods take as long as it takes to derive a key, and raise `KeyStoreError`."""

    def create(self, passphrase: Secret) -> None:
        """Choose the passphrase, and leave the backend unlocked."""

    def unlock(self, passphrase: Secret) -> None:
        """Unlock the backend for this kernel."""


class KeyBackend(Protocol):
    """Stores API keys. Each method may be called from any thread, and raises only `KeyStoreError`.

    One that raises something else, or has not returned at `until`, counts as failed, and its text is not shown.

    Attributes:
        name: Its name in the settings of a flow whose key it holds.
        label: Its name on screen until a more specific one is known.
        is_slow: Whether an answer may have to wait for another program or the user; it is then asked last.
        stores_keys: Whether it stores keys itself; otherwise it only looks a key up by a reference.
    """

    name: str
    label: str
    is_slow: bool
    stores_keys: bool

    @property
    def lock(self) -> PassphraseLock | None:
        """What a passphrase opens; `None` where it needs none."""

    def available(self, *, until: Deadline) -> Availability:
        """Return whether it works here; the answer may be cached."""

    def may_hold(self, scope: KeyScope) -> bool:
        """Return whether it may hold a key of a scope that the settings say it holds.

        It answers at once, reads no key and asks no other program; where it cannot tell, it may hold one.
        """

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        """Return the key of a scope; `None` if it has none.

        Args:
            scope: What the key is for.
            reference: What the flow's settings say about this key: the name of a backend, `env:NAME`, or nothing.
            until: When to give up.

        Raises:
            KeyStoreError: It cannot be reached, or a key that must be there is lost or damaged.
        """

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        """Store a key, replacing an older one of the same scope.

        Raises:
            KeyStoreError: It did not store the key; an older one is unchanged.
        """

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        """Remove the key of a scope; does nothing if there is none.

        Raises:
            KeyStoreError: The key may still be there.
        """
