"""`Claims`: which kernel runs which cells of a file, so that no two of them pay for the same one.

A claim is committed before the call is sent. It holds as long as its kernel renews its lease; of a kernel on this
machine it ends with the process.
"""

from __future__ import annotations

import os
import secrets
import socket
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path

from byok_widgets.compare.storage.database import Database

SCHEMA = """
CREATE TABLE IF NOT EXISTS claim(id INTEGER PRIMARY KEY, owner INTEGER);
CREATE TABLE IF NOT EXISTS claimant(id INTEGER PRIMARY KEY, machine TEXT, pid INTEGER, until REAL);
"""
LEASE_S = 30.0
"""How long a kernel that renews nothing keeps what it has claimed."""
RENEW_S = 5.0
"""How often a lease is renewed."""


class Claims:
    """The claims of this process on one file. What is claimed twice has to be released twice."""

    def __init__(self, base: Database) -> None:
        self._base = base
        self._own = secrets.randbits(62)
        self._held: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._offset, self._trusts_at = _offset(), 0.0

    def take(self, ids: Iterable[int]) -> set[int]:
        """Claim what no other process has claimed; returns what another one has.

        Raises:
            ConfigError: The file cannot be written.
        """
        wanted = set(ids)
        others: set[int] = set()
        with self._lock:
            if self._base.path is not None:
                with self._base.writing() as base:
                    self._renew(base)
                    others = _claimed(base, wanted, self._own, trusts=self._trusts())
                    rows = [(own, self._own) for own in wanted - others]
                    base.executemany("INSERT OR REPLACE INTO claim VALUES(?,?)", rows)
            self._held.update(wanted - others)
        return others

    def of_others(self, ids: Collection[int]) -> set[int]:
        """Return what another process has claimed."""
        if self._base.path is None:
            return set()
        with self._base.reading() as base:
            return _claimed(base, ids, self._own, trusts=self._trusts())

    def renew(self) -> None:
        """Renew the lease.

        Raises:
            ConfigError: The file cannot be written.
        """
        if self._base.path is not None:
            with self._base.writing() as base:
                self._renew(base)

    def release(self, ids: Iterable[int]) -> None:
        """Give up claims.

        Raises:
            ConfigError: The file cannot be written.
        """
        with self._lock:
            self._held.subtract(ids)
            free = [own for own, count in self._held.items() if count <= 0]
            for own in free:
                del self._held[own]
            if free and self._base.path is not None:
                rows = [(own, self._own) for own in free]
                with self._base.writing() as base:
                    base.executemany("DELETE FROM claim WHERE id=? AND owner=?", rows)
                    if not self._held:
                        base.execute("DELETE FROM claimant WHERE id=?", [self._own])

    def _renew(self, base: sqlite3.Connection) -> None:
        trusts = self._trusts()
        row = [self._own, _machine(), os.getpid(), time.time() + LEASE_S]
        base.execute("INSERT OR REPLACE INTO claimant VALUES(?,?,?,?)", row)
        for own, *claimant in base.execute("SELECT id, machine, pid, until FROM claimant").fetchall():
            if not _is_alive(*claimant, trusts=trusts):
                base.execute("DELETE FROM claim WHERE owner=?", [own])
                base.execute("DELETE FROM claimant WHERE id=?", [own])

    def _trusts(self) -> bool:
        """Whether a lease that has run out says that its kernel is gone.

        It does not after the clock was set or the machine slept, until every kernel has had time to renew its own.
        """
        before, self._offset = self._offset, _offset()
        if abs(self._offset - before) > RENEW_S:
            self._trusts_at = time.monotonic() + LEASE_S
        return time.monotonic() >= self._trusts_at


def _offset() -> float:
    """Return by how much the wall clock is ahead of the one that nobody sets, and that sleeps with the machine."""
    return time.time() - time.monotonic()


def _claimed(base: sqlite3.Connection, ids: Collection[int], but: int, *, trusts: bool) -> set[int]:
    rows = base.execute("SELECT id, machine, pid, until FROM claimant WHERE id != ?", [but]).fetchall()
    alive = {own for own, *claimant in rows if _is_alive(*claimant, trusts=trusts)}
    if not alive:
        return set()
    query = "SELECT owner FROM claim WHERE id=?"
    owners = {own: base.execute(query, [own]).fetchone() for own in ids}
    return {own for own, row in owners.items() if row is not None and row[0] in alive}


def _is_alive(machine: object, pid: object, until: object, *, trusts: bool) -> bool:
    """Whether a kernel still has what it claimed; a lease that is longer than any of ours is none."""
    if not isinstance(until, float) or (trusts and not 0 < until - time.time() <= 2 * LEASE_S):
        return False
    # On Windows, `os.kill(pid, 0)` asks nothing: it sends Ctrl-C.
    if machine != _machine() or not isinstance(pid, int) or not 0 < pid < 2**31 or sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's, so it is there
        return True
    return True


@cache
def _machine() -> str:
    """Return what tells machines apart, and containers on one."""
    try:
        return f"{socket.gethostname()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()
