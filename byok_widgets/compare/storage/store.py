"""`CellStore`: finished cells of a flow, in a private SQLite file, committed before anybody hears of them.

The id of a cell is derived from what was done, so that another call that asks for the same finds it, and stores
that were filled on several machines can be merged. Replies are compressed and stand apart, and so do scores.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import weakref
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from byok_widgets.compare.cells.result_cell import Key, ResultCell
from byok_widgets.compare.cells.scoring import Score
from byok_widgets.compare.storage.batch_store import SCHEMA as BATCH_SCHEMA
from byok_widgets.compare.storage.batch_store import BatchStore
from byok_widgets.compare.storage.cell_rows import (
    DAMAGED,
    PLAIN,
    as_plain,
    cell_id,
    cell_of,
    is_score,
    is_time,
    json_of,
    object_of,
    score_row,
)
from byok_widgets.compare.storage.cell_writer import CellWriter, Scores
from byok_widgets.compare.storage.claims import SCHEMA as CLAIM_SCHEMA
from byok_widgets.compare.storage.claims import Claims
from byok_widgets.compare.storage.database import Database, unusable
from byok_widgets.errors import ConfigError
from byok_widgets.files import where_to_look
from byok_widgets.hashing import hashed
from byok_widgets.secrets.json_redaction import redact_keys

_SCHEMA = """
CREATE TABLE IF NOT EXISTS comparison(id TEXT PRIMARY KEY, started_at REAL, title TEXT, spec TEXT);
CREATE TABLE IF NOT EXISTS case_order(id TEXT PRIMARY KEY, seed INTEGER);
CREATE TABLE IF NOT EXISTS case_place(id INTEGER PRIMARY KEY, place INTEGER);
CREATE TABLE IF NOT EXISTS upstream(id TEXT PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS request(id BLOB PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS cell(
  id INTEGER PRIMARY KEY, request BLOB, variant TEXT, case_id TEXT, repeat INTEGER, status TEXT, error TEXT,
  message TEXT, model TEXT, input_tokens INTEGER, output_tokens INTEGER, cost_nano INTEGER, first_token_s REAL,
  total_s REAL, wait_s REAL, retries INTEGER, started_at REAL, least_nano INTEGER,
  UNIQUE(variant, case_id, repeat));
CREATE INDEX IF NOT EXISTS cell_not_done ON cell(variant, status, case_id, repeat) WHERE status != 'done';
CREATE TABLE IF NOT EXISTS reply(cell INTEGER PRIMARY KEY, body BLOB);
CREATE TABLE IF NOT EXISTS score(
  cell INTEGER, metric TEXT, value REAL, detail TEXT, PRIMARY KEY(cell, metric)) WITHOUT ROWID;
"""
_VERSION = 2
_MERGED = ("comparison", "case_order", "case_place", "upstream", "request", "cell", "reply", "score")
_UPGRADES = ("ALTER TABLE cell ADD COLUMN least_nano INTEGER;",)

_AT_ONCE = 500
"""So many are looked up by one statement."""

LOOK_S = 0.5
"""How often it is seen whether another kernel has finished something."""

_NAMES = ", ".join(f"cell.{name}" for name in PLAIN)
_CELLS = (
    f"SELECT {_NAMES}, case_id, cost_nano, least_nano, reply.body, request.body FROM cell"
    " LEFT JOIN reply ON reply.cell = cell.id LEFT JOIN request ON request.id = cell.request WHERE"
)

_open: dict[str, CellStore] = {}
_lock = threading.Lock()


class CellStore:
    """The cells of one file.

    Attributes:
        under_way: Cells that a comparison of this process runs; others wait for them instead of paying again.
        finished: Cells that were finished in this process.
        claims: What this process runs, for other kernels that use the same file.
    """

    def __init__(self, path: Path | None) -> None:
        """Open a file, or make it for this user alone.

        Args:
            path: The file; `None` keeps the cells in this process's memory.

        Raises:
            ConfigError: It cannot be written, is no store of cells, or was made by a newer version.
        """
        self.path = path
        self._base = Database(path, _SCHEMA + BATCH_SCHEMA + CLAIM_SCHEMA, _VERSION, _UPGRADES)
        self._writer = CellWriter(self._base)
        self.batches = BatchStore(self._base)
        self.claims = Claims(self._base)
        self._alone: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()
        self.under_way: dict[Key, asyncio.Future[None]] = {}
        self.finished: set[Key] = set()

    @classmethod
    def at(cls, path: Path) -> CellStore:
        """Return the store of a file, the same one for the whole process.

        Raises:
            ConfigError: The file cannot be used.
        """
        name = str(path.absolute())
        with _lock:
            if name not in _open or not _open[name].is_current:
                _open[name] = cls(path)
            return _open[name]

    @property
    def is_current(self) -> bool:
        """Whether its file is still there; another one may stand in its place."""
        return self._base.is_current

    async def put(self, cell: ResultCell, scores: Scores) -> ResultCell:
        """Write a cell with its scores, by metric; returns it as it was written, when that is committed.

        Raises:
            ConfigError: It could not be written.
        """
        return await self._writer.put(cell, scores)

    async def write_again(self) -> None:
        """Write what could not be written before.

        Raises:
            ConfigError: It still cannot be.
        """
        await self._writer.write_again()

    def scored(self, scores: Iterable[tuple[Key, str, Score]]) -> None:
        """Write scores of cells that are there already, by metric."""
        rows = [score_row(cell_id(key), metric, score) for key, metric, score in scores]
        with self._base.writing() as base:
            base.executemany("INSERT OR REPLACE INTO score VALUES(?,?,?,?)", rows)

    def cells(self, variants: Sequence[str], cases: Iterable[str] | None = None) -> list[ResultCell]:
        """Return the cells of variants, with their results; those that could not be written, too.

        Raises:
            ConfigError: The file cannot be read, or is damaged.
        """
        cells: dict[Key, ResultCell] = {}
        marks = ",".join("?" * len(variants))
        wanted = None if cases is None else set(cases)
        query = f"{_CELLS} variant IN ({marks})"
        with self._base.reading() as base:
            for *plain, case, nano, least, reply, request in base.execute(query, list(variants)).fetchall():
                if wanted is None or case in wanted:
                    found = cell_of(plain, case, (nano, least), reply, request)
                    cells[found.key] = found
        for found in self._writer.unwritten():
            if found.variant in variants and (wanted is None or found.case in wanted):
                cells[found.key] = found
        return [*cells.values()]

    def cell(self, key: Key) -> ResultCell | None:
        """Return one cell; `None` where there is none.

        Raises:
            ConfigError: The file cannot be read, or is damaged.
        """
        with self._base.reading() as base:
            for *plain, case, nano, least, reply, request in base.execute(f"{_CELLS} cell.id = ?", [cell_id(key)]):
                return cell_of(plain, case, (nano, least), reply, request)
        return next((found for found in self._writer.unwritten() if found.key == key), None)

    def claim(self, keys: Collection[Key]) -> set[Key]:
        """Claim cells for this process; returns those that another one runs or has finished.

        Raises:
            ConfigError: The file cannot be written.
        """
        ids = {cell_id(key): key for key in keys}
        others = self.claims.take(ids)
        if self.path is not None:
            others |= self._finished(ids)
        return {ids[own] for own in others}

    def settled(self, keys: Collection[Key], *, judged: bool) -> set[Key]:
        """Return the cells that no other process runs any more, and those that are finished.

        Args:
            keys: The cells.
            judged: Whether a judge may still be asked about one that is finished.
        """
        ids = {cell_id(key): key for key in keys}
        running = self.claims.of_others(ids)
        waiting = running if judged else running - self._finished(running)
        return {key for own, key in ids.items() if own not in waiting}

    def _finished(self, ids: Iterable[int]) -> set[int]:
        query = "SELECT 1 FROM cell WHERE id=? AND status != 'failed'"
        with self._base.reading() as base:
            return {own for own in ids if base.execute(query, [own]).fetchone()}

    @contextlib.asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[None]:
        """Do what is paid for, such as playing an upstream, while no one else does the same, in any process.

        Raises:
            ConfigError: The file cannot be written.
        """
        own = int(hashed(name)[:15], 16)
        async with self._alone.setdefault(own, asyncio.Lock()):
            while await asyncio.to_thread(self.claims.take, [own]):  # noqa: ASYNC110 - another process sets no event
                await asyncio.sleep(LOOK_S)
            try:
                yield
            finally:
                self.claims.release([own])

    def page(
        self,
        variants: Sequence[str],
        after: Key | None,
        most: int,
        *,
        status: str | None = None,
        score: tuple[str, float] | None = None,
    ) -> list[ResultCell]:
        """Return the next cells of variants by variant, case and repeat, of which only these are read.

        Args:
            variants: Their ids.
            after: The cell before; `None` for the first ones.
            most: How many.
            status: How they ended; `None` for all.
            score: A metric, and what their score of it is below; `None` for all.
        """
        if score is None and len(variants) > 1:  # the index leads to the place in each variant, but not in several
            found: list[ResultCell] = []
            for variant in sorted(variants):
                if len(found) < most and (after is None or variant >= after[0]):
                    start = after if after is not None and variant == after[0] else None
                    found += self.page([variant], start, most - len(found), status=status)
            return found
        wanted: list[tuple[str, list[Any]]] = [(f"variant IN ({','.join('?' * len(variants))})", [*variants])]
        if after is not None and list(variants) == [after[0]]:
            wanted += [("(case_id, repeat) > (?, ?)", [*after[1:]])]
        elif after is not None:
            wanted += [("(variant, case_id, repeat) > (?, ?, ?)", [*after])]
        wanted += [("status = ?", [status])] if status else []
        wanted += [("status != 'done'", [])] if status not in (None, "done") else []  # as the index says it
        if score:
            metric, below = score
            of_it = "SELECT cell FROM score WHERE metric >= ? AND metric < ? AND value < ?"
            # The names that begin with the metric and @: A is the next sign after that.
            wanted.append((f"cell.id IN ({of_it})", [f"{metric}@", f"{metric}A", below]))
        query = f"{_CELLS} {' AND '.join(text for text, _ in wanted)} ORDER BY variant, case_id, repeat LIMIT ?"
        values = [value for _, given in wanted for value in given]
        with self._base.browsing() as base:
            rows = base.execute(query, [*values, most]).fetchall()
            return [
                cell_of(plain, case, (nano, least), reply, request)
                for *plain, case, nano, least, reply, request in rows
            ]

    def scores(self, metric: str) -> dict[Key, float | None]:
        """Return the scores of a metric, by cell."""
        query = "SELECT variant, case_id, repeat, value FROM score JOIN cell ON cell.id = cell WHERE metric = ?"
        with self._base.reading() as base:
            return {(v, c, r): value for v, c, r, value in base.execute(query, [metric])}

    def scores_named(self, prefix: str, variants: Sequence[str]) -> list[tuple[str, Key, float]]:
        """Return the scores of the metrics whose names begin so, of cells of variants: metric, cell, value."""
        marks = ",".join("?" * len(variants))
        query = (
            "SELECT metric, variant, case_id, repeat, value FROM score JOIN cell ON cell.id = cell"
            f" WHERE substr(metric, 1, ?) = ? AND value IS NOT NULL AND variant IN ({marks}) ORDER BY metric"
        )
        with self._base.reading() as base:
            found = base.execute(query, [len(prefix), prefix, *variants]).fetchall()
            if not all(is_score(value) for *_, value in found):
                raise ValueError(DAMAGED)
        return [(metric, (variant, case, repeat), value) for metric, variant, case, repeat, value in found]

    def unscored(self, keys: Iterable[Key], metric: str) -> None:
        """Remove the scores of cells by a metric."""
        with self._base.writing() as base:
            base.executemany(
                "DELETE FROM score WHERE cell=? AND metric=?", [(cell_id(key), metric) for key in keys]
            )

    def tokens(self, variants: Sequence[str]) -> tuple[float, float] | None:
        """Return the mean tokens read and written by the cells of variants; `None` where there are none."""
        marks = ",".join("?" * len(variants))
        query = (
            "SELECT avg(input_tokens), avg(output_tokens) FROM cell WHERE status != 'failed'"
            f" AND input_tokens IS NOT NULL AND output_tokens IS NOT NULL AND variant IN ({marks})"
        )
        with self._base.reading() as base:
            read, written = base.execute(query, list(variants)).fetchone()
        return None if read is None else (read, written)

    def seed_of(self, cases: str, fresh: int) -> int:
        """Return the seed of the order of some cases: `fresh` where there is none yet, which is then stored."""
        with self._base.writing() as base:
            base.execute("INSERT OR IGNORE INTO case_order VALUES(?,?)", [cases, fresh])
        with self._base.reading() as base:
            return int(base.execute("SELECT seed FROM case_order WHERE id=?", [cases]).fetchone()[0])

    def places_of(self, cases: Sequence[int]) -> list[int]:
        """Return the places of cases by their ids; those that have none yet get the next ones, in this order."""
        found = self._places(cases)
        if any(own not in found for own in cases):
            with self._base.writing() as base:
                (last,) = base.execute("SELECT ifnull(max(place), 0) FROM case_place").fetchone()
                new = [[own, last + number] for number, own in enumerate(cases, 1) if own not in found]
                base.executemany("INSERT OR IGNORE INTO case_place VALUES(?,?)", new)  # another kernel may have
            found = self._places(cases)
        return [found[own] for own in cases]

    def _places(self, cases: Sequence[int]) -> dict[int, int]:
        found: dict[int, int] = {}
        with self._base.reading() as base:
            for part in (cases[at : at + _AT_ONCE] for at in range(0, len(cases), _AT_ONCE)):
                marks = ",".join("?" * len(part))
                found.update(base.execute(f"SELECT id, place FROM case_place WHERE id IN ({marks})", part))
            if not all(isinstance(place, int) for place in found.values()):
                raise ValueError(DAMAGED)
        return found

    def upstream(self, name: str) -> Any:
        """Return what was recorded before a node; `None` where nothing was."""
        with self._base.reading() as base:
            row = base.execute("SELECT body FROM upstream WHERE id=?", [name]).fetchone()
            return None if row is None else json_of(row[0])

    def keep_upstream(self, name: str, data: Any) -> None:
        """Keep what was recorded before a node; existing records stay: cells may rest on them."""
        text = json.dumps(redact_keys(as_plain(data)), ensure_ascii=False)
        with self._base.writing() as base:
            base.execute("INSERT OR IGNORE INTO upstream VALUES(?,?)", [name, text])

    def note_comparison(self, name: str, started_at: float, title: str, spec: Mapping[str, Any]) -> None:
        """Keep what was compared."""
        shown, kept = redact_keys(as_plain([title, spec]))
        row = [name, started_at, shown, json.dumps(kept, ensure_ascii=False)]
        with self._base.writing() as base:
            base.execute("INSERT OR REPLACE INTO comparison VALUES(?,?,?,?)", row)

    def scoring_of(self, name: str) -> dict[str, str]:
        """Return what decided about scores when something was last compared; empty where nobody has noted it."""
        query = "SELECT json_extract(spec, '$.scoring') FROM comparison WHERE id=? AND json_valid(spec)"
        with self._base.reading() as base:
            row = base.execute(query, [name]).fetchone()
            noted = {} if row is None or row[0] is None else object_of(row[0])
            return {part: str(version) for part, version in noted.items()}

    def comparisons(self) -> list[tuple[str, float, str, dict[str, Any]]]:
        """Return what was compared: id, time, title and more; the newest first."""
        with self._base.reading() as base:
            rows = base.execute("SELECT * FROM comparison ORDER BY started_at DESC").fetchall()
            if not all(is_time(at) and isinstance(title, str) for _, at, title, _ in rows):
                raise ValueError(DAMAGED)
            return [(name, at, title, object_of(spec)) for name, at, title, spec in rows]

    def damaged(self) -> ConfigError:
        """Return the error for what is in the file and was not written by this package."""
        return unusable(self.path, DAMAGED)

    def count(self, variants: Sequence[str]) -> int:
        """Return how many cells of variants there are."""
        marks = ",".join("?" * len(variants))
        query = f"SELECT count(*) FROM cell WHERE status != 'failed' AND variant IN ({marks})"
        with self._base.reading() as base:
            return int(base.execute(query, list(variants)).fetchone()[0])

    def merge(self, path: Path) -> None:
        """Take over the cells of another file that are not here, or failed here and not there.

        Raises:
            ConfigError: It is not there, or is no store of cells.
        """
        if not path.is_file():
            raise ConfigError(f"There is no file {str(path)!r}.", kind="store", fix=where_to_look(path))
        CellStore(path).close()  # makes sure that it is one, and brings it to this version
        with self._base.reading() as base:
            base.execute("ATTACH ? AS other", [str(path)])
            try:
                with self._base.writing():
                    better = "SELECT id FROM other.cell WHERE status != 'failed'"
                    worse = f"SELECT id FROM cell WHERE status = 'failed' AND id IN ({better})"
                    base.execute(f"DELETE FROM reply WHERE cell IN ({worse})")
                    base.execute(f"DELETE FROM cell WHERE status = 'failed' AND id IN ({better})")
                    for table in _MERGED:
                        base.execute(f"INSERT OR IGNORE INTO {table} SELECT * FROM other.{table}")
            finally:
                base.execute("DETACH other")

    def close(self) -> None:
        """Close the file."""
        self._base.close()
