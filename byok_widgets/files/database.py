"""Opens an SQLite file that somebody else may have put there: what is no plain table runs nothing here.

A view under the name of a table can count without end, a trigger changes what is written, and a named pipe is
waited for. What stands in a journal beside a file, SQLite writes into the file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path

from byok_widgets.files.reading import NotRegularFileError
from byok_widgets.files.trust import require_lasting, require_not_planted

_BUSY_S = 10.0
"""How long another process may hold the file."""
_BESIDE = ("", "-journal", "-wal", "-shm")
"""What SQLite adds to the name of a file for those that belong to it."""


def open_database(path: Path | None) -> sqlite3.Connection:
    """Return a connection to a file, which is created for this user alone if necessary; `None` is memory.

    Raises:
        OSError: It cannot be made, is no regular file, was put there by another user, or could be replaced by one.
        ValueError: There is more in it than tables.
        sqlite3.Error: It is not an SQLite file.
    """
    if path is not None:
        _make(path)
    base = sqlite3.connect(path or ":memory:", timeout=_BUSY_S, check_same_thread=False, isolation_level=None)
    try:
        _require_tables(base)
    except BaseException:
        base.close()
        raise
    return base


def _require_tables(base: sqlite3.Connection) -> None:
    base.execute("PRAGMA trusted_schema=OFF")
    kinds = {kind for (kind,) in base.execute("SELECT type FROM sqlite_master")}
    if kinds - {"table", "index"}:
        raise ValueError("there is more in it than tables")


def _make(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotRegularFileError
    real = path.resolve()
    require_lasting(real)
    require_not_planted(path)
    for ending in _BESIDE:
        require_not_planted(real.with_name(real.name + ending))
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
