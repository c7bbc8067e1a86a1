"""The file in which encrypted keys are stored: locked, private, replaced in one step, and set aside when damaged.

One for all flows, in the settings folder. It contains no key in readable form.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from byok_widgets.errors import KeyStoreError
from byok_widgets.files import config_dir, describe_os_error, replace_file
from byok_widgets.keys.derived_key import KdfParams

VERSION = 1
LOCK_TIMEOUT_S = 5.0
NAME = "keys.json"

Data = dict[str, Any]


def default_path() -> Path:
    """Return the path of the file, whether it exists or not."""
    return config_dir() / NAME


_UNWRITTEN = {errno.ENOSPC: "disk_full", errno.ELOOP: "file_is_link"}


class _DamagedError(Exception):
    pass


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep other kernels from writing the file in the meantime.

    Raises:
        KeyStoreError: Another program holds the file, or the body raised an `OSError`.
    """
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
    """Return the content of the file; `None` where it cannot be used, which whoever needs it is told."""
    try:
        return _load(path)
    except (KeyStoreError, _DamagedError):
        return None


def load_or_set_aside(path: Path) -> Data | None:
    """Do the same as `loaded`, for a caller that holds the file."""
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
    """Read the file; `None` if there is none."""
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
        valid = newer or _is_valid(data)
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
    replace_file(path, json.dumps(data, indent=2).encode("ascii"), mode=0o600)
