"""How a key store goes through its storage backends: to find a key, to choose where to store one, to erase one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from byok_widgets.errors import KeyFormatError, KeyStoreError
from byok_widgets.keys.backends import guarded
from byok_widgets.keys.backends.base import KeyBackend, StoredKey
from byok_widgets.keys.backends.registry import backend_named, storing_backends
from byok_widgets.keys.formats import clean_key
from byok_widgets.keys.references import KeyReferences
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.secrets.secret import Secret


def find_key(
    scope: KeyScope, backends: Sequence[KeyBackend], references: KeyReferences, until: Deadline
) -> StoredKey | None:
    """Ask the backend that is noted for a key; where none is, all of them, those that answer at once first.

    Raises:
        KeyStoreError: None has the key, and this is why the first that failed could not say so.
        KeyFormatError: What is stored there cannot be a key.
    """
    reference = references.of(scope)
    noted = backend_named(reference, backends)
    if missing := references.missing_backend(scope, backends):
        raise missing
    errors: list[KeyStoreError] = []
    for backend in [noted] if noted else storing_backends(backends):
        try:
            stored = guarded.read(backend, scope, reference, until=until)
        except KeyStoreError as error:
            errors.append(error)
            continue
        if stored:
            return replace(stored, secret=_usable(stored.secret, stored.status.label))
    if errors:
        raise errors[0]
    return None


def choose_backend(name: str | None, backends: Sequence[KeyBackend], until: Deadline) -> KeyBackend:
    """Return the backend of this name; without one, the first that is available.

    Raises:
        KeyStoreError: There is none of that name.
    """
    for backend in backends:
        fits = backend.stores_keys and name in (None, backend.name)
        if fits and (name or guarded.available(backend, until=until).available):
            return backend
    names = [backend.name for backend in storing_backends(backends)]
    raise KeyStoreError(
        f"There is no storage backend {name!r}.",
        kind="unknown_backend",
        fix=f"Choose one of: {', '.join(names)}.",
    )


def erase_key(
    scope: KeyScope,
    backends: Sequence[KeyBackend],
    references: KeyReferences,
    until: Deadline,
    *,
    but: KeyBackend | None = None,
) -> dict[str, KeyStoreError]:
    """Remove a key from all backends but one; returns what kept each from doing so."""
    missing = references.missing_backend(scope, backends)
    errors: dict[str, KeyStoreError] = {}
    if isinstance(missing, KeyStoreError):
        errors[references.of(scope)] = missing
    for backend in storing_backends(backends):
        try:
            if backend is not but:
                guarded.erase(backend, scope, until=until)
        except KeyStoreError as error:
            errors[backend.name] = error
    return errors


def _usable(secret: Secret, label: str) -> Secret:
    """Refuse what someone else wrote there and what would break a request, before it can be quoted in one."""
    try:
        return Secret(clean_key(secret.reveal()))
    except KeyFormatError as error:
        found = error
    raise KeyFormatError(
        f"What is stored in {label} cannot be used. {found.problem}",
        kind=found.kind,
        flaw=found.flaw,
        fix="Paste the key again.",
    )
