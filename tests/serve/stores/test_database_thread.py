"""The thread that works on an SQLite file goes on after a transaction that could not be committed."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from byok_widgets.serve.stores.database_thread import DatabaseThread


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    connection.execute(
        "CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    return connection


def _orphan(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO children VALUES (1)")  # checked at the commit, which fails


def _parent(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO parents VALUES (7)")


def _rolled_back_and_failed(connection: sqlite3.Connection) -> None:
    connection.execute("ROLLBACK")  # as SQLite does by itself on a full disk
    raise sqlite3.OperationalError("database or disk is full")


def _parents(connection: sqlite3.Connection) -> list[tuple[int]]:
    return connection.execute("SELECT id FROM parents").fetchall()


def test_a_commit_that_fails_leaves_no_transaction_open() -> None:
    async def work() -> None:
        thread = DatabaseThread(_connect)
        await thread.start()
        try:
            alone = await asyncio.gather(thread.do(_orphan), return_exceptions=True)
            together = await asyncio.gather(thread.do(_orphan), thread.do(_parent), return_exceptions=True)
            parents = await thread.do(_parents)
        finally:
            await thread.stop()
        assert isinstance(alone[0], sqlite3.IntegrityError)
        assert isinstance(together[0], sqlite3.IntegrityError)
        assert parents == [(7,)]

    asyncio.run(work())


def test_the_error_is_the_one_that_ended_the_transaction() -> None:
    async def work() -> None:
        thread = DatabaseThread(_connect)
        await thread.start()
        try:
            with pytest.raises(sqlite3.OperationalError, match="disk is full"):
                await thread.do(_rolled_back_and_failed)
        finally:
            await thread.stop()

    asyncio.run(work())


def test_what_only_reads_waits_for_no_other_writer(tmp_path: Path) -> None:
    path = tmp_path / "some.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode=WAL")
    other.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
    other.execute("INSERT INTO parents VALUES (7)")

    async def work() -> None:
        thread = DatabaseThread(partial(sqlite3.connect, path, isolation_level=None, timeout=0))
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO parents VALUES (8)")
        await thread.start()
        try:
            reads = (thread.do(_parents, writes=False), thread.do(_no_table, writes=False))
            parents, failed = await asyncio.gather(*reads, return_exceptions=True)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                await thread.do(_parent)
        finally:
            await thread.stop()
        assert parents == [(7,)]
        assert isinstance(failed, sqlite3.OperationalError)

    asyncio.run(work())
    other.close()


def test_who_waits_together_for_another_writer_waits_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, statements = tmp_path / "some.sqlite", list[str]()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, timeout=0.2)
        connection.set_trace_callback(statements.append)
        return connection

    async def work() -> None:
        thread = DatabaseThread(connect)
        await thread.start()
        other.execute("BEGIN IMMEDIATE")
        try:
            writes = [thread.do(_parent) for _ in range(20)]
            *failed, parents = await asyncio.gather(
                *writes, thread.do(_parents, writes=False), return_exceptions=True
            )
            thread.soon(_parent)
        finally:
            await thread.stop()
        assert {type(each) for each in failed} == {sqlite3.OperationalError}
        assert parents == []

    asyncio.run(work())
    other.close()
    assert statements.count("BEGIN IMMEDIATE ") + statements.count("BEGIN IMMEDIATE") <= 4
    assert "could not be stored" in caplog.text


def _no_table(connection: sqlite3.Connection) -> None:
    connection.execute("SELECT * FROM nothing")
