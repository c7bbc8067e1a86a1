"""`KeyStore`: one flow's API keys, and the storage backends that hold them.

A key is bound to (flow, provider, destination): a host, with a base path that is not the usual one. The
flow's own key wins over a key reference; nothing else is ever looked at: not another flow's key, not the
environment by itself.
"""

from __future__ import annotations

import threading
from collections.abc import MutableMapping, Sequence
from dataclasses import replace

from byok_widgets.errors import KeyFormatError, KeyStoreError, MissingKeyError
from byok_widgets.keys.backends.base import KeyBackend, StoredKey
from byok_widgets.keys.backends.environment import (
    PREFIX,
    Environment,
    in_environment,
    read_variable,
    still_holds,
    variable_name,
    variable_value,
)
from byok_widgets.keys.backends.os_keyring import deadline
from byok_widgets.keys.backends.registry import BACKENDS, backend_named, in_memory
from byok_widgets.keys.backends.session import SessionMemory
from byok_widgets.keys.formats import check_provider, clean_key
from byok_widgets.keys.memory import KeyMemory
from byok_widgets.keys.references import KeyReferences
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.status import KeyStatus, nowhere, out_of_reach
from byok_widgets.secrets.secret import Secret

_SETTINGS = "Open Settings (click the gear, or run flow.settings()) and verify that the key is saved."
_SET_IT = "Set it before the notebook server starts, or paste the key in flow.settings()."


class KeyStore:
    """The API keys of one flow. Gives a key only as a `Secret`, and shows no part of one.

    Each scope (provider and destination) has at most one key. A backend is asked at most once for each; its answer
    is remembered until `save`, `remove` or a new process; a referenced variable is read at each call. Where the
    settings name a variable, no backend is asked: they name the backend of each stored key, and a reference never
    replaces that. A call waits for the backends 5 seconds, and half a second more for each that is asked
    after that; it never waits for a passphrase. Safe to use from several threads.

    Args:
        flow: Name of the flow; names that differ only in Unicode composition are the same flow.
        references: How each key can be found again, by the name of its scope: the name of the backend that holds
            it, or `env:NAME`. Never a key.
        backends: The storage backends, best first; by default all that are registered.
    """

    def __init__(
        self,
        flow: str,
        references: MutableMapping[str, str] | None = None,
        *,
        backends: Sequence[KeyBackend] = BACKENDS,
    ) -> None:
        self._backends = backends
        self._flow = KeyScope.of(flow, "", "").flow
        self._references = KeyReferences({} if references is None else references)
        self._memory = KeyMemory()
        self._asking = threading.RLock()

    def __repr__(self) -> str:
        return f"KeyStore({self._flow!r})"

    @property
    def flow(self) -> str:
        """Name of the flow whose keys these are."""
        return self._flow

    @property
    def backends(self) -> Sequence[KeyBackend]:
        """Where these keys can be stored, best first."""
        return self._backends

    def save(
        self,
        provider: str,
        destination: str,
        key: str | Secret,
        *,
        backend: str | None = None,
        override: bool = False,
    ) -> KeyStatus:
        """Clean, check and store a key; older keys and references of this scope are dropped.

        Args:
            provider: Name of the provider the key is for.
            destination: Host the key may be sent to, with a base path that is not the usual one.
            key: What the person pasted.
            backend: Name of the backend that stores it; `None` for the first of `BACKENDS` that is available.
                `"file"` is the encrypted file, which must be unlocked.
            override: Store it even if it looks like another provider's.

        Raises:
            KeyFormatError: It cannot be a key, or is another provider's. What was saved before stays.
            KeyStoreError: The backend did not store the key, or there is none of that name. The key is then stored
                nowhere, and what was saved before stays; `backend="session"` works always.
        """
        from byok_widgets.keys.backends import guarded
        from byok_widgets.keys.lookup import choose_backend, erase_key

        given = key if isinstance(key, Secret) else Secret(key if isinstance(key, str) else "")
        del key
        secret = _checked(given, provider, override=override)
        scope, until = self._scope(provider, destination), deadline()
        with self._asking:
            chosen = choose_backend(backend, self._backends, until)
            status = guarded.write(chosen, scope, secret, until=until)
            self._memory.put(scope, StoredKey(secret, status))
            # Only once the new key is stored: if that fails, the old one must still be there.
            errors = erase_key(scope, self._backends, self._references, until, but=chosen)
        self._references.note(scope, status.reference)
        notes = [f"An older key may still be stored elsewhere: {error.problem}" for error in errors.values()]
        return replace(status, sentence=" ".join([status.sentence, *notes]), leftovers=tuple(errors))

    def refer(self, provider: str, destination: str, reference: str) -> KeyStatus:
        """Use the key that an environment variable holds, for as long as this scope has no key of its own.

        Args:
            provider: Name of the provider the key is for.
            destination: Host the key may be sent to, with a base path that is not the usual one.
            reference: `env:NAME` or `NAME`. The variable must be set here; in another kernel it may be missing.

        Raises:
            KeyFormatError: Not the name of a variable that is set, something that looks like a key, or what the
                variable holds cannot be this provider's key.
        """
        given = Secret(reference if isinstance(reference, str) else "")
        del reference
        scope = self._scope(provider, destination)
        name = variable_name(given.reveal())
        del given  # a name is no key, and what is held as one is hidden in later errors
        if read_variable(name, provider) is None:
            del name  # it may be a key all the same
            raise KeyFormatError(
                "This kernel has no environment variable of that name.", kind="key_variable_not_set", fix=_SET_IT
            )
        self._references.refer(scope, name)
        return self.status(provider, destination)

    def keep_in_memory(self) -> None:
        """Forget the keys that are stored elsewhere, and store those to come in this session's memory alone.

        References to environment variables stay.
        """
        with self._asking:
            self._backends = in_memory()
            self._memory.forget_others(SessionMemory.name)
            self._references.keep_variables()

    def get(self, provider: str, destination: str) -> Secret | None:
        """Return the key of this scope, or `None` when it has none.

        Raises:
            KeyFormatError: What is stored, or in the variable referred to, cannot be this provider's key.
            KeyStoreError: The keyring is locked or does not answer, the encrypted file is locked, or the key is in
                a storage backend that is not available here, and there is no reference beside it.
        """
        scope = self._scope(provider, destination)
        stored = self._own_key(scope) or self._referred_key(scope)
        return stored.secret if stored else None

    def may_have(self, provider: str, destination: str) -> bool:
        """Whether a key of this scope was saved or referred to, as far as is known without asking a backend."""
        scope = self._scope(provider, destination)
        return self._memory.get(scope) is not None or bool(self._references.of(scope))

    def held(self) -> tuple[tuple[str, str, str], ...]:
        """Return the provider, the destination and the backend of each key that is in memory. Asks no backend."""
        return tuple(
            (scope.provider, scope.destination, stored.status.backend)
            for scope, stored in self._memory.held().items()
        )

    def uses_variable(self, provider: str, destination: str) -> bool:
        """Whether `get` takes the key from a variable, as far as is known without asking a backend."""
        scope = self._scope(provider, destination)
        return self._memory.get(scope) is None and bool(self._references.variable(scope))

    def variable(self, provider: str, destination: str) -> str:
        """Return the variable that `get` takes the key from, as far as is known; empty if it takes none."""
        is_used = self.uses_variable(provider, destination)
        return self._references.variable(self._scope(provider, destination)) if is_used else ""

    def is_cached(self, provider: str, destination: str) -> bool:
        """Whether `get` would answer without asking a backend, and so without waiting."""
        return self._is_known(self._scope(provider, destination))

    def cached(self, provider: str, destination: str) -> Secret | None:
        """Return the key if that needs no backend; never waits, never raises."""
        scope = self._scope(provider, destination)
        if not self._is_known(scope):
            return None
        try:
            stored = self._memory.get(scope) or self._referred_key(scope)
        except KeyFormatError:
            return None  # get() raises it where somebody can be told
        return stored.secret if stored else None

    def require(self, provider: str, destination: str, *, provider_label: str) -> Secret:
        """Return the key of this scope.

        Args:
            provider: Name of the provider.
            destination: Where the key will be sent.
            provider_label: What people call the provider, with the destination where that is not its own.

        Raises:
            MissingKeyError: "No API key configured" for this flow and provider.
            KeyFormatError: As in `get`.
            KeyStoreError: As in `get`.
        """
        secret = self.get(provider, destination)
        if secret is not None:
            return secret
        name = self._references.variable(self._scope(provider, destination))
        if not name:
            raise self.missing(provider_label)
        cause = f"This flow refers to the environment variable {name}, which is not set."
        fix = f"Set {name}, then restart the kernel; or paste a key. {_SETTINGS}"
        raise self.missing(provider_label, cause=cause, fix=fix)

    def missing(self, provider_label: str, *, cause: str = "", fix: str = "") -> MissingKeyError:
        """Return the error that says that this flow has no key for a provider."""
        usual = f"{_SETTINGS} Paste your key for {provider_label} and press Save, or choose the local model."
        problem = f"No API key configured for flow {self._flow!r} and provider {provider_label}."
        return MissingKeyError(problem, cause=cause, fix=fix or usual)

    def remove(self, provider: str, destination: str) -> None:
        """Remove the key of this scope from all backends, its reference included.

        Raises:
            KeyStoreError: A backend did not remove it; the others have.
        """
        from byok_widgets.keys.lookup import erase_key

        scope = self._scope(provider, destination)
        with self._asking:
            self._memory.put(scope, None)  # first: calls find no key from now on, however long a backend takes
            errors = erase_key(scope, self._backends, self._references, deadline())
        self._references.note(scope, "")
        if errors:
            self._memory.forget(scope)  # it may still be there: the next call asks again
            raise next(iter(errors.values()))

    def status(self, provider: str, destination: str) -> KeyStatus:
        """Return where the key of this scope is stored. Shows no part of it; asks the backends as `get` does."""
        scope = self._scope(provider, destination)
        try:
            stored = self._own_key(scope) or self._referred_key(scope)
        except (KeyStoreError, KeyFormatError) as error:
            return out_of_reach(error, backend_named(getattr(error, "locked", None), self._backends))
        if stored:
            return stored.status
        name = self._references.variable(scope)
        return in_environment(name, is_set=False) if name else nowhere(scope)

    def _scope(self, provider: str, destination: str) -> KeyScope:
        return KeyScope.of(self._flow, provider, destination)

    def _is_known(self, scope: KeyScope) -> bool:
        """Whether the scope's own key, or that it has none, is known without asking a backend."""
        return self._memory.knows(scope) or self._references.of(scope).startswith(PREFIX)

    def _own_key(self, scope: KeyScope) -> StoredKey | None:
        if not self._is_known(scope):
            self._ask_backends(scope)
        return self._memory.get(scope)

    def _ask_backends(self, scope: KeyScope) -> None:
        from byok_widgets.keys.lookup import find_key

        with self._asking:
            if self._memory.knows(scope):  # another thread has asked meanwhile
                return
            found = None
            try:
                found = find_key(scope, self._backends, self._references, deadline())
            except KeyStoreError:
                if not self._references.variable(scope):  # beside what is locked, the reference counts
                    raise
            self._memory.put(scope, found)

    def _referred_key(self, scope: KeyScope) -> StoredKey | None:
        name = self._references.variable(scope)
        if not name:
            return None
        known = self._memory.variable(scope)
        if known and known.name == name and still_holds(name, known.value):
            return known.stored
        value = variable_value(name)
        stored = _ENVIRONMENT.read(scope, f"{PREFIX}{name}", until=deadline())
        return self._memory.put_variable(scope, name, value, stored) if stored else None


_ENVIRONMENT = Environment()


def _checked(given: Secret, provider: str, *, override: bool) -> Secret:
    cleaned = Secret(clean_key(given.reveal()))
    check_provider(cleaned.reveal(), provider, override=override)
    return given if cleaned == given else cleaned
