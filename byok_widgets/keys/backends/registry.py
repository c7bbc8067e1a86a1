"""The storage backends, best first: by default, a key is stored in the first one that is available."""

from __future__ import annotations

from byok_widgets.keys.backends.base import KeyBackend
from byok_widgets.keys.backends.encrypted_file import EncryptedFile
from byok_widgets.keys.backends.environment import Environment
from byok_widgets.keys.backends.os_keyring import OsKeyring
from byok_widgets.keys.backends.session import Session

BACKENDS: list[KeyBackend] = [
    OsKeyring(),
    Session(),
    EncryptedFile(),
    Environment(),
]


def backend_named(name: str | None) -> KeyBackend | None:
    """Return the backend with this name, if there is one."""
    return next((backend for backend in BACKENDS if backend.name == name), None)


def storing_backends() -> list[KeyBackend]:
    """Return the backends that store keys, fast ones first."""
    return sorted((backend for backend in BACKENDS if backend.stores_keys), key=lambda backend: backend.is_slow)
