"""What a storage backend is: one of the ordered list in `registry` that can hold a flow's API keys.

To add one, write a module with a class like this and put an instance of it into the list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets.secret import Secret


@dataclass(frozen=True)
class Availability:
    """Whether a backend works on this machine.

    Attributes:
        available: Whether it can store a key now.
        label: What people call it.
        note: What a person who chooses it should know.
        problem: Why it is not available, and what to do; empty when it is.
    """

    available: bool
    label: str
    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class StoredKey:
    """A key, and where it is stored."""

    secret: Secret
    status: KeyStatus


class KeyBackend(Protocol):
    """Stores API keys. Each method may be called from any thread, and raises only `KeyStoreError`.

    One that raises something else, or has not returned at `until`, counts as failed, and its text is not shown.

    Attributes:
        name: Its name in the settings of a flow whose key it holds.
        label: What people call it, as long as nothing better is known.
        is_slow: Whether an answer may wait for another program or a person; it is asked last.
        stores_keys: Whether it stores what it is given; otherwise it only finds a key by a reference.
    """

    name: str
    label: str
    is_slow: bool
    stores_keys: bool

    def available(self, *, until: Deadline) -> Availability:
        """Find out whether it works here; the answer may be remembered."""

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        """Return the key of a scope; `None` when it has none.

        Args:
            scope: What the key is for.
            reference: What the flow's settings say of this key: the name of a backend, `env:NAME`, or nothing.
            until: When to give up.

        Raises:
            KeyStoreError: It cannot be asked, or the key that must be there is lost or damaged.
        """

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        """Store a key in place of an older one of the same scope.

        Raises:
            KeyStoreError: It did not store the key; an older one is as it was.
        """

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        """Remove the key of a scope; it is no error when there is none.

        Raises:
            KeyStoreError: The key may still be there.
        """
