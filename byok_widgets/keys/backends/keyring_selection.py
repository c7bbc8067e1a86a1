"""The keyring's backends: which one may hold a key, what people call it, and what its faults mean.

Floor 0. `keyring` is imported where it is first needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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


@dataclass(frozen=True)
class Backend:
    """A keyring backend as people know it.

    Attributes:
        label: What to call it.
        is_os_keyring: Whether it is the operating system's own, which encrypts what it keeps.
    """

    label: str
    is_os_keyring: bool


def describe(backend: KeyringBackend) -> Backend:
    """Return what to call `backend`."""
    label = _OS_LABELS.get(_home(backend, _OS_LABELS))
    return Backend(label or type(backend).__name__, label is not None)


def choose_backend() -> KeyringBackend:
    """Return the backend that may hold a key: the configured one, or the first good one in a chain.

    Raises:
        KeyStoreError: Kind `no_keyring`: there is none, or it would lose keys or keep them readable.
    """
    import keyring
    from keyring.backends.chainer import ChainerBackend

    configured = keyring.get_keyring()
    candidates = configured.backends if isinstance(configured, ChainerBackend) else [configured]
    refusals = []
    for backend in candidates:
        refusal = _refusal(backend)
        if not refusal:
            return backend
        refusals.append(refusal)
    problem = refusals[0] if refusals else _REFUSED["keyring.backends.fail"]
    raise KeyStoreError(problem, kind="no_keyring", fix=_GET_ONE)


def translate(fault: BaseException, label: str) -> KeyStoreError:
    """Return a backend's exception as one of ours, which keeps its text only, without any key."""
    if isinstance(fault, KeyStoreError):
        return KeyStoreError(fault.problem, kind=fault.kind, cause=fault.cause, fix=fault.fix)
    if isinstance(fault, ModuleNotFoundError):
        return _told(
            fault,
            "The keyring backend that is configured for this machine is not installed.",
            "Install it, or unset PYTHON_KEYRING_BACKEND (or the entry in keyringrc.cfg) and restart the kernel.",
            kind="no_keyring",
        )
    from keyring import errors

    if isinstance(fault, errors.NoKeyringError):
        return _told(fault, _REFUSED["keyring.backends.fail"], _GET_ONE, kind="no_keyring")
    if isinstance(fault, errors.KeyringLocked):
        fix = "Unlock your keyring and try again, or keep the key in this session only."
        return _told(fault, f"{label} is locked.", fix, kind="keyring_locked")
    fix = "Try again, or keep the key in this session only."
    if isinstance(fault, errors.InitError):
        return _told(fault, f"{label} could not be opened.", fix, kind="keyring_not_opened")
    if isinstance(fault, errors.PasswordSetError):
        return _told(fault, f"{label} did not accept the key.", fix, kind="keyring_not_saved")
    if isinstance(fault, errors.PasswordDeleteError):
        fix = "Remove it in the keyring's own program."
        return _told(fault, f"{label} did not remove the key.", fix, kind="keyring_not_removed")
    return _told(fault, f"{label} failed.", fix, kind="keyring_failed")


def _told(fault: BaseException, problem: str, fix: str, *, kind: str) -> KeyStoreError:
    said = redact(f"{type(fault).__name__}: {fault}")[:_MAX_QUOTE]
    return KeyStoreError(problem, kind=kind, cause=f"It said: {said}", fix=fix)


def _refusal(backend: KeyringBackend) -> str:
    label = type(backend).__name__
    home = _home(backend, _REFUSED)
    if home:
        return _REFUSED[home].format(label=label)
    if "plaintext" in label.lower():
        return f"{label} keeps keys unencrypted."
    try:
        works = backend.priority > 0
    except Exception as fault:  # noqa: BLE001 - a backend says by any exception that it does not work here
        return f"{label} does not work here ({redact(str(fault))[:_MAX_QUOTE]})."
    return "" if works else f"{label} does not work here."


def _home(backend: KeyringBackend, modules: dict[str, str]) -> str:
    """Return the entry of `modules` that the backend's class, or a class it derives from, lives in."""
    lives_in = [f"{cls.__module__}." for cls in type(backend).__mro__]
    return next((module for name in lives_in for module in modules if name.startswith(f"{module}.")), "")
