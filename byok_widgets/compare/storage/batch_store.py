"""`BatchStore`: which requests were submitted in which batch, committed before a batch leaves this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import NamedTuple

from byok_widgets.compare.storage.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS batch(
  id INTEGER PRIMARY KEY, name TEXT, provider TEXT, submitted_at REAL, is_ended INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS batch_item(id TEXT PRIMARY KEY, batch INTEGER) WITHOUT ROWID;
"""


class Batch(NamedTuple):
    """A batch at a provider.

    Attributes:
        id: Its number here.
        name: The provider's id; `None` if nobody knows whether it arrived.
        provider: Name of the provider.
    """

    id: int
    name: str | None
    provider: str


class BatchStore:
    """The batches of one file.

    Attributes:
        submitting: Submissions under way in this process, by the batch's number. They go on when a comparison is
            stopped: their ids must not be lost.
    """

    def __init__(self, base: Database) -> None:
        self._base = base
        self.submitting: dict[int, asyncio.Task[None]] = {}

    def begin(self, provider: str, items: Iterable[str]) -> int:
        """Note that a batch is about to be submitted, and return its number here."""
        with self._base.writing() as base:
            row = [provider, time.time()]
            own = base.execute("INSERT INTO batch(provider, submitted_at) VALUES(?,?)", row).lastrowid
            base.executemany("INSERT OR REPLACE INTO batch_item VALUES(?,?)", [(item, own) for item in items])
        return int(own or 0)

    def submitted(self, own: int, name: str) -> None:
        """Note that a batch arrived, and under which id."""
        with self._base.writing() as base:
            base.execute("UPDATE batch SET name=? WHERE id=?", [name, own])

    def ended(self, own: int) -> None:
        """Note that all results of a batch were read."""
        with self._base.writing() as base:
            base.execute("UPDATE batch SET is_ended=1 WHERE id=?", [own])

    def forget(self, own: int) -> None:
        """Forget a batch that the provider refused."""
        with self._base.writing() as base:
            base.execute("DELETE FROM batch_item WHERE batch=?", [own])
            base.execute("DELETE FROM batch WHERE id=?", [own])

    def forget_items(self, items: Iterable[str]) -> None:
        """Forget requests that got no answer: they may be submitted again."""
        with self._base.writing() as base:
            base.executemany("DELETE FROM batch_item WHERE id=?", [(item,) for item in items])

    def of(self, item: str) -> Batch | None:
        """Return the batch of a request; `None` if it is in none."""
        query = (
            "SELECT batch.id, name, provider FROM batch_item JOIN batch ON batch.id = batch"
            " WHERE batch_item.id = ?"
        )
        with self._base.reading() as base:
            row = base.execute(query, [item]).fetchone()
            return Batch(*row) if row else None

    def open(self) -> list[Batch]:
        """Return the batches whose results were not read yet."""
        with self._base.reading() as base:
            return [Batch(*row) for row in base.execute("SELECT id, name, provider FROM batch WHERE NOT is_ended")]
