"""This session's memory as a storage backend: the key store holds the key while the kernel runs."""

from __future__ import annotations

from byok_widgets.keys.backends.base import Availability, StoredKey
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets.secret import Secret


def in_session() -> KeyStatus:
    """Describe a key in memory."""
    sentence = "The key is kept in this session's memory only; it is gone when the kernel stops."
    return KeyStatus(SessionMemory.name, "This session only", sentence, available=True)


class SessionMemory:
    """Always available, and empty in a new kernel."""

    name = "session"
    label = "This session's memory"
    is_slow = False
    stores_keys = True
    lock = None

    def available(self, *, until: Deadline) -> Availability:
        """Return that it is available."""
        del until
        return Availability(available=True, label=self.label, note="Gone when the kernel stops.")

    def may_hold(self, scope: KeyScope) -> bool:
        """Return that it does not: the key store already has this session's keys in memory."""
        del scope
        return False

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        """Return nothing: the key store already has this session's keys in memory."""
        del scope, reference, until
        return None

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        """Return where the key store holds the key."""
        del scope, secret, until
        return in_session()

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        """Do nothing: the key store drops the key from memory."""
        del scope, until
