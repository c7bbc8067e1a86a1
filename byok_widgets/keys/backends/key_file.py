"""The file in which encrypted keys are stored: locked, private, replaced in one step, and set aside when damaged.

One for all flows, in the settings folder. It contains no key in readable form.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from byok_widgets.errors import KeyStoreError
from byok_widgets.files import (
    PrivateFolder,
    config_dir,
    describe_os_error,
    finite_json,
    nested_deeper,
    private_config,
    remove_dead_parts,
    set_aside,
)
from byok_widgets.keys.derived_key import KdfParams

VERSION = 1
LOCK_TIMEOUT_S = 5.0
NAME = "keys.json"
MAX_BYTES = 20_000_000
"""Largest file that is read or written."""

Data = dict[str, Any]


def default_path() -> Path:
    """Return the path of the file, whether it exists or not."""
    return config_dir() / NAME


_UNWRITTEN = {errno.ENOSPC: "disk_full", errno.ELOOP: "file_is_link"}
_MAX_DEPTH = 10


class _DamagedError(Exception):
    pass


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other kernels from writing the file in the meantime.

    Raises:
        KeyStoreError: Another program holds the file, or the body raised an `OSError`.
    """
    from byok_widgets.files.locking import file_lock

    kind, problem = "file_busy", "another program holds the file"
    try:
        _folder(path).make()
        with file_lock(path.with_suffix(".lock"), timeout_s=LOCK_TIMEOUT_S, mode=0o600):
            remove_dead_parts(path.parent, path.stem)
            yield
    except TimeoutError:
        pass
    except OSError as error:
        kind, problem = _UNWRITTEN.get(error.errno or 0, "file_not_written"), describe_os_error(error)
    else:
        return
    raise KeyStoreError(
        f"The encrypted file cannot be written: {problem}.",
        kind=kind,
        fix="Nothing was changed; correct that and try again.",
    )


def loaded(path: Path) -> Data | None:
    """Return the content of the file, or `None` if there is no file; a damaged one is set aside.

    Raises:
        KeyStoreError: It was damaged, has a newer format version, or cannot be read.
    """
    try:
        return _load(path)
    except _DamagedError:
        pass
    with held(path):
        return load_or_set_aside(path)


def peek(path: Path) -> Data | None:
    """Return the content of the file; `None` if it cannot be used: the error is raised where it is needed."""
    try:
        return _load(path)
    except (KeyStoreError, _DamagedError):
        return None


def load_or_set_aside(path: Path) -> Data | None:
    """Do the same as `loaded`, for a caller that holds the file."""
    try:
        return _load(path)
    except _DamagedError:
        kept = set_aside(path)
    raise damaged(kept)


def damaged(kept: Path) -> KeyStoreError:
    """Return the error that says that the file was damaged, and where it is now."""
    return KeyStoreError(
        f"The encrypted file of keys was damaged and set aside as {kept.name}.",
        kind="file_damaged",
        fix="Choose a passphrase in Settings and paste the keys again.",
    )


def last_set_aside(path: Path) -> Path | None:
    """Return the latest damaged file that was set aside; `None` where a new one has been created since."""
    return None if path.exists() else max(path.parent.glob(f"{path.stem}.corrupt-*.json"), default=None)


def _load(path: Path) -> Data | None:
    """Read the file; `None` if there is none."""
    try:
        content = _folder(path).read(path.name, most_bytes=MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        problem = describe_os_error(error)
    else:
        return _parsed(content)
    raise KeyStoreError(f"The encrypted file of keys cannot be read: {problem}.", kind="file_unreadable")


def _parsed(content: bytes) -> Data:
    try:
        data = finite_json(content)
        newer = data["version"] > VERSION
        # a newer form may look different
        valid = newer or (_is_valid(data) and not nested_deeper(data, _MAX_DEPTH))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        valid = newer = False
    if not valid:
        raise _DamagedError
    if newer:
        raise KeyStoreError(
            "The encrypted file of keys was made by a newer byok-widgets.",
            kind="file_newer",
            fix="Update with: pip install -U byok-widgets",
        )
    return dict(data)


def _is_valid(data: Data) -> bool:
    KdfParams.parse(data["made_by"])
    return all(isinstance(part, dict) for part in (data["check"], data["keys"], *data["keys"].values()))


def save(path: Path, data: Data) -> None:
    """Replace the file, for a caller that holds it."""
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a link, which is not followed")
    content = json.dumps(data, indent=2).encode("ascii")
    _folder(path).write(path.name, content, most_bytes=MAX_BYTES)


def _folder(path: Path) -> PrivateFolder:
    return private_config() if path == default_path() else PrivateFolder(path.parent)
