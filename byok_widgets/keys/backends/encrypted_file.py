"""An encrypted file as a storage backend, for machines without a keyring; opt-in, opened by a passphrase.

One file for all flows, in the settings folder. Without the passphrase, only this can be read: how the key is
derived from the passphrase, and how many keys there are and for which providers. The passphrase is needed once per
kernel; without it a call that needs a key fails at once instead of waiting. Errors raised here are
`KeyStoreError`s of kind `file_missing`, `file_exists`, `file_locked`, `bad_passphrase`,
`wrong_passphrase`, `passphrase_unusable`, `file_damaged`, `key_damaged`, `file_newer`, `file_unreadable`,
`file_busy`, `disk_full`, `file_is_link` or `file_not_written`.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import NamedTuple

from byok_widgets.errors import KeyStoreError
from byok_widgets.keys.backends.base import Asks, Availability, StoredKey
from byok_widgets.keys.backends.key_file import (
    NAME,
    VERSION,
    Data,
    damaged,
    default_path,
    held,
    last_set_aside,
    load_or_set_aside,
    loaded,
    peek,
    save,
)
from byok_widgets.keys.derived_key import DerivedKey, KdfParams
from byok_widgets.keys.scope import KeyScope
from byok_widgets.keys.serial_executor import Deadline
from byok_widgets.keys.status import KeyStatus
from byok_widgets.secrets.secret import Secret

MIN_PASSPHRASE_CHARS = 8

_CHECK = Secret("")  # any other text would be redacted from everything that is shown, as keys are
_UNLOCK = "Unlock it in Settings: run flow.settings() and type the passphrase."

_opened: dict[Path, DerivedKey] = {}
_opening = threading.Lock()


class FileState(NamedTuple):
    """Whether keys can be stored in the encrypted file now.

    Attributes:
        exists: Whether a passphrase was chosen, here or in another kernel.
        unlocked: Whether this kernel has unlocked the file.
        problem: Why the file cannot be used, and what to do; empty if it can.
        fault: Kind of the error that says so; empty if there is none.
    """

    exists: bool
    unlocked: bool
    problem: str = ""
    fault: str = ""


def state() -> FileState:
    """Return the state of the file. Never waits; a damaged file is set aside and reported."""
    path = default_path()
    try:
        data = loaded(path)
    except KeyStoreError as error:
        problem = f"{error.problem} {error.fix}".rstrip()
        return FileState(path.exists(), unlocked=False, problem=problem, fault=error.kind)
    return FileState(data is not None, unlocked=data is not None and _key(path, data) is not None)


def create(passphrase: str | Secret) -> None:
    """Create the file with a passphrase and unlock it. Takes about half a second.

    Without the passphrase nobody can read the keys in the file, and the passphrase is stored nowhere.

    Raises:
        KeyStoreError: The passphrase is too short, or the file exists already or cannot be written.
    """
    given = passphrase if isinstance(passphrase, Secret) else Secret(passphrase)
    del passphrase
    if len(given.reveal().strip()) < MIN_PASSPHRASE_CHARS:
        raise KeyStoreError(
            f"A passphrase needs at least {MIN_PASSPHRASE_CHARS} characters.",
            kind="bad_passphrase",
            fix="Several unrelated words are easy to remember and hard to guess.",
        )
    path, key = default_path(), _derived(given, KdfParams.new())
    data = {"version": VERSION, "made_by": key.params.to_data(), "check": key.encrypt(_CHECK, _CHECK_PURPOSE)}
    with held(path):
        if load_or_set_aside(path) is not None:
            raise KeyStoreError("There is already an encrypted file.", kind="file_exists", fix=_UNLOCK)
        save(path, data | {"keys": {}})
    _opened[path] = key


def unlock(passphrase: str | Secret) -> None:
    """Unlock the file for this kernel. Takes about half a second.

    Raises:
        KeyStoreError: There is no file, or this is not its passphrase.
    """
    given = passphrase if isinstance(passphrase, Secret) else Secret(passphrase)
    del passphrase
    path = default_path()
    data = loaded(path)
    if data is None:
        raise _missing()
    key = _derived(given, KdfParams.parse(data["made_by"]))
    del given
    if key.decrypt(data["check"], _CHECK_PURPOSE) != _CHECK:
        raise KeyStoreError(
            "This is not the passphrase of the encrypted file.",
            kind="wrong_passphrase",
            fix=f"Type it again. If it is lost, so are the keys in the file: move {NAME} out of the settings "
            "folder, choose a new passphrase, and paste the keys again.",
        )
    _opened[path] = key


def read(scope: KeyScope) -> Secret | None:
    """Return the key of this scope, or `None` if the file has none.

    Raises:
        KeyStoreError: The file is locked or cannot be used, or the stored key is damaged; also when the file was
            damaged in an earlier run, as long as no new one has been created.
    """
    path = default_path()
    data = loaded(path)
    if data is None and (kept := last_set_aside(path)):
        raise damaged(kept)
    if data is None or scope.service not in data["keys"]:
        return None
    secret = _required_key(path, data).decrypt(data["keys"][scope.service], _purpose(scope))
    if secret is None:
        raise KeyStoreError(
            "The entry for this flow in the encrypted file is damaged, or belongs to another flow.",
            kind="key_damaged",
            fix="Paste the key again.",
        )
    return secret


def write(scope: KeyScope, secret: Secret) -> None:
    """Store a key, replacing an older one of this scope.

    Raises:
        KeyStoreError: The file is locked, does not exist, or cannot be written. An older key is unchanged.
    """
    path = default_path()
    with held(path):
        data = load_or_set_aside(path)
        if data is None:
            raise _missing()
        data["keys"][scope.service] = _required_key(path, data).encrypt(secret, _purpose(scope))
        save(path, data)


def erase(scope: KeyScope) -> None:
    """Remove a key; does nothing if there is none. Needs no passphrase.

    Raises:
        KeyStoreError: The file cannot be used or written.
    """
    path = default_path()
    data = loaded(path)
    if data is None or scope.service not in data["keys"]:
        return
    with held(path):
        data = load_or_set_aside(path)  # again: another kernel may have written meanwhile
        if data is not None:
            data["keys"].pop(scope.service, None)
            save(path, data)


def in_file() -> KeyStatus:
    """Describe a key in the encrypted file."""
    sentence = "The key is stored in the encrypted file, which your passphrase unlocks once per kernel."
    name, label = EncryptedFile.name, EncryptedFile.label
    return KeyStatus(name, label, sentence, available=True, reference=name)


class FileLock:
    """The passphrase of the file."""

    def create(self, passphrase: Secret) -> None:
        """Create the file; see `create`."""
        create(passphrase)

    def unlock(self, passphrase: Secret) -> None:
        """Unlock the file; see `unlock`."""
        unlock(passphrase)


class EncryptedFile:
    """One file for the keys of all flows, unlocked with a passphrase once per kernel."""

    name = "file"
    label = "Encrypted file"
    is_slow = False
    stores_keys = True
    lock = FileLock()

    def available(self, *, until: Deadline) -> Availability:
        """Return that it is available: it can always be chosen, and then asks for a passphrase."""
        del until
        file = state()
        return Availability(available=True, label=self.label, note=_note(file), asks=_asked(file))

    def may_hold(self, scope: KeyScope) -> bool:
        """Return whether the file has a key of this scope, which can be told without the passphrase."""
        data = peek(default_path())
        return data is not None and scope.service in data["keys"]

    def read(self, scope: KeyScope, reference: str, *, until: Deadline) -> StoredKey | None:
        """Return the key, which must exist if the settings say that it is here."""
        del until
        expected = reference == self.name
        try:
            secret = read(scope)
        except KeyStoreError as error:
            if expected or error.kind in {"file_locked", "key_damaged", "file_damaged"}:
                raise  # nothing else could say why there is no key
            return None
        if secret is None and expected:
            raise _lost()
        return StoredKey(secret, in_file()) if secret else None

    def write(self, scope: KeyScope, secret: Secret, *, until: Deadline) -> KeyStatus:
        """Store the key; the file must be unlocked."""
        del until
        write(scope, secret)
        return in_file()

    def erase(self, scope: KeyScope, *, until: Deadline) -> None:
        """Remove the key, which needs no passphrase."""
        del until
        erase(scope)


def _asked(file: FileState) -> Asks:
    if file.unlocked:
        return "key"
    return "passphrase" if file.exists else "new_passphrase"


def _note(file: FileState) -> str:
    if file.problem:
        return file.problem
    note = "Kept after a restart; unlocked with a passphrase once per kernel."
    if file.exists:
        return note
    return f"{note} Choose one that you will remember: without it, the keys in the file are lost."


def _lost() -> KeyStoreError:
    return KeyStoreError(
        "This flow's key was saved in the encrypted file, but is no longer there.",
        kind="key_lost",
        fix="Paste it again in Settings: run flow.settings().",
    )


def _purpose(scope: KeyScope) -> bytes:
    purpose = ["byok_widgets", VERSION, "key", scope.flow, scope.provider, scope.destination]
    return json.dumps(purpose).encode("ascii")


_CHECK_PURPOSE = json.dumps(["byok_widgets", VERSION, "check"]).encode("ascii")


def _derived(passphrase: Secret, params: KdfParams) -> DerivedKey:
    try:
        with _opening:  # one at a time: each takes a lot of memory
            return DerivedKey(passphrase, params)
    except Exception as error:  # noqa: BLE001 - whatever it is, its text is not shown
        what = "there is not enough memory" if isinstance(error, MemoryError) else type(error).__name__
    raise KeyStoreError(f"The passphrase cannot be used on this machine: {what}.", kind="passphrase_unusable")


def _key(path: Path, data: Data) -> DerivedKey | None:
    """Return the key that opens this file, unless the file has been re-created with another passphrase."""
    key = _opened.get(path)
    return key if key is not None and key.params.to_data() == data["made_by"] else None


def _required_key(path: Path, data: Data) -> DerivedKey:
    key = _key(path, data)
    if key is None:
        raise KeyStoreError(
            "The encrypted file of keys is locked.", kind="file_locked", fix=_UNLOCK, locked=EncryptedFile.name
        )
    return key


def _missing() -> KeyStoreError:
    fix = "Choose a passphrase for it in Settings."
    return KeyStoreError("There is no encrypted file of keys yet.", kind="file_missing", fix=fix)
