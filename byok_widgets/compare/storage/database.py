"""`Database`: a private SQLite file, or one in memory, whose every fault is an error of ours."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path

from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error
from byok_widgets.files.database import open_database


class Database:
    """One connection, which any thread may use.

    Attributes:
        path: The file; `None` in memory.
    """

    def __init__(self, path: Path | None, schema: str, version: int, upgrades: Sequence[str] = ()) -> None:
        """Open a file, or make it for this user alone.

        Args:
            path: The file; `None` for memory.
            schema: What makes the tables that are not there.
            version: The version of that schema.
            upgrades: What makes of each version, from the first, the next one.

        Raises:
            ConfigError: It cannot be written, is something else, or was made by a newer version.
        """
        self.path = path
        self._lock = threading.RLock()
        problem = ""
        try:
            self._base = open_database(path)
            weakref.finalize(self, self._base.close)
            self._file = self._file_now()
            self._prepare(schema, version, upgrades)
        except OSError as error:
            problem = describe_os_error(error)
        except (sqlite3.Error, ValueError) as error:
            problem = str(error)
        if problem:
            raise unusable(path, problem)

    def _prepare(self, schema: str, version: int, upgrades: Sequence[str]) -> None:
        execute = self._base.execute
        found = execute("PRAGMA user_version").fetchone()[0]
        if found > version:
            raise ValueError("it was made by a newer byok-widgets")
        if self.path is not None:
            execute("PRAGMA journal_mode=WAL")  # another kernel can read while this one writes
        execute("PRAGMA synchronous=FULL")  # with less, a power cut may take the last cells, which are paid for
        newer = " ".join(upgrades[found - 1 :]) if found > 0 else ""
        self._base.executescript(f"BEGIN IMMEDIATE; {newer} {schema} PRAGMA user_version={version}; COMMIT;")

    @property
    def is_current(self) -> bool:
        """Whether the file is still there; another one may stand in its place."""
        return self._file is not None and self._file == self._file_now()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Use the connection, alone.

        Raises:
            ConfigError: The file cannot be read, or a `ValueError` says what is wrong in it.
        """
        problem = ""
        try:
            with self._lock:
                yield self._base
        except (sqlite3.Error, ValueError) as error:
            problem = str(error)
        if problem:
            raise unusable(self.path, problem)

    @contextlib.contextmanager
    def browsing(self) -> Iterator[sqlite3.Connection]:
        """Use a connection of its own, for what takes long: what is finished meanwhile is written all the same.

        Raises:
            ConfigError: As of `reading`.
        """
        if self.path is None:
            with self.reading() as base:
                yield base
            return
        problem = ""
        try:
            with contextlib.closing(open_database(self.path)) as base:
                base.execute("PRAGMA query_only=ON")
                yield base
        except OSError as error:
            problem = describe_os_error(error)
        except (sqlite3.Error, ValueError) as error:
            problem = str(error)
        if problem:
            raise unusable(self.path, problem)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Use the connection in a transaction: all of it is done, or nothing.

        Raises:
            ConfigError: The file cannot be written.
        """
        with self.reading() as base:
            if self.path is not None and not self.is_current:
                raise sqlite3.OperationalError("it was removed, or replaced by another file")
            base.execute("BEGIN IMMEDIATE")  # one that begins by reading may not be allowed to write later
            try:
                yield base
                base.execute("COMMIT")
            except BaseException:
                if base.in_transaction:  # a full disk, say, has ended it already
                    base.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def _file_now(self) -> tuple[int, int] | None:
        if self.path is None:
            return None
        with contextlib.suppress(OSError):
            found = self.path.stat()
            return found.st_dev, found.st_ino
        return None


def unusable(path: Path | None, problem: str) -> ConfigError:
    """Return the error for a store that cannot be used."""
    return ConfigError(
        f"The store of cells {str(path)!r} cannot be used: {problem}.",
        kind="store",
        fix='Correct that and go on with resume(), or give another file: store="cells.sqlite".',
    )
