"""`KeyStatus`: where a key is stored, in plain words. It never contains any part of the key, nor its length."""

from __future__ import annotations

from dataclasses import dataclass

from byok_widgets.errors import ByokError
from byok_widgets.keys.backends.keyring_selection import Backend
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
    """

    backend: str
    label: str
    sentence: str
    available: bool
    fault: str = ""
    leftovers: tuple[str, ...] = ()
    configured: bool = True
    reference: str = ""

    @property
    def is_stored(self) -> bool:
        """Whether the key itself is stored, rather than only referenced."""
        return self.configured and not self.reference.startswith("env:") and self.backend != "none"


def in_session() -> KeyStatus:
    """Describe a key in memory."""
    sentence = "The key is kept in this session's memory only; it is gone when the kernel stops."
    return KeyStatus("session", "This session only", sentence, available=True)


def in_waiting(backend: str, label: str) -> KeyStatus:
    """Describe a key that waits for its flow."""
    then = "" if backend == "session" else f", which then stores it in: {label}"
    sentence = f"The key waits in this kernel's memory for your first flow{then}."
    return KeyStatus(backend, "Waits for a flow", sentence, available=True)


def in_keyring(backend: Backend) -> KeyStatus:
    """Describe a key in the keyring; only the operating system's own is called secure."""
    how = "stored securely in" if backend.is_os_keyring else "stored by the keyring backend"
    sentence = f"The key is {how} {backend.label}."
    return KeyStatus("keyring", backend.label, sentence, available=True, reference="keyring")


def in_file() -> KeyStatus:
    """Describe a key in the encrypted file."""
    sentence = "The key is stored in the encrypted file, which your passphrase unlocks once per kernel."
    return KeyStatus("file", "Encrypted file", sentence, available=True, reference="file")


def _in_locked_file(sentence: str) -> KeyStatus:
    label = "Encrypted file, locked"
    return KeyStatus("file", label, sentence, available=False, fault="file_locked", reference="file")


def in_environment(name: str, *, is_set: bool) -> KeyStatus:
    """Describe a key reference."""
    sentence = f"The key is read from the environment variable {name}; it is not stored."
    if not is_set:
        sentence = f"The key is read from the environment variable {name}, which is not set."
    return KeyStatus("env", f"env:{name}", sentence, available=is_set, reference=f"env:{name}")


def nowhere(scope: KeyScope) -> KeyStatus:
    """Describe a scope that has no key."""
    key_format = format_of(scope.provider)
    sentence = f"No API key is saved for {key_format.label if key_format else scope.provider} in this flow."
    return KeyStatus("none", "No key", sentence, available=False, configured=False)


def out_of_reach(error: ByokError) -> KeyStatus:
    """Describe a scope whose key cannot be read, or only after a passphrase is typed."""
    sentence = f"{error.problem} {error.fix}"
    if error.kind == "file_locked":
        return _in_locked_file(sentence)
    return KeyStatus("none", "No usable key", sentence, available=False, fault=error.kind)
