"""The OS keyring as a storage backend. Even if it misreports, hangs or is locked, no key is lost silently.

Every call runs in its own thread and is abandoned after `TIME_LIMIT_S`; calls that belong together
share one `deadline()`. Errors raised here are `KeyStoreError`s of kind `no_keyring`, `keyring_locked`,
`keyring_timeout`, `keyring_lost`, `keyring_not_opened`, `keyring_not_saved`, `keyring_not_removed` or
`keyring_failed`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from byok_widgets.errors import KeyStoreError
from byok_widgets.keys.backends.base import Availability, StoredKey
from byok_widgets.keys.backends.keyring_selection import Backend, choose_backend, describe, translate
from byok_widgets.keys.formats import MAX_CHARS
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline, NoAnswerError, SerialExecutor
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

TIME_LIMIT_S = 5.0
"""Maximum wait for the keyring, in seconds."""

T = TypeVar("T")

_calls = SerialExecutor("byok-keyring")
_UNKNOWN = "The OS keyring"


class KeyringState(NamedTuple):
    """Whether keys can be stored in this machine's keyring.

    Attributes:
        available: Whether a key was saved, read back and removed.
        backend_label: The keyring's name on screen; empty if there is none.
        reason: Why it is not available, and what to do; empty if it is.
        problem: The same without what to do.
        is_os_keyring: Whether it is the operating system's own.
        kind: Kind of the error (see the module's docstring); empty if it is available.
    """

    available: bool
    backend_label: str
    reason: str
    is_os_keyring: bool = False
    kind: str = ""
    problem: str = ""


_probed: list[KeyringState] = []
_probing = threading.Lock()


def deadline() -> Deadline:
    """Return the deadline for everything that one user request does with the keyring."""
    return Deadline(TIME_LIMIT_S)


def probe(*, refresh: bool = False, until: Deadline | None = None) -> KeyringState:
    """Return whether the keyring really works, by saving, reading and removing a random string.

    The answer is cached for the process. Takes 5 seconds at most.

    Args:
        refresh: Try again, for example after the user has unlocked the keyring.
        until: When to give up; 5 seconds from now by default.
    """
    until = until or deadline()
    with _probing:  # the thread that holds it started earlier, and so gives up earlier
        if refresh or not _probed:
            _probed[:] = [_try_out(until)]
        return _probed[0]


def read(scope: KeyScope, *, until: Deadline | None = None) -> tuple[Secret | None, Backend]:
    """Return the key in the keyring, or `None`, and the backend that was asked.

    Raises:
        KeyStoreError: There is no keyring, or it did not answer.
    """

    def job(backend: KeyringBackend) -> Secret | None:
        return _read(backend, scope)

    return _call(job, until=until)


def write(scope: KeyScope, secret: Secret, *, until: Deadline | None = None) -> Backend:
    """Save a key and read it back; returns the backend that holds it now.

    On failure the new key is not in the keyring, and an older one is restored, as far as the keyring cooperates.

    Raises:
        KeyStoreError: There is no keyring, it did not answer, or it did not store the key.
    """
    older: list[Secret | None] = []

    def job(backend: KeyringBackend) -> None:
        older.append(_read(backend, scope))
        _write(backend, scope, secret, put_back)

    def put_back(backend: KeyringBackend) -> None:
        _erase(backend, scope)
        if older and older[0] is not None:
            backend.set_password(scope.service, scope.user, older[0].reveal())

    return _call(job, undo=put_back, until=until)[1]


def erase(scope: KeyScope, *, until: Deadline | None = None) -> None:
    """Remove a key; does nothing if there is none.

    Raises:
        KeyStoreError: There is no keyring, it did not answer, or it did not remove the key.
    """

    def job(backend: KeyringBackend) -> None:
        _erase_for_good(backend, scope)

    _call(job, until=until)


def in_keyring(backend: Backend) -> KeyStatus:
    """Describe a key in the keyring; only the operating system's own is called secure."""
    how = "stored securely in" if backend.is_os_keyring else "stored by the keyring backend"
    sentence = f"The key is {how} {backend.label}."
    return KeyStatus(OsKeyring.name, backend.label, sentence, available=True, reference=OsKeyring.name)


class OsKeyring:
    """The keyring of the operating system, or the one that `keyring` is configured for."""

    name = "keyring"
    label = "OS keyring"
    is_slow = True
    stores_keys = True
    lock = None

    def available(self, *, until: Deadline) -> Availability:
        """Return whether a key could be saved, read back and removed; tried once per process."""
        state = probe(until=until)
        if not state.available:
            problem = state.problem if state.kind == "no_keyring" else state.reason
            return Availability(available=False, label=self.label, problem=problem)
        how = "Encrypted by your operating system" if state.is_os_keyring else "Stored by this keyring backend"
        return Availability(available=True, label=state.backend_label, note=f"{how}; still there after a restart.")

    def may_hold(self, scope: KeyScope) -> bool:
        """Return that it may: only the keyring can tell."""
        del scope
        return True

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        """Return the key; `None` also if there is no keyring."""
        del reference
        try:
            secret, backend = read(scope, until=until)
        except KeyStoreError as error:
            if error.kind == "no_keyring":
                return None
            raise
        return StoredKey(secret, in_keyring(backend)) if secret else None

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        """Save the key and read it back."""
        return in_keyring(write(scope, secret, until=until))

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        """Remove the key; does nothing if there is no keyring."""
        try:
            erase(scope, until=until)
        except KeyStoreError as error:
            if error.kind != "no_keyring":
                raise


def _try_out(until: Deadline) -> KeyringState:
    scope = KeyScope.of("probe", "probe", secrets.token_hex(8))
    sample = Secret(secrets.token_hex(16))

    def job(backend: KeyringBackend) -> None:  # in one call, so that what was written is removed, however late
        _write(backend, scope, sample, remove)
        _erase_for_good(backend, scope)

    def remove(backend: KeyringBackend) -> None:
        _erase(backend, scope)

    try:
        backend = _call(job, until=until)[1]
    except KeyStoreError as error:
        return KeyringState(
            available=False, backend_label="", reason=_reason(error), kind=error.kind, problem=error.problem
        )
    return KeyringState(
        available=True, backend_label=backend.label, reason="", is_os_keyring=backend.is_os_keyring
    )


def _reason(error: KeyStoreError) -> str:
    return " ".join(part for part in (error.problem, error.fix) if part)


def _read(backend: KeyringBackend, scope: KeyScope) -> Secret | None:
    return _held(backend.get_password(scope.service, scope.user))


def _held(text: str | None) -> Secret | None:
    from keyring.errors import KeyringError

    if text is None or (isinstance(text, str) and len(text) <= MAX_CHARS):
        return Secret(text) if text else None
    raise KeyringError("It returned something that is no key")


def _write(
    backend: KeyringBackend, scope: KeyScope, secret: Secret, put_back: Callable[[KeyringBackend], None]
) -> None:
    backend.set_password(scope.service, scope.user, secret.reveal())
    kept = False
    try:
        kept = _read(backend, scope) == secret
    finally:
        if not kept:
            put_back(backend)
    if not kept:
        raise KeyStoreError(
            f"{describe(backend).label} did not keep the key: it returned something else.",
            kind="keyring_lost",
            fix="Keep the key in this session only, or refer to an environment variable.",
        )


def _erase(backend: KeyringBackend, scope: KeyScope) -> None:
    from keyring.errors import PasswordDeleteError

    try:
        backend.delete_password(scope.service, scope.user)
    except PasswordDeleteError:
        # Backends also raise this when there was nothing to remove.
        if _read(backend, scope) is not None:
            raise


def _erase_for_good(backend: KeyringBackend, scope: KeyScope) -> None:
    """Remove a key and look whether it is gone: a backend may keep it, and say nothing."""
    from keyring.errors import PasswordDeleteError

    _erase(backend, scope)
    if _read(backend, scope) is not None:
        raise PasswordDeleteError("It is still there")


def _call(
    job: Callable[[KeyringBackend], T],
    undo: Callable[[KeyringBackend], None] | None = None,
    *,
    until: Deadline | None,
) -> tuple[T, Backend]:
    """Run `job` on the backend within the time limit; `undo` runs if it finishes too late."""
    chosen: list[KeyringBackend] = []

    def work() -> tuple[T, Backend] | KeyStoreError:
        try:
            chosen.append(choose_backend())
            return job(chosen[0]), describe(chosen[0])
        except BaseException as error:  # noqa: BLE001 - backends raise anything, even SystemExit, in this thread
            return translate(error, describe(chosen[0]).label if chosen else _UNKNOWN)

    def clean_up() -> None:
        try:
            if undo and chosen:
                undo(chosen[0])
        except BaseException:  # noqa: BLE001, S110 - nobody is waiting any more; the caller already got an error
            pass

    try:
        outcome = _calls.run(work, (until or deadline()).left_s, clean_up)
    except NoAnswerError:
        outcome = KeyStoreError(
            f"The keyring did not answer within {TIME_LIMIT_S:g} seconds.",
            kind="keyring_timeout",
            fix="If your system asks for permission or a password, answer it and try again. Otherwise keep the "
            "key in this session only.",
        )
    if isinstance(outcome, KeyStoreError):
        raise outcome
    return outcome
