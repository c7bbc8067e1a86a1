"""`SqliteStore`: conversations in one private file, for any number of processes on one machine."""

from __future__ import annotations

import sqlite3
import time
import uuid
from functools import partial
from pathlib import Path

from byok_widgets.errors import ConfigError
from byok_widgets.serve.database_thread import DatabaseThread
from byok_widgets.serve.store import LEASE_S, Claim, StoredTurn

_TABLES = """
CREATE TABLE IF NOT EXISTS turns (
    key TEXT PRIMARY KEY, session TEXT NOT NULL, parent TEXT NOT NULL, words TEXT NOT NULL, tail TEXT NOT NULL,
    text TEXT NOT NULL, made_at REAL NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL, record TEXT NOT NULL,
    owner TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_words ON turns (session, words);
CREATE INDEX IF NOT EXISTS by_tail ON turns (session, tail);
CREATE TABLE IF NOT EXISTS journal (
    turn TEXT NOT NULL, place TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (turn, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owners (owner TEXT PRIMARY KEY, until REAL NOT NULL) WITHOUT ROWID;
"""
_COLUMNS = "key, session, parent, words, tail, text, made_at, state, answer, record"
_BUSY_S = 10.0
_MOST_FOUND = 50


class SqliteStore:
    """Keeps conversations in an SQLite file: a log that is written ahead, one writer in each process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.owner = uuid.uuid4().hex
        self._thread = DatabaseThread(self._connect)

    async def open(self) -> None:
        """Open the file, or make it."""
        try:
            await self._thread.start()
            await self.beat()
        except (sqlite3.Error, OSError) as error:
            problem = str(error)
        else:
            return
        raise ConfigError(
            f"The store {str(self.path)!r} cannot be used: {problem}.",
            kind="serve_store",
            fix="Give another file, in a folder where you may write.",
        )

    async def close(self) -> None:
        """Write what is to be written, say that this process is gone, and close the file."""
        self._thread.soon(lambda db: db.execute("DELETE FROM owners WHERE owner = ?", (self.owner,)))
        await self._thread.stop()

    async def beat(self) -> None:
        """Say that this process is alive."""
        await self._thread.do(self._beat)

    async def found(self, session: str, words: str, tail: str) -> list[StoredTurn]:
        """Return the turns with these words; else those with this tail, the newest first."""
        return await self._thread.do(partial(_found, session=session, words=words, tail=tail))

    async def turn(self, key: str) -> StoredTurn | None:
        """Return a turn."""
        return await self._thread.do(partial(_turn, key=key))

    async def claim(self, turn: StoredTurn) -> Claim:
        """Begin to answer a turn, unless it is answered or another living process does it."""
        return await self._thread.do(partial(self._claim, turn=turn))

    async def note(self, key: str, place: str, data: str) -> None:
        """Keep what a step of a turn gave; what is stored later is stored after it."""
        self._thread.soon(lambda db: db.execute("INSERT OR REPLACE INTO journal VALUES (?, ?, ?)", (key, place, data)))

    async def put(self, turn: StoredTurn) -> bool:
        """Store what is known of a turn by now."""
        return await self._thread.do(partial(self._put, turn=turn))

    async def release(self, key: str) -> None:
        """Give up a turn that has no state yet."""
        self._thread.soon(
            lambda db: db.execute(
                "UPDATE turns SET owner = '' WHERE key = ? AND owner = ? AND state = ''", (key, self.owner)
            )
        )

    def _connect(self) -> sqlite3.Connection:
        self.path.touch(mode=0o600)
        self.path.chmod(0o600)
        db = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(_TABLES)
        return db

    def _beat(self, db: sqlite3.Connection) -> None:
        now = time.time()
        db.execute("INSERT OR REPLACE INTO owners VALUES (?, ?)", (self.owner, now + LEASE_S))
        db.execute("DELETE FROM owners WHERE until < ?", (now - 60 * LEASE_S,))

    def _claim(self, db: sqlite3.Connection, turn: StoredTurn) -> Claim:
        row = db.execute(f"SELECT {_COLUMNS}, owner FROM turns WHERE key = ?", (turn.key,)).fetchone()
        if row is None:
            values = (*_values(turn), self.owner)
            db.execute(f"INSERT INTO turns ({_COLUMNS}, owner) VALUES ({', '.join('?' * len(values))})", values)
            return Claim("owned", turn)
        known, owner = StoredTurn(*row[:-1]), row[-1]
        if known.answer:
            return Claim("ended", known)
        if owner != self.owner and self._is_alive(db, owner):
            return Claim("busy", known)
        db.execute("UPDATE turns SET owner = ? WHERE key = ?", (self.owner, turn.key))
        journal = dict(db.execute("SELECT place, data FROM journal WHERE turn = ?", (turn.key,)))
        return Claim("owned", known, taken_over=owner not in ("", self.owner), journal=journal)

    def _put(self, db: sqlite3.Connection, turn: StoredTurn) -> bool:
        changed = db.execute(
            "UPDATE turns SET state = ?, answer = ?, record = ? WHERE key = ? AND owner = ? AND answer = ''",
            (turn.state, turn.answer, turn.record, turn.key, self.owner),
        ).rowcount
        if changed and turn.answer:
            db.execute("DELETE FROM journal WHERE turn = ?", (turn.key,))
        return changed == 1

    @staticmethod
    def _is_alive(db: sqlite3.Connection, owner: str) -> bool:
        found = db.execute("SELECT until FROM owners WHERE owner = ?", (owner,)).fetchone()
        return found is not None and found[0] > time.time()


def _values(turn: StoredTurn) -> tuple[object, ...]:
    return tuple(vars(turn).values())


def _turn(db: sqlite3.Connection, key: str) -> StoredTurn | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM turns WHERE key = ?", (key,)).fetchone()
    return None if row is None else StoredTurn(*row)


def _found(db: sqlite3.Connection, session: str, words: str, tail: str) -> list[StoredTurn]:
    for column, value in (("words", words), ("tail", tail)):
        rows = db.execute(
            f"SELECT {_COLUMNS} FROM turns WHERE session = ? AND {column} = ?"
            f" ORDER BY made_at DESC LIMIT {_MOST_FOUND}",
            (session, value),
        ).fetchall()
        if rows or not tail:
            return [StoredTurn(*row) for row in rows]
    return []
