"""`CaseOrder`: the cases of a comparison as a page asks for them: in an order, all or where variants disagree.

Scores go into a private SQLite database as they come, in a thread of its own, and pages are cut there: nothing
that is asked for is looked up in a list of all cells, and SQLite lets other threads go on meanwhile. It is kept in
memory as far as it is small.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import weakref
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Literal

from byok_widgets.cases.case import Case
from byok_widgets.engine import DaemonExecutor
from byok_widgets.engine.home_thread import call_logged

Order = Literal["run", "name", "gap"]
"""The order of the run, by name, or those first on which variants are the widest apart."""

_SCHEMA = """
PRAGMA journal_mode=OFF;
PRAGMA synchronous=OFF;
CREATE TABLE row(number INTEGER PRIMARY KEY, name TEXT, gap REAL DEFAULT 0);
CREATE TABLE score(
  number INTEGER, variant INTEGER, repeat INTEGER, value REAL, PRIMARY KEY(number, variant, repeat)) WITHOUT ROWID;
"""
_INDEXES = """
CREATE INDEX row_by_name ON row(name, number);
CREATE INDEX row_by_gap ON row(gap DESC, number);
CREATE INDEX row_apart ON row(number) WHERE gap > 0;
CREATE INDEX row_apart_by_name ON row(name, number) WHERE gap > 0;
"""
_GAP = (
    "UPDATE row SET gap = (SELECT ifnull(round(max(mean) - min(mean), 9), 0) FROM (SELECT avg(value) AS mean"
    " FROM score WHERE score.number = row.number AND value IS NOT NULL GROUP BY variant)) WHERE number IN"
)
_WHERE = {False: "", True: "WHERE gap > 0"}
_BY = {"run": "number", "name": "name, number", "gap": "gap DESC, number"}
_PAGE = "SELECT group_concat(number) FROM (SELECT number FROM row {} ORDER BY {} LIMIT :count OFFSET :start)"
"""All of a page is one row, and so one wait for the interpreter."""
_COUNT = "SELECT count(*) FROM row {}"
_FOLLOWED_AT = 2_000
"""After so many new scores they are taken in, also where nobody asks: what is asked for later is then there."""
_ROWS = 500
"""So many are inserted by one statement: each lets go of the interpreter, and getting it back takes longer."""
_DIGITS = re.compile(r"\d+")
_FOLLOWING = DaemonExecutor("byok-cases", 1)

Noted = tuple[int, int, int, "float | None"]
"""The numbers of case and variant, the repeat, and the score."""


class CaseOrder:
    """The cases of some results, by their numbers there."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._cases = cases
        self._numbers = {case.name: number for number, case in enumerate(cases)}
        self._pending: list[Noted] = []
        self._opened: sqlite3.Connection | None = None
        self._called = 0  # how often it was asked to follow, and has not begun to
        self._noting, self._lock = threading.Lock(), threading.Lock()  # the loop never waits for the second one

    def number_of(self, name: str) -> int:
        """Return the number of a case."""
        return self._numbers[name]

    def note(self, scores: Iterable[Noted]) -> None:
        """Take note of new scores; what is behind them is looked at later, and elsewhere."""
        with self._noting:
            self._pending += scores
            if len(self._pending) >= _FOLLOWED_AT * (1 + self._called):
                self._called += 1
                _FOLLOWING.submit(call_logged, self._follow)

    def numbers(self, order: Order, *, apart: bool, start: int = 0, count: int) -> tuple[list[int], int]:
        """Return the numbers of some of the cases in an order, and how many there are; not on an event loop.

        Args:
            order: The order.
            apart: Whether to leave out cases on which variants do not disagree.
            start: How many of them come before.
            count: At most so many.
        """
        if order == "run" and not apart:
            return [*range(len(self._cases))[start : start + count]], len(self._cases)
        self._follow()
        values = {"start": min(start, len(self._cases)), "count": count}
        with self._lock:
            base = self._base()
            (found,) = base.execute(_PAGE.format(_WHERE[apart], _BY[order]), values).fetchone()
            (chosen,) = base.execute(_COUNT.format(_WHERE[apart])).fetchone()
        return [int(number) for number in found.split(",")] if found else [], chosen

    def _follow(self) -> None:
        """Take in the scores that have come."""
        with self._lock:
            with self._noting:
                scores, self._pending, self._called = self._pending, [], 0
            base = self._base()
            _insert(base, "INSERT OR REPLACE INTO score", scores)
            changed = [*{number for number, *_ in scores}]
            for part in (changed[at : at + _ROWS] for at in range(0, len(changed), _ROWS)):
                base.execute(f"{_GAP} ({','.join('?' * len(part))})", part)

    def _base(self) -> sqlite3.Connection:
        """Return the database; it is made when something is first put in or looked up."""
        if self._opened is None:
            self._opened = sqlite3.connect("", check_same_thread=False, isolation_level=None)
            weakref.finalize(self, self._opened.close)
            self._opened.executescript(_SCHEMA)
            rows = [(number, _as_counted(case.name)) for number, case in enumerate(self._cases)]
            _insert(self._opened, "INSERT INTO row(number, name)", rows)
            self._opened.executescript(_INDEXES)
        return self._opened


def _insert(base: sqlite3.Connection, what: str, rows: Sequence[tuple[Any, ...]]) -> None:
    for part in (rows[at : at + _ROWS] for at in range(0, len(rows), _ROWS)):
        marks = f"({','.join('?' * len(part[0]))})"
        base.execute(f"{what} VALUES {','.join([marks] * len(part))}", [*chain.from_iterable(part)])


def _as_counted(name: str) -> str:
    """Return what a name is sorted by: `case 9` comes before `case 10`."""
    return _DIGITS.sub(lambda digits: digits[0].zfill(20), name.casefold())
