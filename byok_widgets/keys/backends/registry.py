"""The storage backends, best first: by default, a key is stored in the first one that is available."""

from __future__ import annotations

from collections.abc import Sequence

from byok_widgets.keys.backends.base import KeyBackend
from byok_widgets.keys.backends.encrypted_file import EncryptedFile
from byok_widgets.keys.backends.environment import PREFIX, Environment
from byok_widgets.keys.backends.os_keyring import OsKeyring
from byok_widgets.keys.backends.session import SessionMemory
from byok_widgets.keys.backends.waiting import Waiting

BACKENDS: list[KeyBackend] = [
    OsKeyring(),
    SessionMemory(),
    EncryptedFile(),
    Environment(),
]


def backend_named(name: str | None, among: Sequence[KeyBackend] = BACKENDS) -> KeyBackend | None:
    """Return the backend of this name, if there is one."""
    return next((backend for backend in among if backend.name == name), None)


def backend_of(reference: str, among: Sequence[KeyBackend] = BACKENDS) -> KeyBackend | None:
    """Return the backend that a key reference leads to, a name or `env:NAME`; `None` if it is not here."""
    return backend_named(Environment.name if reference.startswith(PREFIX) else reference, among)


def storing_backends(among: Sequence[KeyBackend] = BACKENDS) -> list[KeyBackend]:
    """Return the backends that store keys, those that answer at once first."""
    return sorted((backend for backend in among if backend.stores_keys), key=lambda backend: backend.is_slow)


def in_memory() -> list[KeyBackend]:
    """Return the backends of a flow that saves nothing: its keys end with the kernel."""
    return [SessionMemory(), Environment()]


def waiting() -> list[KeyBackend]:
    """Return all backends for keys that have no flow yet: each is chosen, and gets the key when there is one."""
    return [Waiting(backend) if backend.stores_keys else backend for backend in BACKENDS]
