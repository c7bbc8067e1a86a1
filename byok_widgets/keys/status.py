"""`KeyStatus`: where a key is stored, in plain words. It never contains any part of the key, nor its length.

Each backend describes the keys that it holds; here is what no backend can say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from byok_widgets.errors import ByokError
from byok_widgets.keys.scope import KeyScope
from byok_widgets.secrets.key_formats import format_of


@dataclass(frozen=True)
class KeyStatus:
    """Where the key of one scope is stored.

    Attributes:
        backend: Name of the storage backend, such as `"session"` (this kernel's memory), `"keyring"`, `"file"`
            (the encrypted file) or `"env"` (a reference); `"none"` if there is no key.
        label: The backend in a few words.
        sentence: Where the key is, in one sentence; after an error, also what to do.
        available: Whether there is a key that a call can use now.
        fault: Kind of the error that keeps the key from being read, such as `"keyring_locked"`; empty if there
            is none.
        leftovers: Backends that may still hold an older key, since they failed to remove it.
        configured: Whether a key was saved or referenced, even if no call can use it now.
        reference: What the flow's settings say about the key: the name of a backend, `env:NAME`, or nothing.
        is_reference: Whether the key is only referred to, and stored nowhere.
        is_locked: Whether a person has to unlock the backend before the key can be used.
    """

    backend: str
    label: str
    sentence: str
    available: bool
    fault: str = ""
    leftovers: tuple[str, ...] = ()
    configured: bool = True
    reference: str = ""
    is_reference: bool = False
    is_locked: bool = False

    @property
    def is_stored(self) -> bool:
        """Whether the key itself is stored, rather than only referenced."""
        return self.configured and not self.is_reference and self.backend != "none"


class NamedBackend(Protocol):
    """A backend, as far as a status needs to know it."""

    @property
    def name(self) -> str:
        """Its name in settings."""

    @property
    def label(self) -> str:
        """Its name on screen."""


def nowhere(scope: KeyScope) -> KeyStatus:
    """Describe a scope that has no key."""
    key_format = format_of(scope.provider)
    sentence = f"No API key is saved for {key_format.label if key_format else scope.provider} in this flow."
    return KeyStatus("none", "No key", sentence, available=False, configured=False)


def out_of_reach(error: ByokError, locked: NamedBackend | None) -> KeyStatus:
    """Describe a scope whose key cannot be read, or only once a person has unlocked the backend that has it."""
    sentence = f"{error.problem} {error.fix}"
    if locked is None:
        return KeyStatus("none", "No usable key", sentence, available=False, fault=error.kind)
    return KeyStatus(
        locked.name,
        f"{locked.label}, locked",
        sentence,
        available=False,
        fault=error.kind,
        reference=locked.name,
        is_locked=True,
    )
