"""`KeyStatus`: where a key rests, in words for people. Never any part of the key, nor its length.

Floor 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from byok_widgets.errors import ByokError
from byok_widgets.keys.backends.keyring_selection import Backend
from byok_widgets.keys.scope import KeyScope


@dataclass(frozen=True)
class KeyStatus:
    """Where the key of one slot rests.

    Attributes:
        place: `"none"`, `"session"` (this kernel's memory), `"keyring"`, `"file"` (the encrypted file) or `"env"`
            (a key reference).
        label: The place in a few words.
        sentence: What is true about it, in a sentence; where there is a fault, also what to do.
        available: Whether there is a key that a call can use now.
        fault: Kind of the error that keeps the key from being had, such as `"keyring_locked"`; empty where there
            is no fault.
        leftovers: Places that may still hold an older key, since they failed to remove it.
        configured: Whether a key was saved or referenced, also where no call can use it now.
    """

    place: Literal["none", "session", "keyring", "file", "env"]
    label: str
    sentence: str
    available: bool
    fault: str = ""
    leftovers: tuple[str, ...] = ()
    configured: bool = True


def in_session() -> KeyStatus:
    """Describe a key in memory."""
    sentence = "The key is kept in this session's memory only; it is gone when the kernel stops."
    return KeyStatus("session", "This session only", sentence, available=True)


def in_keyring(backend: Backend) -> KeyStatus:
    """Describe a key in the keyring; "securely" is said of the operating system's own alone."""
    how = "stored securely in" if backend.is_os_keyring else "stored by the keyring backend"
    return KeyStatus("keyring", backend.label, f"The key is {how} {backend.label}.", available=True)


def in_file() -> KeyStatus:
    """Describe a key in the encrypted file."""
    sentence = "The key is stored in the encrypted file, which your passphrase opens once in each kernel."
    return KeyStatus("file", "Encrypted file", sentence, available=True)


def _in_locked_file(sentence: str) -> KeyStatus:
    return KeyStatus("file", "Encrypted file, locked", sentence, available=False, fault="file_locked")


def in_environment(name: str, *, is_set: bool) -> KeyStatus:
    """Describe a key reference."""
    sentence = f"The key is read from the environment variable {name}; it is not stored."
    if not is_set:
        sentence = f"The key is to be read from the environment variable {name}, which is not set."
    return KeyStatus("env", f"env:{name}", sentence, available=is_set)


def nowhere(slot: KeyScope) -> KeyStatus:
    """Describe a slot without a key."""
    sentence = f"No API key is saved for {slot.provider} in this flow."
    return KeyStatus("none", "No key", sentence, available=False, configured=False)


def out_of_reach(fault: ByokError) -> KeyStatus:
    """Describe a slot whose key cannot be had, or not before a passphrase is typed."""
    sentence = f"{fault.problem} {fault.fix}"
    if fault.kind == "file_locked":
        return _in_locked_file(sentence)
    return KeyStatus("none", "No usable key", sentence, available=False, fault=fault.kind)
