"""How the key store calls any storage backend: within a time limit, and with our errors alone.

A backend may raise anything, with the key in its text; return anything; or not return at all. All of that becomes
a `KeyStoreError` whose text is ours.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, get_args

from byok_widgets.errors import ByokError, KeyStoreError
from byok_widgets.keys.backends.base import Asks, Availability, KeyBackend, StoredKey
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline, NoAnswerError, NoThreadError, SerialExecutor
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets import redact
from byok_widgets.secrets.secret import Secret

T = TypeVar("T")

_SHARE_S = 0.5
"""What each backend has at least for a request, in seconds, also when one before it used up the time."""

_GRACE_S = 0.25
"""How much sooner than it is given up a backend is told to answer, in seconds, so that it can say what kept it."""

_ELSEWHERE = "Store the key elsewhere, or in this session only."

_executors: dict[str, tuple[KeyBackend, SerialExecutor]] = {}


def available(backend: KeyBackend, *, until: Deadline) -> Availability:
    """Return whether the backend works here; one that fails to say so does not."""

    def ask(limit: Deadline) -> Availability:
        found = backend.available(until=limit)
        if not isinstance(found, Availability) or found.asks not in get_args(Asks):
            raise _unusable(backend)
        return replace(found, label=_text(found.label), note=_text(found.note), problem=_text(found.problem))

    try:
        return _call(backend, ask, until)
    except KeyStoreError as error:
        return Availability(available=False, label=backend.label, problem=error.problem)


def may_hold(backend: KeyBackend, scope: KeyScope) -> bool:
    """Return whether the backend may hold a key of this scope; one that fails to say so may."""
    try:
        return bool(backend.may_hold(scope))
    except Exception:  # noqa: BLE001 - it is asked again for the key itself, and the cause is reported then
        return True


def read(backend: KeyBackend, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
    """Return the key of a scope; `None` when the backend has none.

    Raises:
        KeyStoreError: The backend says so, failed, did not answer in time, or gave something else than a key.
    """

    def ask(limit: Deadline) -> StoredKey | None:
        found = backend.read(scope, reference, until=limit)
        if found is None:
            return None
        if not isinstance(found, StoredKey) or not isinstance(found.secret, Secret):
            raise _unusable(backend)
        return StoredKey(found.secret, _status(backend, found.status))

    return _call(backend, ask, until)


def write(backend: KeyBackend, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
    """Store a key; one that was stored although this fails is removed again.

    Raises:
        KeyStoreError: The backend says so, failed, did not answer in time, or did not say where the key is.
    """

    def ask(limit: Deadline) -> KeyStatus:
        try:
            return _status(backend, backend.write(scope, secret, until=limit))
        except KeyStoreError as error:
            if error.kind == "backend_failed":  # its answer was of no use, but it may have stored the key
                take_back()
            raise
        except BaseException:
            take_back()
            raise

    def take_back() -> None:
        try:
            left = backend.read(scope, backend.name, until=Deadline(_SHARE_S))
            if left is not None and left.secret == secret:
                backend.erase(scope, until=Deadline(_SHARE_S))
        except BaseException:  # noqa: BLE001, S110 - it has failed already, and the person is told so
            pass

    return _call(backend, ask, until, undo=take_back)


def erase(backend: KeyBackend, scope: KeyScope, *, until: Deadline) -> None:
    """Remove the key of a scope.

    Raises:
        KeyStoreError: The backend says so, failed, or did not answer in time.
    """

    def ask(limit: Deadline) -> None:
        backend.erase(scope, until=limit)

    _call(backend, ask, until)


def _call(
    backend: KeyBackend, ask: Callable[[Deadline], T], until: Deadline, *, undo: Callable[[], None] | None = None
) -> T:
    limit_s = until.share(backend.name, least_s=_SHARE_S).left_s
    limit = Deadline(max(0.0, limit_s - _GRACE_S))

    def job() -> tuple[T | None, ByokError | None]:
        try:
            return ask(limit), None
        except BaseException as error:  # backends raise whatever they like; it becomes one of ours
            if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
                raise
            return None, _translated(backend, error)

    try:
        result, error = _executor(backend).run(job, limit_s, undo)
    except NoThreadError:
        result, error = job()  # where there are no threads, nothing can be left behind
    except NoAnswerError:
        result, error = None, _late(backend)
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # without an error it is what `ask` returned


def _executor(backend: KeyBackend) -> SerialExecutor:
    known = _executors.get(backend.name)
    if known is None or known[0] is not backend:
        known = _executors[backend.name] = (backend, SerialExecutor(f"byok-keys-{backend.name}"))
    return known[1]


def _status(backend: KeyBackend, status: object) -> KeyStatus:
    if not isinstance(status, KeyStatus) or status.reference not in ("", backend.name):
        raise _unusable(backend)
    return replace(status, label=_text(status.label), sentence=_text(status.sentence))


def _text(text: object) -> str:
    return redact(str(text), words=False)


def _unusable(backend: KeyBackend) -> KeyStoreError:
    return KeyStoreError(
        f"{backend.label} answered something that is of no use here.", kind="backend_failed", fix=_ELSEWHERE
    )


def _late(backend: KeyBackend) -> KeyStoreError:
    return KeyStoreError(f"{backend.label} did not answer in time.", kind="backend_timeout", fix=_ELSEWHERE)


def _translated(backend: KeyBackend, error: BaseException) -> KeyStoreError:
    """Return an error of ours. What a foreign one says is left out: it may quote the key in any form."""
    if not isinstance(error, KeyStoreError):
        name = type(error).__name__
        return KeyStoreError(f"{backend.label} failed ({name}).", kind="backend_failed", fix=_ELSEWHERE)
    return KeyStoreError(
        _text(error.problem),
        kind=error.kind,
        cause=_text(error.cause),
        fix=_text(error.fix),
        locked=backend.name if error.locked else "",
    )
