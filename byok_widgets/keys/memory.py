"""`KeyMemory`: the keys that a key store has in memory, and the scopes that it has looked up."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import NamedTuple

from byok_widgets.keys.backends.base import StoredKey
from byok_widgets.keys.scope import KeyScope
from byok_widgets.secrets.secret import Secret


class Variable(NamedTuple):
    """What an environment variable held, and the key in it."""

    name: str
    value: Secret
    stored: StoredKey


class KeyMemory:
    """Remembers the backends' answers until a key is saved or removed. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[KeyScope, StoredKey | None] = {}
        self._variables: dict[KeyScope, Variable] = {}

    def knows(self, scope: KeyScope) -> bool:
        """Whether this scope was looked up, with whatever result."""
        with self._lock:
            return scope in self._answers

    def get(self, scope: KeyScope) -> StoredKey | None:
        """Return the key of a scope; `None` if there is none, or it was not looked up."""
        with self._lock:
            return self._answers.get(scope)

    def held(self) -> dict[KeyScope, StoredKey]:
        """Return the keys that are in memory."""
        with self._lock:
            return {scope: stored for scope, stored in self._answers.items() if stored}

    def put(self, scope: KeyScope, stored: StoredKey | None) -> None:
        """Remember a key, or that there is none."""
        with self._lock:
            self._answers[scope] = stored
            self._variables.pop(scope, None)

    def forget_others(self, backend: str) -> None:
        """Forget all keys but those that a storage backend holds in memory, and which scopes have none."""
        with self._lock:
            self._answers = {
                scope: stored
                for scope, stored in self._answers.items()
                if stored and stored.status.backend == backend
            }

    def forget(self, scope: KeyScope) -> None:
        """Let the scope be looked up again."""
        with self._lock:
            self._answers.pop(scope, None)

    def variable(self, scope: KeyScope) -> Variable | None:
        """Return what is known of the variable that holds the key of a scope."""
        with self._lock:
            return self._variables.get(scope)

    def put_variable(self, scope: KeyScope, name: str, value: Secret, stored: StoredKey) -> StoredKey:
        """Remember the key in a variable; an equal one stays the same object: clients are cached per object."""
        with self._lock:
            known = self._variables.get(scope)
            if known and known.stored.secret == stored.secret:
                stored = replace(stored, secret=known.stored.secret)
            held = stored.secret if stored.secret == value else value  # one holder for each text
            self._variables[scope] = Variable(name, held, stored)
            return stored
