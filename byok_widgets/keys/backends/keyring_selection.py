"""The backends of the `keyring` package: which one may hold a key, what it is called, and what its errors mean.

`keyring` is imported where it is first needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from byok_widgets.errors import KeyStoreError
from byok_widgets.secrets.redaction import redact

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

_OS_LABELS = {
    "keyring.backends.macOS": "macOS Keychain",
    "keyring.backends.Windows": "Windows Credential Manager",
    "keyring.backends.SecretService": "GNOME Keyring / Secret Service",
    "keyring.backends.libsecret": "GNOME Keyring / Secret Service",
    "keyring.backends.kwallet": "KWallet",
}

_REFUSED = {
    "keyring.backends.fail": "There is no keyring on this machine.",
    "keyring.backends.null": "The keyring of this machine is switched off.",
    "keyrings.alt": "{label} keeps keys in a file that others may read.",
    "keyrings.efile": "{label} keeps its encryption key in the temporary folder.",
}

_GET_ONE = (
    "Keep the key in this session only, or refer to an environment variable. For a keyring on Linux, log in to a "
    "desktop with GNOME Keyring or KWallet."
)
_MAX_QUOTE = 200


class Backend(NamedTuple):
    """A keyring backend as it is shown to people.

    Attributes:
        label: Its name on screen.
        is_os_keyring: Whether it is the operating system's own, which encrypts what it stores.
    """

    label: str
    is_os_keyring: bool


def describe(backend: KeyringBackend) -> Backend:
    """Return how `backend` is shown to people."""
    label = _OS_LABELS.get(_home(backend, _OS_LABELS))
    return Backend(label or type(backend).__name__, label is not None)


def choose_backend() -> KeyringBackend:
    """Return the backend that may hold a key: the configured one, or the first acceptable one in a chain.

    Raises:
        KeyStoreError: Kind `no_keyring`: there is none, or it would lose keys or store them readably.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    configured = keyring.get_keyring()
    # A chain stores keys in the first backend that takes them, which may be one that keeps them readable.
    candidates = configured.backends if isinstance(configured, ChainerBackend) else [configured]
    refusals = []
    for backend in candidates:
        refusal = _refusal(backend)
        if not refusal:
            return backend
        refusals.append(refusal)
    problem = refusals[0] if refusals else _REFUSED["keyring.backends.fail"]
    raise KeyStoreError(problem, kind="no_keyring", fix=_GET_ONE)


def translate(error: BaseException, label: str) -> KeyStoreError:
    """Return a backend's exception as a `KeyStoreError`, which keeps only its text, without any key."""
    if isinstance(error, KeyStoreError):
        return KeyStoreError(error.problem, kind=error.kind, cause=error.cause, fix=error.fix)
    if isinstance(error, ModuleNotFoundError):
        return _error_of(
            error,
            "The keyring backend that is configured for this machine is not installed.",
            "Install it, or unset PYTHON_KEYRING_BACKEND (or the entry in keyringrc.cfg) and restart the kernel.",
            kind="no_keyring",
        )
    from keyring import errors

    if isinstance(error, errors.NoKeyringError):
        return _error_of(error, _REFUSED["keyring.backends.fail"], _GET_ONE, kind="no_keyring")
    if isinstance(error, errors.KeyringLocked):
        fix = "Unlock your keyring and try again, or keep the key in this session only."
        return _error_of(error, f"{label} is locked.", fix, kind="keyring_locked")
    fix = "Try again, or keep the key in this session only."
    if isinstance(error, errors.InitError):
        return _error_of(error, f"{label} could not be opened.", fix, kind="keyring_not_opened")
    if isinstance(error, errors.PasswordSetError):
        return _error_of(error, f"{label} did not accept the key.", fix, kind="keyring_not_saved")
    if isinstance(error, errors.PasswordDeleteError):
        fix = "Remove it in the keyring's own program."
        return _error_of(error, f"{label} did not remove the key.", fix, kind="keyring_not_removed")
    return _error_of(error, f"{label} failed.", fix, kind="keyring_failed")


def _error_of(error: BaseException, problem: str, fix: str, *, kind: str) -> KeyStoreError:
    text = redact(f"{type(error).__name__}: {error}")[:_MAX_QUOTE]
    return KeyStoreError(problem, kind=kind, cause=f"It said: {text}", fix=fix)


def _refusal(backend: KeyringBackend) -> str:
    label = type(backend).__name__
    home = _home(backend, _REFUSED)
    if home:
        return _REFUSED[home].format(label=label)
    if "plaintext" in label.lower():
        return f"{label} keeps keys unencrypted."
    try:
        works = backend.priority > 0
    except Exception as error:  # noqa: BLE001 - any exception means that the backend does not work here
        return f"{label} does not work here ({redact(str(error))[:_MAX_QUOTE]})."
    return "" if works else f"{label} does not work here."


def _home(backend: KeyringBackend, modules: dict[str, str]) -> str:
    """Return the entry of `modules` that contains the backend's class, or one of its base classes."""
    lives_in = [f"{cls.__module__}." for cls in type(backend).__mro__]
    return next((module for name in lives_in for module in modules if name.startswith(f"{module}.")), "")
