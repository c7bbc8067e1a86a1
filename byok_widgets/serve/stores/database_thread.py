"""`DatabaseThread`: one thread that does all work on an SQLite file; what waits together is committed together."""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

_LOG = logging.getLogger("byok_widgets.serve")
_MOST_AT_ONCE = 64


class _Waiting(NamedTuple):
    """Some work, whom to tell what it gave, and whether it changes anything."""

    work: Work
    tell: Callable[[Any, BaseException | None], None]
    writes: bool


class DatabaseThread:
    """Does work on a connection in the order in which it was asked for.

    Args:
        connect: Opens the connection, in the thread.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="byok-serve-store", daemon=True)

    async def start(self) -> None:
        """Start it.

        Raises:
            sqlite3.Error: The file cannot be opened.
        """
        self._thread.start()
        await self.do(lambda _: None, writes=False)

    async def stop(self) -> None:
        """Finish what is waiting, and close the file."""
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    async def do(self, work: Callable[[sqlite3.Connection], T], *, writes: bool = True) -> T:
        """Do some work and return what it gives; it is committed then.

        Args:
            work: The work.
            writes: Whether it changes anything; what only reads needs no transaction.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if done.done():
                return
            if error is None:
                done.set_result(result)
            else:
                done.set_exception(error)

        def tell(result: Any, error: BaseException | None) -> None:
            loop.call_soon_threadsafe(settle, result, error)

        self._waiting.put(_Waiting(work, tell, writes))
        return await done

    def soon(self, work: Work) -> None:
        """Do some work, before all that is asked for later; nobody waits for it, and the log tells if it fails."""
        self._waiting.put(_Waiting(work, _log_failure, writes=True))

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        failure: BaseException | None = None
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001 - raised where work is asked for
            failure = error
        while (first := self._waiting.get()) is not None:
            batch = [first]
            stop = False
            while len(batch) < _MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    stop = True
                    break
                batch.append(following)
            if connection is None:
                for waiting in batch:
                    waiting.tell(None, failure)
            elif any(waiting.writes for waiting in batch):
                _commit_together(connection, batch)
            else:
                _read(connection, batch)
            if stop:
                break
        if connection is not None:
            connection.close()


def _read(connection: sqlite3.Connection, batch: list[_Waiting]) -> None:
    for waiting in batch:
        try:
            result = waiting.work(connection)
        except Exception as error:  # noqa: BLE001 - raised where it was asked for
            waiting.tell(None, error)
        else:
            waiting.tell(result, None)


def _log_failure(_: Any, error: BaseException | None) -> None:
    if error is not None:
        _LOG.error("something could not be stored: %s", error)


def _commit_together(connection: sqlite3.Connection, batch: list[_Waiting]) -> None:
    """Do work in one transaction; where one part of it fails, each in its own."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except Exception as error:  # noqa: BLE001 - raised where the write was asked for; others need not wait as long again
        for waiting in batch:
            if waiting.writes:
                waiting.tell(None, error)
        _read(connection, [waiting for waiting in batch if not waiting.writes])
        return
    try:
        results = _finished(connection, [waiting.work for waiting in batch])
    except Exception as error:  # noqa: BLE001 - raised where it was asked for
        if len(batch) == 1:
            batch[0].tell(None, error)
            return
        for each in batch:
            _commit_together(connection, [each])
        return
    for waiting, result in zip(batch, results, strict=True):
        waiting.tell(result, None)


def _finished(connection: sqlite3.Connection, works: list[Work]) -> list[Any]:
    """Do work in the transaction that has begun, and commit it."""
    try:
        results = [work(connection) for work in works]
        connection.execute("COMMIT")  # it fails as well: on a full disk, for example
    except BaseException:
        if connection.in_transaction:  # on some errors, SQLite has rolled back by itself
            connection.execute("ROLLBACK")
        raise
    return results
