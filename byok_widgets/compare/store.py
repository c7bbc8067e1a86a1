"""`CellStore`: finished cells of a flow, in a private SQLite file, committed before anybody hears of them.

The id of a cell is derived from what was done, so that another call that asks for the same finds it, and stores
that were filled on several machines can be merged. Replies are compressed and stand apart, and so do scores.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import queue
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from byok_widgets.compare.cases import hashed
from byok_widgets.compare.result_cell import Key, ResultCell
from byok_widgets.errors import ConfigError
from byok_widgets.files import describe_os_error
from byok_widgets.secrets.json_redaction import redact_keys

_SCHEMA = """
CREATE TABLE IF NOT EXISTS comparison(id TEXT PRIMARY KEY, started_at REAL, title TEXT, spec TEXT);
CREATE TABLE IF NOT EXISTS case_order(id TEXT PRIMARY KEY, seed INTEGER);
CREATE TABLE IF NOT EXISTS upstream(id TEXT PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS request(id BLOB PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS cell(
  id INTEGER PRIMARY KEY, request BLOB, variant TEXT, case_id TEXT, repeat INTEGER, status TEXT, error TEXT,
  message TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER, cost_nano INTEGER, first_token_s REAL,
  total_s REAL, wait_s REAL, retries INTEGER, started_at REAL, UNIQUE(variant, case_id, repeat));
CREATE TABLE IF NOT EXISTS reply(cell INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS score(
  cell INTEGER, metric TEXT, value REAL, detail TEXT, PRIMARY KEY(cell, metric)) WITHOUT ROWID;
"""
_VERSION = 1
_NANO = Decimal(10**9)
_PLAIN = (
    *("variant", "status", "error", "message", "model", "input_tokens", "output_tokens", "first_token_s"),
    *("total_s", "wait_s", "retries", "started_at", "repeat"),
)
_COLUMNS = ", ".join(_PLAIN)
_BATCH = 500

_open: dict[str, CellStore] = {}
_lock = threading.Lock()


class CellStore:
    """The cells of one file. One thread writes; what waits for it is committed together."""

    def __init__(self, path: Path | None) -> None:
        """Open a file, or make it for this user alone.

        Args:
            path: The file; `None` keeps the cells in this process's memory.

        Raises:
            ConfigError: It cannot be written, is no store of cells, or was made by a newer version.
        """
        self.path = path
        self._lock = threading.RLock()
        try:
            if path is not None:
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._base = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
            if path is not None:
                self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=FULL")
            self._base.execute("PRAGMA busy_timeout=10000")
            version = self._base.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                problem = "it was made by a newer byok-widgets"
            else:
                self._base.executescript(f"{_SCHEMA} PRAGMA user_version={_VERSION};")
                problem = ""
        except OSError as error:
            problem = describe_os_error(error)
        except sqlite3.Error as error:
            problem = str(error)
        if problem:
            raise ConfigError(
                f"The store of cells {str(path)!r} cannot be used: {problem}.",
                kind="store",
                fix='Give another file: store="cells.sqlite".',
            )
        self._writing: queue.SimpleQueue[tuple[ResultCell, Mapping[str, float | None], asyncio.Future[None]]]
        self._writing = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()  # never held while something is written: the loop takes it

    @classmethod
    def at(cls, path: Path) -> CellStore:
        """Return the store of a file, the same one for the whole process."""
        name = str(path.absolute())
        with _lock:
            if name not in _open or not path.exists():
                _open[name] = cls(path)
            return _open[name]

    async def put(self, cell: ResultCell, scores: Mapping[str, float | None]) -> None:
        """Write a cell with its scores, by metric; returns when that is committed.

        Raises:
            ConfigError: It could not be written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writing.put((cell, scores, done))
        with self._starting:
            if self._writer is None or not self._writer.is_alive():
                self._writer = threading.Thread(target=self._write, name="byok-cells", daemon=True)
                self._writer.start()
        await done

    def scored(self, scores: Iterable[tuple[Key, str, float | None]]) -> None:
        """Write scores of cells that are there already, by metric."""
        rows = [(_id(key), metric, value, "") for key, metric, value in scores]
        with self._transaction():
            self._base.executemany("INSERT OR REPLACE INTO score VALUES(?,?,?,?)", rows)

    def cells(self, variants: Sequence[str], cases: Iterable[str] | None = None) -> Iterator[ResultCell]:
        """Yield the cells of variants, with what came of them."""
        marks = ",".join("?" * len(variants))
        wanted = None if cases is None else set(cases)
        names = ", ".join(f"cell.{name}" for name in _PLAIN)
        query = (
            f"SELECT {names}, case_id, cost_nano, reply.body, request.body FROM cell"
            " LEFT JOIN reply ON reply.cell = cell.id LEFT JOIN request ON request.id = cell.request"
            f" WHERE variant IN ({marks})"
        )
        with self._lock:
            rows = self._base.execute(query, list(variants)).fetchall()
        for *plain, case, nano, reply, request in rows:
            if wanted is None or case in wanted:
                yield ResultCell(
                    **dict(zip(_PLAIN, plain, strict=True)),
                    case=case,
                    usd=None if nano is None else Decimal(nano) / _NANO,
                    output=_unpacked(reply),
                    request=_unpacked(request),
                )

    def scores(self, metric: str) -> dict[Key, float | None]:
        """Return the scores of a metric, by cell."""
        query = "SELECT variant, case_id, repeat, value FROM score JOIN cell ON cell.id = cell WHERE metric = ?"
        with self._lock:
            return {(v, c, r): value for v, c, r, value in self._base.execute(query, [metric])}

    def tokens(self, variants: Sequence[str]) -> tuple[float, float] | None:
        """Return the mean tokens read and written by the cells of variants; `None` where there are none."""
        marks = ",".join("?" * len(variants))
        query = (
            "SELECT avg(input_tokens), avg(output_tokens) FROM cell WHERE status != 'failed'"
            f" AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL AND variant IN ({marks})"
        )
        with self._lock:
            read, written = self._base.execute(query, list(variants)).fetchone()
        return None if read is None else (read, written)

    def seed_of(self, cases: str, fresh: int) -> int:
        """Return the seed of the order of some cases: `fresh` where there is none yet, which is then stored."""
        with self._transaction():
            self._base.execute("INSERT OR IGNORE INTO case_order VALUES(?,?)", [cases, fresh])
        with self._lock:
            return int(self._base.execute("SELECT seed FROM case_order WHERE id=?", [cases]).fetchone()[0])

    def upstream(self, name: str) -> Any:
        """Return what was recorded before a node; `None` where nothing was."""
        with self._lock:
            row = self._base.execute("SELECT body FROM upstream WHERE id=?", [name]).fetchone()
        return None if row is None else json.loads(row[0])

    def keep_upstream(self, name: str, data: Any) -> None:
        """Keep what was recorded before a node."""
        text = json.dumps(redact_keys(data), ensure_ascii=False)
        with self._transaction():
            self._base.execute("INSERT OR REPLACE INTO upstream VALUES(?,?)", [name, text])

    def note_comparison(self, name: str, started_at: float, title: str, spec: Mapping[str, Any]) -> None:
        """Keep what was compared."""
        row = [name, started_at, *redact_keys([title]), json.dumps(redact_keys(dict(spec)), ensure_ascii=False)]
        with self._transaction():
            self._base.execute("INSERT OR REPLACE INTO comparison VALUES(?,?,?,?)", row)

    def comparisons(self) -> list[tuple[str, float, str, dict[str, Any]]]:
        """Return what was compared: id, time, title and more; the newest first."""
        with self._lock:
            rows = self._base.execute("SELECT * FROM comparison ORDER BY started_at DESC").fetchall()
        return [(name, at, title, json.loads(spec)) for name, at, title, spec in rows]

    def count(self, variants: Sequence[str]) -> int:
        """Return how many cells of variants there are."""
        marks = ",".join("?" * len(variants))
        query = f"SELECT count(*) FROM cell WHERE status != 'failed' AND variant IN ({marks})"
        with self._lock:
            return int(self._base.execute(query, list(variants)).fetchone()[0])

    def merge(self, path: Path) -> None:
        """Take over the cells of another file that are not here.

        Raises:
            ConfigError: It is no store of cells.
        """
        other = CellStore(path)
        other.close()
        with self._lock:
            self._base.execute("ATTACH ? AS other", [str(path)])
            try:
                with self._transaction():
                    for table in ("comparison", "case_order", "upstream", "request", "cell", "reply", "score"):
                        self._base.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM other.{table}")
            finally:
                self._base.execute("DETACH other")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def _write(self) -> None:
        while True:
            try:
                batch = [self._writing.get(timeout=1)]
            except queue.Empty:
                with self._starting:
                    if self._writing.empty():
                        self._writer = None
                        return
                continue
            with contextlib.suppress(queue.Empty):
                while len(batch) < _BATCH:
                    batch.append(self._writing.get_nowait())
            try:
                self._commit([(cell, scores) for cell, scores, _ in batch])
            except (sqlite3.Error, ValueError) as error:
                problem = str(error)
                for _, _, done in batch:
                    _settle(done, ConfigError(f"A cell could not be stored: {problem}.", kind="store"))
            else:
                for _, _, done in batch:
                    _settle(done, None)

    def _commit(self, batch: Sequence[tuple[ResultCell, Mapping[str, float | None]]]) -> None:
        cells, replies, requests, scores = [], [], {}, []
        for found, scored in batch:
            cell = _without_keys(found)
            own = _id(cell.key)
            request = bytes.fromhex(hashed(cell.request)) if cell.request else None
            nano = None if cell.usd is None else int(cell.usd * _NANO)
            cells.append([own, request, cell.case, nano, *(getattr(cell, name) for name in _PLAIN)])
            replies.append([own, _packed(cell.output)])
            if request is not None:
                requests[request] = _packed(cell.request)
            scores += [[own, metric, value, ""] for metric, value in scored.items()]
        marks = ",".join("?" * len(_PLAIN))
        with self._transaction():
            self._base.executemany(
                f"INSERT OR REPLACE INTO cell(id, request, case_id, cost_nano, {_COLUMNS})"
                f" VALUES(?,?,?,?,{marks})",
                cells,
            )
            self._base.executemany("INSERT OR REPLACE INTO reply VALUES(?,?)", replies)
            self._base.executemany("INSERT OR IGNORE INTO request VALUES(?,?)", requests.items())
            self._base.executemany("INSERT OR REPLACE INTO score VALUES(?,?,?,?)", scores)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._base.execute("ROLLBACK")
                raise
            self._base.execute("COMMIT")


def _settle(done: asyncio.Future[None], fault: Exception | None) -> None:
    def settle() -> None:
        if not done.done():
            done.set_result(None) if fault is None else done.set_exception(fault)

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
        done.get_loop().call_soon_threadsafe(settle)


def _without_keys(cell: ResultCell) -> ResultCell:
    texts = {field.name: getattr(cell, field.name) for field in fields(cell) if field.name in _TEXTS}
    return replace(cell, **redact_keys(texts))


_TEXTS = frozenset({"message", "model", "output", "request"})


def _id(key: Key) -> int:
    """Return the id of a cell: the same on every machine."""
    return int(hashed(key)[:15], 16)


def _packed(data: Mapping[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, default=str)
    return zlib.compress(text.encode("utf-8", "backslashreplace"), 1)


def _unpacked(body: bytes | None) -> dict[str, Any]:
    return json.loads(zlib.decompress(body)) if body else {}
