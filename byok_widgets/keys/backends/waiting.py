"""A storage backend that was chosen for a key whose flow no cell has made yet.

Until then the key waits in the memory of its key store, and nothing is written anywhere.
"""

from __future__ import annotations

from byok_widgets.keys.backends.base import Availability, KeyBackend, StoredKey
from byok_widgets.keys.backends.session import SessionMemory
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets.secret import Secret


class Waiting:
    """Stands for the backend that will store the key."""

    stores_keys = True

    def __init__(self, chosen: KeyBackend) -> None:
        self._chosen = chosen
        self.name, self.label, self.is_slow = chosen.name, chosen.label, chosen.is_slow
        self.lock = chosen.lock

    def available(self, *, until: Deadline) -> Availability:
        """Return whether the chosen one works."""
        return self._chosen.available(until=until)

    def may_hold(self, scope: KeyScope) -> bool:
        """Return that it does not: what waits, the key store has in memory."""
        del scope
        return False

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        """Return nothing: what waits, the key store has in memory already."""
        del scope, reference, until
        return None

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        """Say that the key waits, and for which backend."""
        del scope, secret, until
        then = "" if self.name == SessionMemory.name else f", which then stores it in: {self.label}"
        sentence = f"The key waits in this kernel's memory for your first flow{then}."
        return KeyStatus(self.name, "Waits for a flow", sentence, available=True)

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        """Leave it to the key store, which forgets the key."""
        del scope, until
