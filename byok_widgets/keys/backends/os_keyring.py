"""The OS keyring as a place where keys rest. A keyring that lies, hangs or is locked never costs a key in silence.

Floor 0. Every call runs in a thread of its own and is given up after `TIME_LIMIT_S`; calls that belong together
share one `deadline()`. What it raises is a `KeyStoreError` of kind `no_keyring`, `keyring_locked`,
`keyring_timeout`, `keyring_lost`, `keyring_not_opened`, `keyring_not_saved`, `keyring_not_removed` or
`keyring_failed`.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from byok_widgets.errors import KeyStoreError
from byok_widgets.keys.backends.keyring_selection import Backend, choose_backend, describe, translate
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline, NoAnswerError, SerialExecutor
from byok_widgets.secrets.secret import Secret

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

TIME_LIMIT_S = 5.0
"""Longest wait for the keyring, in seconds."""

T = TypeVar("T")

_calls = SerialExecutor("byok-keyring")
_UNKNOWN = "The OS keyring"


@dataclass(frozen=True)
class KeyringState:
    """Whether keys can rest in this machine's keyring.

    Attributes:
        available: A key was saved, read back and removed.
        backend_label: What to call the keyring; empty when there is none.
        reason: Why it is not available, and what to do; empty when it is.
        problem: The same without what to do.
        is_os_keyring: Whether it is the operating system's own.
        kind: Kind of the fault (see the module's docstring); empty when it is available.
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
    """Return the end of the time that one request of a person may wait for the keyring, whatever it takes."""
    return Deadline(TIME_LIMIT_S)


def probe(*, refresh: bool = False, until: Deadline | None = None) -> KeyringState:
    """Say whether the keyring truly works, by saving, reading and removing a random text.

    The answer is kept for the process. Takes 5 seconds at most.

    Args:
        refresh: Try again, for example after the person has unlocked the keyring.
        until: When to give up; 5 seconds from now by default.
    """
    until = until or deadline()
    with _probing:  # whoever holds it began earlier, and so gives up earlier
        if refresh or not _probed:
            _probed[:] = [_try_out(until)]
        return _probed[0]


def read(slot: KeyScope, *, until: Deadline | None = None) -> tuple[Secret | None, Backend]:
    """Return the key that rests in the keyring, or `None`, and the backend that was asked.

    Raises:
        KeyStoreError: There is no keyring, or it did not answer.
    """

    def job(backend: KeyringBackend) -> Secret | None:
        return _read(backend, slot)

    return _call(job, until=until)


def write(slot: KeyScope, secret: Secret, *, until: Deadline | None = None) -> Backend:
    """Save a key and read it back; returns the backend that keeps it now.

    When it fails the new key is not in the keyring, and an older one is as it was, as far as the keyring obeys.

    Raises:
        KeyStoreError: There is no keyring, it did not answer, or it did not keep the key.
    """
    older: list[Secret | None] = []

    def job(backend: KeyringBackend) -> None:
        older.append(_read(backend, slot))
        _write(backend, slot, secret, put_back)

    def put_back(backend: KeyringBackend) -> None:
        _erase(backend, slot)
        if older and older[0] is not None:
            backend.set_password(slot.service, slot.user, older[0].reveal())

    return _call(job, undo=put_back, until=until)[1]


def erase(slot: KeyScope, *, until: Deadline | None = None) -> None:
    """Remove a key; it is no error when there is none.

    Raises:
        KeyStoreError: There is no keyring, it did not answer, or it kept the key.
    """

    def job(backend: KeyringBackend) -> None:
        _erase(backend, slot)

    _call(job, until=until)


def _try_out(until: Deadline) -> KeyringState:
    slot = KeyScope.of("probe", "probe", secrets.token_hex(8))
    sample = Secret(secrets.token_hex(16))

    def job(backend: KeyringBackend) -> None:  # one call: what was written is removed, however late
        _write(backend, slot, sample, remove)
        remove(backend)

    def remove(backend: KeyringBackend) -> None:
        _erase(backend, slot)

    try:
        backend = _call(job, until=until)[1]
    except KeyStoreError as fault:
        return KeyringState(
            available=False, backend_label="", reason=_reason(fault), kind=fault.kind, problem=fault.problem
        )
    return KeyringState(
        available=True, backend_label=backend.label, reason="", is_os_keyring=backend.is_os_keyring
    )


def _reason(fault: KeyStoreError) -> str:
    return " ".join(part for part in (fault.problem, fault.fix) if part)


def _read(backend: KeyringBackend, slot: KeyScope) -> Secret | None:
    return _held(backend.get_password(slot.service, slot.user))


def _held(text: str | None) -> Secret | None:
    return Secret(text) if text else None


def _write(
    backend: KeyringBackend, slot: KeyScope, secret: Secret, put_back: Callable[[KeyringBackend], None]
) -> None:
    backend.set_password(slot.service, slot.user, secret.reveal())
    kept = False
    try:
        kept = _read(backend, slot) == secret
    finally:
        if not kept:
            put_back(backend)
    if not kept:
        raise KeyStoreError(
            f"{describe(backend).label} did not keep the key: what came back was something else.",
            kind="keyring_lost",
            fix="Keep the key in this session only, or refer to an environment variable.",
        )


def _erase(backend: KeyringBackend, slot: KeyScope) -> None:
    from keyring.errors import PasswordDeleteError

    try:
        backend.delete_password(slot.service, slot.user)
    except PasswordDeleteError:
        # Backends say so as well when there was nothing to remove.
        if _read(backend, slot) is not None:
            raise


def _call(
    job: Callable[[KeyringBackend], T],
    undo: Callable[[KeyringBackend], None] | None = None,
    *,
    until: Deadline | None,
) -> tuple[T, Backend]:
    """Run `job` on the backend within the time limit; `undo` follows when it ends too late."""
    chosen: list[KeyringBackend] = []

    def work() -> tuple[T, Backend] | KeyStoreError:
        try:
            chosen.append(choose_backend())
            return job(chosen[0]), describe(chosen[0])
        except Exception as fault:  # noqa: BLE001 - backends raise whatever they like; all of it becomes one of ours
            return translate(fault, describe(chosen[0]).label if chosen else _UNKNOWN)

    def clean_up() -> None:
        try:
            if undo and chosen:
                undo(chosen[0])
        except Exception:  # noqa: BLE001, S110 - nobody waits any more; the caller was told that the save failed
            pass

    try:
        outcome = _calls.run(work, (until or deadline()).left_s, clean_up)
    except NoAnswerError:
        outcome = KeyStoreError(
            f"The keyring did not answer within {TIME_LIMIT_S:g} seconds.",
            kind="keyring_timeout",
            fix="If your system asks for a permission or a password, answer it and try again. Otherwise keep the "
            "key in this session only.",
        )
    if isinstance(outcome, KeyStoreError):
        raise outcome
    return outcome
