"""The tables of `SqliteStore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from byok_widgets.serve.stores.store import session_scope

TABLES = """
CREATE TABLE IF NOT EXISTS turns (
    key TEXT PRIMARY KEY, session TEXT NOT NULL, parent TEXT NOT NULL, words TEXT NOT NULL, tail TEXT NOT NULL,
    text TEXT NOT NULL, made_at REAL NOT NULL, state TEXT NOT NULL, answer TEXT NOT NULL, record TEXT NOT NULL,
    owner TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_words ON turns (session, words);
CREATE INDEX IF NOT EXISTS by_tail ON turns (session, tail);
CREATE TABLE IF NOT EXISTS journal (
    turn TEXT NOT NULL, step TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (turn, step)
);
CREATE TABLE IF NOT EXISTS sessions (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, caller TEXT NOT NULL, node TEXT NOT NULL, last_at REAL NOT NULL,
    last_turn TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_time ON sessions (last_at);
CREATE TABLE IF NOT EXISTS effects (
    session TEXT NOT NULL, run TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (session, run)
);
CREATE TABLE IF NOT EXISTS processes (process TEXT PRIMARY KEY, since REAL NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS versions (version TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS spending (scope TEXT PRIMARY KEY, calls INTEGER NOT NULL, usd INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS clock (id INTEGER PRIMARY KEY CHECK (id = 1), at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, made_at REAL NOT NULL, revoked INTEGER NOT NULL
);
"""
USD_PARTS = 1_000_000_000
"""Money is stored as a whole number of billionths of a dollar: sums of floats would drift."""


def columns_of(kind: Any) -> str:
    """Return the columns of what is stored."""
    return ", ".join(each.name for each in fields(kind))


def insertion(table: str, kind: Any, *more: str, on_conflict: str = "REPLACE") -> str:
    """Return the statement that stores a value; where there is one with its key, that is replaced or kept."""
    columns = [*(each.name for each in fields(kind)), *more]
    marks = ", ".join("?" * len(columns))
    return f"INSERT OR {on_conflict} INTO {table} ({', '.join(columns)}) VALUES ({marks})"


def delete_sessions(db: sqlite3.Connection, keys: Sequence[str]) -> int:
    """Delete sessions with all their turns; return how many there were."""
    count = 0
    for key in keys:
        db.execute("DELETE FROM journal WHERE turn IN (SELECT key FROM turns WHERE session = ?)", (key,))
        turns = db.execute("DELETE FROM turns WHERE session = ?", (key,)).rowcount
        db.execute("DELETE FROM effects WHERE session = ?", (key,))
        scope = session_scope(key)
        db.execute(
            "DELETE FROM spending WHERE scope = ? OR scope BETWEEN ? AND ?", (scope, f"{scope}:", f"{scope};")
        )
        count += max(db.execute("DELETE FROM sessions WHERE key = ?", (key,)).rowcount, min(turns, 1))
    return count


def delete_old_turns(db: sqlite3.Connection, before: float) -> int:
    """Delete old turns that do not belong to a session with an id; return how many there were.

    All calls without an id are one session, which may go on for ever. Other turns have none: a process has ended
    before it was stored. With the first turn of a dialogue goes what it has spent.
    """
    old = "made_at < ? AND session NOT IN (SELECT key FROM sessions WHERE name != '')"
    for turn in db.execute(f"SELECT DISTINCT session, words FROM turns WHERE {old}", (before,)).fetchall():
        db.execute("DELETE FROM spending WHERE scope = ?", (session_scope(*turn),))
    return db.execute(f"DELETE FROM turns WHERE {old}", (before,)).rowcount


def delete_orphans(db: sqlite3.Connection) -> int:
    """Delete what the steps of turns gave that are gone, and return how much it was.

    A process may have ended before it had a session, and one may note a step after its session was deleted.
    """
    steps = db.execute("DELETE FROM journal WHERE turn NOT IN (SELECT key FROM turns)").rowcount
    return steps + db.execute("DELETE FROM effects WHERE session NOT IN (SELECT session FROM turns)").rowcount
