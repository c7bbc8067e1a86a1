"""`SqliteStore`: conversations in one private file, for any number of processes on one machine."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
import uuid
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error
from byok_widgets.files.database import open_database
from byok_widgets.serve.stores.damage import reading
from byok_widgets.serve.stores.database_thread import DatabaseThread, Work
from byok_widgets.serve.stores.sqlite_clock import StoreClock
from byok_widgets.serve.stores.sqlite_tables import (
    TABLES,
    USD_PARTS,
    columns_of,
    delete_old_turns,
    delete_orphans,
    delete_sessions,
    insertion,
)
from byok_widgets.serve.stores.store import (
    LEASE_S,
    MOST_FOUND,
    Begin,
    Bill,
    Claim,
    Spent,
    StoredSession,
    StoredToken,
    StoredTurn,
)

_TURN, _SESSION, _TOKEN = (columns_of(kind) for kind in (StoredTurn, StoredSession, StoredToken))
_FOUND = _TURN.replace("record", "'' AS record")
_NEW_TURN = insertion("turns", StoredTurn, "owner", on_conflict="IGNORE")
_NEW_TOKEN = insertion("tokens", StoredToken)
_LATEST = (  # an interrupted turn may end after the one that followed it
    f"INSERT INTO sessions ({_SESSION}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE"
    " SET name = excluded.name, caller = excluded.caller, node = excluded.node,"
    " last_at = excluded.last_at, last_turn = excluded.last_turn WHERE last_at <= excluded.last_at"
)
_SPEND = (
    "INSERT INTO spending VALUES (?, ?, ?) ON CONFLICT (scope) DO UPDATE"
    " SET calls = calls + excluded.calls, usd = usd + excluded.usd"
)
_BEAT = (  # since when a process has said without a break that it is alive, and until when that holds
    "INSERT INTO processes VALUES (?, ?, ?) ON CONFLICT (process) DO UPDATE SET until = excluded.until,"
    " since = CASE WHEN until BETWEEN excluded.since AND ? AND since <= excluded.since THEN since"
    " ELSE excluded.since END"  # a clock that was set is a break, too
)
_BUSY_S = 10.0


class SqliteStore:
    """Keeps conversations in an SQLite file: a log that is written ahead, one writer in each process."""

    def __init__(self, path: Path | None) -> None:
        """Keep them in a file, or with `None` in memory."""
        self.path, self.process = path, uuid.uuid4().hex
        self._clock = StoreClock()
        self._thread = DatabaseThread(self._connect)

    async def open(self) -> None:
        """Open the file, or make it.

        Raises:
            ConfigError: It cannot be used.
        """
        try:
            await self._thread.start()
            await self.beat()
        except OSError as error:
            problem = describe_os_error(error)
        except (sqlite3.Error, ValueError) as error:
            problem = str(error)
        else:
            return
        raise ConfigError(
            f"The store {str(self.path)!r} cannot be used: {problem}.",
            kind="serve_store",
            fix="Correct that, or give another file, in a folder where you may write.",
        )

    async def close(self) -> None:
        """Write what is to be written, say that this process is gone, and close the file."""
        self._soon("DELETE FROM processes WHERE process = ?", self.process)
        await self._thread.stop()

    async def beat(self) -> None:
        """Say that this process is alive."""
        await self._thread.do(self._beat)

    async def found(self, session: str, words: str, tail: str) -> list[StoredTurn]:
        """Return the turns with these words, the newest first; else those with this tail."""
        return await self._thread.do(partial(_found, session=session, words=words, tail=tail), writes=False)

    async def found_and_begun(
        self, session: str, words: str, tail: str, begin: Begin
    ) -> tuple[list[StoredTurn], bool]:
        """Return what `found` does, and whether the turn that follows is new and was claimed in the same step."""

        def work(db: sqlite3.Connection) -> tuple[list[StoredTurn], bool]:
            rows = _found(db, session, words, tail)
            following = begin(rows)
            return rows, following is not None and _is_new(db, *following)

        return await self._thread.do(work)

    async def latest(self, session: str) -> list[StoredTurn]:
        """Return the last turns of a session, the newest first."""
        sql = f"SELECT {_FOUND} FROM turns WHERE session = ? ORDER BY made_at DESC LIMIT {MOST_FOUND}"
        return [StoredTurn(*row) for row in await self._rows(sql, session)]

    async def turn(self, key: str) -> StoredTurn | None:
        """Return a turn."""
        rows = await self._rows(f"SELECT {_TURN} FROM turns WHERE key = ?", key)
        return StoredTurn(*rows[0]) if rows else None

    async def claim(self, turn: StoredTurn, owner: str) -> Claim:
        """Begin to answer a turn, unless it is answered or another living process does it."""
        return await self._thread.do(partial(self._claim, turn=turn, owner=owner))

    async def note(self, key: str, step: str, data: str) -> None:
        """Keep what a step of a turn gave."""
        sql = "INSERT OR REPLACE INTO journal VALUES (?, ?, ?)"
        await self._thread.do(lambda db: db.execute(sql, (key, step, data)))

    async def put(self, turn: StoredTurn, owner: str, session: StoredSession, bill: Bill | None = None) -> bool:
        """Store what is known of a turn by now, and what it has spent."""
        return await self._thread.do(partial(_put, turn=turn, owner=owner, session=session, bill=bill))

    async def release(self, key: str, owner: str) -> None:
        """Give up a turn that has no state yet."""
        self._soon("UPDATE turns SET owner = '' WHERE key = ? AND owner = ? AND state = ''", key, owner)

    async def effects(self, session: str) -> list[str]:
        """Return the runs of actions with effects in a session."""
        return [data for (data,) in await self._rows("SELECT data FROM effects WHERE session = ?", session)]

    async def note_effect(self, session: str, run: str, data: str) -> None:
        """Keep a run of an action with effects."""
        self._soon("INSERT OR REPLACE INTO effects VALUES (?, ?, ?)", session, run, data)

    async def keep_version(self, version: str, data: str) -> None:
        """Keep a version of the flow."""
        self._soon("INSERT OR IGNORE INTO versions VALUES (?, ?)", version, data)

    async def version(self, version: str) -> str | None:
        """Return a version of the flow."""
        rows = await self._rows("SELECT data FROM versions WHERE version = ?", version)
        return str(rows[0][0]) if rows else None

    async def sessions(self, limit: int) -> list[StoredSession]:
        """Return the last conversations, the newest first."""
        rows = await self._rows(f"SELECT {_SESSION} FROM sessions ORDER BY last_at DESC LIMIT ?", limit)
        return [StoredSession(*row) for row in rows]

    async def named(self, name: str) -> list[StoredSession]:
        """Return the conversation with this key; if there is none, those with this id of the client."""
        for column in ("key", "name"):
            sql = f"SELECT {_SESSION} FROM sessions WHERE {column} = ? ORDER BY last_at DESC"
            if rows := await self._rows(sql, name):
                return [StoredSession(*row) for row in rows]
        return []

    async def delete_session(self, session: str) -> bool:
        """Delete a conversation with all its turns."""
        deleted = bool(await self._thread.do(lambda db: delete_sessions(db, [session])))
        await self._empty_log()
        return deleted

    async def expire(self, kept_s: float) -> int:
        """Delete conversations that have not continued for so long, and turns without an id that are as old."""

        def work(db: sqlite3.Connection) -> tuple[int, int]:
            before = self._clock.advance(db) - kept_s
            old = db.execute("SELECT key FROM sessions WHERE last_at < ?", (before,)).fetchall()
            sessions = delete_sessions(db, [key for (key,) in old])
            return sessions, delete_old_turns(db, before) + delete_orphans(db)

        sessions, more = await self._thread.do(work)
        if sessions or more:
            await self._empty_log()
        return sessions

    async def spent(self, scopes: Collection[str]) -> dict[str, Spent]:
        """Return what was spent in each scope."""

        def work(db: sqlite3.Connection) -> dict[str, Spent]:
            marks = ", ".join("?" * len(scopes))
            rows = db.execute(f"SELECT scope, calls, usd FROM spending WHERE scope IN ({marks})", tuple(scopes))
            with reading("what was spent"):
                return {scope: Spent.stored(calls, usd, USD_PARTS) for scope, calls, usd in rows}

        return await self._thread.do(work, writes=False)

    async def spend(self, bill: Bill) -> None:
        """Add to what was spent in each scope."""
        self._thread.soon(partial(_spend, bill=bill))

    async def tokens(self) -> list[StoredToken]:
        """Return the access tokens, also those that were revoked."""
        rows = await self._rows(f"SELECT {_TOKEN} FROM tokens ORDER BY made_at")
        return [StoredToken(digest, name, made_at, bool(revoked)) for digest, name, made_at, revoked in rows]

    async def put_token(self, token: StoredToken) -> None:
        """Add an access token, or change one."""
        await self._thread.do(lambda db: db.execute(_NEW_TOKEN, tuple(vars(token).values())))

    def _connect(self) -> sqlite3.Connection:
        db = open_database(self.path)
        if self.path is not None:
            self.path.chmod(0o600)
        db.execute("PRAGMA journal_mode=WAL")  # its other files get the mode of this one
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("PRAGMA secure_delete=ON")  # what was deleted must not stay readable in free pages
        db.executescript(TABLES)
        return db

    async def _empty_log(self) -> None:
        """Empty the log that is written ahead: until then it holds what was deleted from the file."""
        if self.path is not None:
            await asyncio.to_thread(_empty_log_of, self.path)

    async def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return await self._thread.do(lambda db: db.execute(sql, values).fetchall(), writes=False)

    def _soon(self, sql: str, *values: object) -> None:
        work: Work = lambda db: db.execute(sql, values)  # noqa: E731
        self._thread.soon(work)

    def _beat(self, db: sqlite3.Connection) -> None:
        now = time.time()
        self._clock.advance(db)
        db.execute(_BEAT, (self.process, now, now + LEASE_S, now + 2 * LEASE_S))
        db.execute("DELETE FROM processes WHERE until < ?", (now - 60 * LEASE_S,))

    def _claim(self, db: sqlite3.Connection, turn: StoredTurn, owner: str) -> Claim:
        if _is_new(db, turn, owner):
            return Claim("owned", turn)
        row = db.execute(f"SELECT {_TURN}, owner FROM turns WHERE key = ?", (turn.key,)).fetchone()
        known, before = StoredTurn(*row[:-1]), str(row[-1])
        if known.answer:
            return Claim("ended", known)
        process = before.partition(":")[0]
        if process not in ("", self.process) and _may_be_alive(db, process, self.process):
            return Claim("busy", known)
        db.execute("UPDATE turns SET owner = ? WHERE key = ?", (owner, turn.key))
        journal = dict(db.execute("SELECT step, data FROM journal WHERE turn = ?", (turn.key,)))
        return Claim("owned", known, taken_over=process not in ("", self.process), journal=journal)


def _is_new(db: sqlite3.Connection, turn: StoredTurn, owner: str) -> bool:
    """Claim a turn that nobody has asked for before; false if somebody has."""
    return db.execute(_NEW_TURN, (*vars(turn).values(), owner)).rowcount > 0


def _empty_log_of(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=_BUSY_S)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _may_be_alive(db: sqlite3.Connection, process: str, witness: str) -> bool:
    """Whether a process may be alive of which another one has heard nothing.

    While the file was locked, none could say that it is. So the witness has to have been heard of for a while.
    So does one whose clock was set. A lease that is longer than any is none: the clock was set back since.
    """
    now = time.time()
    rows = db.execute(
        "SELECT process, since FROM processes WHERE until > ? AND until <= ?", (now, now + 2 * LEASE_S)
    )
    alive = dict(rows)
    return process in alive or now - alive.get(witness, now) < LEASE_S


def _found(db: sqlite3.Connection, session: str, words: str, tail: str) -> list[StoredTurn]:
    for column, value in (("words", words), ("tail", tail)):
        rows = db.execute(
            f"SELECT {_FOUND} FROM turns WHERE session = ? AND {column} = ?"
            f" ORDER BY made_at DESC LIMIT {MOST_FOUND}",
            (session, value),
        ).fetchall()
        if rows or not tail:
            return [StoredTurn(*row) for row in rows]
    return []


def _put(db: sqlite3.Connection, turn: StoredTurn, owner: str, session: StoredSession, bill: Bill | None) -> bool:
    changed = db.execute(
        "UPDATE turns SET state = ?, answer = ?, record = ? WHERE key = ? AND owner = ? AND answer = ''",
        (turn.state, turn.answer, turn.record, turn.key, owner),
    ).rowcount
    if not changed:
        known = db.execute("SELECT owner, answer FROM turns WHERE key = ?", (turn.key,)).fetchone()
        return bool(turn.answer) and known == (owner, turn.answer)
    db.execute(_LATEST, tuple(vars(session).values()))
    if turn.answer:
        db.execute("DELETE FROM journal WHERE turn = ?", (turn.key,))
    if bill is not None:
        _spend(db, bill)
    return True


def _spend(db: sqlite3.Connection, bill: Bill) -> None:
    scopes, (calls, usd) = bill
    db.executemany(_SPEND, [(scope, calls, int(usd * USD_PARTS)) for scope in scopes])
