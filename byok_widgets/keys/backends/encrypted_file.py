"""An encrypted file as the place where keys rest, for machines without a keyring; opt-in, opened by a passphrase.

Floor 0. One file for all flows, in the folder of the settings. What can be read without the passphrase: how the
passphrase is made into a key, and how many keys there are, for which providers. The passphrase is needed once in
each kernel; without it a call that needs a key fails at once, and waits for nobody. What is raised here is a
`KeyStoreError` whose kind is one of `file_missing`, `file_exists`, `file_locked`, `bad_passphrase`,
`wrong_passphrase`, `passphrase_unusable`, `file_damaged`, `key_damaged`, `file_newer`, `file_unreadable`,
`file_busy`, `disk_full`, `file_is_link` or `file_not_written`.
"""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from byok_widgets.errors import KeyStoreError
from byok_widgets.files import config_dir, describe_os_error, replace_file
from byok_widgets.keys.derived_key import DerivedKey, KdfParams
from byok_widgets.keys.scope import KeyScope
from byok_widgets.secrets.secret import Secret

VERSION = 1
MIN_PASSPHRASE_CHARS = 8
LOCK_TIMEOUT_S = 5.0

_NAME = "keys.json"
_CHECK = Secret("")  # any other text would be taken out of all that is shown, as keys are
_UNLOCK = "Unlock it in Settings: run flow.settings() and type the passphrase."

Data = dict[str, Any]

_opened: dict[Path, DerivedKey] = {}
_opening = threading.Lock()


@dataclass(frozen=True)
class FileState:
    """Whether keys can rest in the encrypted file now.

    Attributes:
        exists: A passphrase was chosen, here or in another kernel.
        unlocked: This kernel knows the passphrase.
        problem: Why the file cannot be used, and what to do; empty when all is well.
        fault: Kind of the error that says so; empty when all is well.
    """

    exists: bool
    unlocked: bool
    problem: str = ""
    fault: str = ""


def state() -> FileState:
    """Say how the file is. Waits for nothing; a damaged file is set aside and told of."""
    path = _path()
    try:
        data = _loaded(path)
    except KeyStoreError as fault:
        problem = f"{fault.problem} {fault.fix}".rstrip()
        return FileState(path.exists(), unlocked=False, problem=problem, fault=fault.kind)
    return FileState(data is not None, unlocked=data is not None and _key(path, data) is not None)


def create(passphrase: str | Secret) -> None:
    """Begin the file with a passphrase; it is unlocked then. Takes about half a second.

    Nobody can get at the keys in the file without the passphrase, and it is kept nowhere.

    Raises:
        KeyStoreError: The passphrase is too short, the file is there already or cannot be written.
    """
    given = passphrase if isinstance(passphrase, Secret) else Secret(passphrase)
    del passphrase
    if len(given.reveal().strip()) < MIN_PASSPHRASE_CHARS:
        raise KeyStoreError(
            f"A passphrase has at least {MIN_PASSPHRASE_CHARS} characters.",
            kind="bad_passphrase",
            fix="Several words that do not belong together are easy to keep in mind and hard to guess.",
        )
    path, key = _path(), _derived(given, KdfParams.new())
    data = {"version": VERSION, "made_by": key.recipe.to_data(), "check": key.encrypt(_CHECK, _CHECK_PURPOSE)}
    with _held(path):
        if _load_or_set_aside(path) is not None:
            raise KeyStoreError("There is an encrypted file already.", kind="file_exists", fix=_UNLOCK)
        _save(path, data | {"keys": {}})
    _opened[path] = key


def unlock(passphrase: str | Secret) -> None:
    """Open the file for this kernel. Takes about half a second.

    Raises:
        KeyStoreError: There is no file, or the passphrase is another.
    """
    given = passphrase if isinstance(passphrase, Secret) else Secret(passphrase)
    del passphrase
    path = _path()
    data = _loaded(path)
    if data is None:
        raise _missing()
    key = _derived(given, KdfParams.parse(data["made_by"]))
    del given
    if key.decrypt(data["check"], _CHECK_PURPOSE) != _CHECK:
        raise KeyStoreError(
            "This is not the passphrase of the encrypted file.",
            kind="wrong_passphrase",
            fix=f"Type it again. If it is lost, so are the keys in the file: move {_NAME} out of the settings "
            "folder, choose a new passphrase, and paste the keys again.",
        )
    _opened[path] = key


def read(slot: KeyScope) -> Secret | None:
    """Return the key of this slot, or `None` when the file has none.

    Raises:
        KeyStoreError: The file is locked or cannot be used, or what rests there for this slot is damaged.
    """
    path = _path()
    data = _loaded(path)
    if data is None or slot.service not in data["keys"]:
        return None
    secret = _required_key(path, data).decrypt(data["keys"][slot.service], _purpose(slot))
    if secret is None:
        raise KeyStoreError(
            "What the encrypted file has for this flow is damaged, or is the key of another one.",
            kind="key_damaged",
            fix="Paste the key again.",
        )
    return secret


def write(slot: KeyScope, secret: Secret) -> None:
    """Keep a key; what was there before for this slot is replaced.

    Raises:
        KeyStoreError: The file is locked, not there, or cannot be written. What was there before stays.
    """
    path = _path()
    with _held(path):
        data = _load_or_set_aside(path)
        if data is None:
            raise _missing()
        data["keys"][slot.service] = _required_key(path, data).encrypt(secret, _purpose(slot))
        _save(path, data)


def erase(slot: KeyScope) -> None:
    """Remove a key; it is no error when there is none, and needs no passphrase.

    Raises:
        KeyStoreError: The file cannot be used or written.
    """
    path = _path()
    data = _loaded(path)
    if data is None or slot.service not in data["keys"]:
        return
    with _held(path):
        data = _load_or_set_aside(path)
        if data is not None:
            data["keys"].pop(slot.service, None)
            _save(path, data)


def _path() -> Path:
    return config_dir() / _NAME


def _purpose(slot: KeyScope) -> bytes:
    return json.dumps(["byok_widgets", VERSION, "key", slot.flow, slot.provider, slot.host]).encode("ascii")


_CHECK_PURPOSE = json.dumps(["byok_widgets", VERSION, "check"]).encode("ascii")


def _derived(passphrase: Secret, recipe: KdfParams) -> DerivedKey:
    try:
        with _opening:  # one at a time: each takes much memory
            return DerivedKey(passphrase, recipe)
    except Exception as fault:  # noqa: BLE001 - whatever it is, its text is not ours
        what = "there is not enough memory" if isinstance(fault, MemoryError) else type(fault).__name__
    raise KeyStoreError(f"The passphrase cannot be used on this machine: {what}.", kind="passphrase_unusable")


def _key(path: Path, data: Data) -> DerivedKey | None:
    """Return what opens this file, unless it was begun anew with another passphrase meanwhile."""
    key = _opened.get(path)
    return key if key is not None and key.recipe.to_data() == data["made_by"] else None


def _required_key(path: Path, data: Data) -> DerivedKey:
    key = _key(path, data)
    if key is None:
        raise KeyStoreError("The encrypted file of keys is locked.", kind="file_locked", fix=_UNLOCK)
    return key


def _missing() -> KeyStoreError:
    fix = "Choose a passphrase for it in Settings."
    return KeyStoreError("There is no encrypted file of keys yet.", kind="file_missing", fix=fix)


# The file


_UNWRITTEN = {errno.ENOSPC: "disk_full", errno.ELOOP: "file_is_link"}


class _DamagedError(Exception):
    pass


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keep other kernels from writing meanwhile; faults of the disk become ours."""
    from filelock import FileLock, Timeout

    kind, problem = "file_busy", "another program holds the file"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=LOCK_TIMEOUT_S, mode=0o600):
            for part in path.parent.glob(f".{path.stem}.*.part"):
                part.unlink(missing_ok=True)
            yield
    except Timeout:
        pass
    except OSError as error:
        kind, problem = _UNWRITTEN.get(error.errno or 0, "file_not_written"), describe_os_error(error)
    else:
        return
    raise KeyStoreError(f"The encrypted file cannot be written: {problem}.", kind=kind, fix="Nothing was changed.")


def _loaded(path: Path) -> Data | None:
    try:
        return _load(path)
    except _DamagedError:
        pass
    with _held(path):
        return _load_or_set_aside(path)


def _load_or_set_aside(path: Path) -> Data | None:
    try:
        return _load(path)
    except _DamagedError:
        kept = path.with_name(f"{path.stem}.corrupt-{datetime.now():%Y%m%d-%H%M%S-%f}.json")
    path.replace(kept)
    raise KeyStoreError(
        f"The encrypted file of keys was damaged and set aside as {kept.name}.",
        kind="file_damaged",
        fix="Choose a passphrase in Settings and paste the keys again.",
    )


def _load(path: Path) -> Data | None:
    """Read the file; `None` when there is none."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = describe_os_error(error)
    else:
        return _parsed(content)
    raise KeyStoreError(f"The encrypted file of keys cannot be read: {problem}.", kind="file_unreadable")


def _parsed(content: bytes) -> Data:
    try:
        data = json.loads(content)
        newer = data["version"] > VERSION
        whole = newer or _is_whole(data)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        whole = newer = False
    if not whole:
        raise _DamagedError
    if newer:
        raise KeyStoreError(
            "The encrypted file of keys was made by a newer byok-widgets.",
            kind="file_newer",
            fix="Update with: pip install -U byok-widgets",
        )
    return dict(data)


def _is_whole(data: Data) -> bool:
    KdfParams.parse(data["made_by"])
    return all(isinstance(part, dict) for part in (data["check"], data["keys"], *data["keys"].values()))


def _save(path: Path, data: Data) -> None:
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, which is not followed")
    replace_file(path, json.dumps(data, indent=2).encode("ascii"), mode=0o600)
