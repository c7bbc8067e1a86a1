"""`CellWriter`: one thread that writes cells; what waits for it is committed together."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence

from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import Score
from byok_widgets.compare.storage.cell_rows import PLAIN, Row, rows_of, score_row
from byok_widgets.compare.storage.database import Database
from byok_widgets.engine import HAS_THREADS
from byok_widgets.errors import ByokError, ConfigError
from byok_widgets.secrets.quoting import as_given

Scores = Mapping[str, Score]
"""Scores of a cell by metric."""
Done = asyncio.Future["ResultCell | None"]

_Waiting = tuple["ResultCell | None", Scores, Done]
_Ended = tuple[Done, "ResultCell | None", "ByokError | None"]
GATHER_S = 0.03
"""How long more cells are waited for after one, in seconds: a commit takes longer than all else about a cell."""
_BATCH, _ROWS = 500, 50
_COLUMNS = ", ".join(["id", "request", "case_id", "cost_nano", "least_nano", *PLAIN])
_IS_THERE = "SELECT 1 FROM cell WHERE id = ? AND status != 'failed'"


class CellWriter:
    """Writes the cells of one file. What cannot be written is kept, and is written with the next that can."""

    def __init__(self, base: Database) -> None:
        self._base = base
        self._writing: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()
        self._unwritten: dict[Key, tuple[Row, list[list[object]]]] = {}
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()  # never held while something is written: the loop takes it

    async def put(self, cell: ResultCell, scores: Scores) -> ResultCell:
        """Write a cell; returns it as it was written, when that is committed.

        Raises:
            ConfigError: It could not be written.
        """
        return await self._put(cell, scores) or cell

    async def write_again(self) -> None:
        """Write what could not be written before.

        Raises:
            ConfigError: It still cannot be.
        """
        if self._unwritten:
            await self._put(None, {})

    def unwritten(self) -> list[ResultCell]:
        """Return what could not be written yet."""
        return [row.cell for row, _ in list(self._unwritten.values())]

    async def _put(self, cell: ResultCell | None, scores: Scores) -> ResultCell | None:
        done: Done = asyncio.get_running_loop().create_future()
        if not HAS_THREADS:
            self._write_batch([(cell, scores, done)])
            return await done
        self._writing.put((cell, scores, done))
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._write, name="byok-cells", daemon=True)
                self._thread.start()
        return await done

    def _write(self) -> None:
        while True:
            try:
                batch = [self._writing.get(timeout=1)]
            except queue.Empty:
                with self._starting:
                    if self._writing.empty():  # under the lock: a cell that comes now starts another thread
                        self._thread = None
                        return
                continue
            time.sleep(GATHER_S)
            with contextlib.suppress(queue.Empty):
                while len(batch) < _BATCH:
                    batch.append(self._writing.get_nowait())
            self._write_batch(batch)

    def _write_batch(self, batch: Sequence[_Waiting]) -> None:
        """Write cells, together with those that could not be written before."""
        found = iter(rows_of([cell for cell, _, _ in batch if cell is not None]))
        rows = [None if cell is None else next(found) for cell, _, _ in batch]
        for row, (_, scores, _) in zip(rows, batch, strict=True):
            if isinstance(row, Row):
                self._unwritten[row.cell.key] = (row, _score_rows(row, scores))
        of_all = self._try_to_commit()
        ended: dict[asyncio.AbstractEventLoop, list[_Ended]] = {}
        for (_, _, done), row in zip(batch, rows, strict=True):
            fault = _not_storable(row) if isinstance(row, Exception) else of_all
            ended.setdefault(done.get_loop(), []).append((done, row.cell if isinstance(row, Row) else None, fault))
        for loop, futures in ended.items():
            _settle(loop, futures)

    def _try_to_commit(self) -> ByokError | None:
        try:
            self._commit([*self._unwritten.values()])
        except ByokError as error:
            return error
        self._unwritten.clear()
        return None

    def _commit(self, batch: Sequence[tuple[Row, list[list[object]]]]) -> None:
        with self._base.writing() as base:
            kept = [
                (row, scores)
                for row, scores in batch  # unless another kernel has finished what failed here
                if row.cell.counts or not base.execute(_IS_THERE, [row.columns[0]]).fetchone()
            ]
            rows = [row for row, _ in kept]
            asked = {row.columns[1]: row.request for row in rows if row.columns[1] is not None}
            _insert(base, f"REPLACE INTO cell({_COLUMNS})", [row.columns for row in rows])
            _insert(base, "REPLACE INTO reply", [[row.columns[0], row.reply] for row in rows])
            _insert(base, "IGNORE INTO request", [[own, request] for own, request in asked.items()])
            _insert(base, "REPLACE INTO score", [score for _, scores in kept for score in scores])


def _insert(base: sqlite3.Connection, what: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows, many by one statement: each lets go of the interpreter, and getting it back takes longer."""
    for first in range(0, len(rows), _ROWS):
        part = rows[first : first + _ROWS]
        marks = f"({','.join('?' * len(part[0]))})"
        values = [value for row in part for value in row]
        base.execute(f"INSERT OR {what} VALUES {','.join([marks] * len(part))}", values)  # noqa: S608 - marks alone


def _not_storable(error: Exception) -> ConfigError:
    return ConfigError(f"A cell cannot be stored: {as_given(str(error))}.", kind="store")


def _score_rows(row: Row, scores: Scores) -> list[list[object]]:
    return [score_row(row.columns[0], metric, score) for metric, score in scores.items()]


def _settle(loop: asyncio.AbstractEventLoop, ended: Sequence[_Ended]) -> None:
    """Tell who waits, all of a loop at once: waking it up takes longer than a future does."""

    def settle() -> None:
        for done, cell, fault in ended:
            if not done.done():
                done.set_result(cell) if fault is None else done.set_exception(fault)

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
        loop.call_soon_threadsafe(settle)
