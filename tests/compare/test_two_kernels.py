"""Two kernels that run the same comparison on one file: each cell, and what stands before it, is paid once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from byok_widgets.compare.storage.claims import LEASE_S, Claims, _machine
from byok_widgets.compare.storage.store import CellStore
from tests.compare.killed import compared
from tests.scripted_server import Say, ScriptedServer

KEYS = [("variant", f"case {number}", 1) for number in range(4)]


def slowly(request: dict[str, Any]) -> Say:
    shaped = "response_format" in request
    return Say(json.dumps({"weekday": "Tue"}) if shaped else "Which day?", pause_s=0.1)


def wait_for(server: ScriptedServer, running: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while not server.requests and running.poll() is None and time.monotonic() < ends:
        time.sleep(0.02)


@pytest.mark.parametrize("kind", [pytest.param("texts", marks=pytest.mark.slow), "scripts"])
def test_each_cell_is_paid_once(server: ScriptedServer, tmp_path: Path, kind: str) -> None:
    server.script(lambda request: Say(slowly(request).text))
    compared(kind, server.base_url, str(tmp_path / "alone.sqlite"))
    alone = sorted(json.dumps(request, sort_keys=True) for request in server.requests)
    server.requests.clear()
    server.script(slowly)
    store = str(tmp_path / "cells.sqlite")
    other = subprocess.Popen([sys.executable, "-m", "tests.compare.killed", kind, server.base_url, store])
    wait_for(server, other)
    result = compared(kind, server.base_url, store)
    assert other.wait(timeout=60) == 0
    assert result.complete
    assert sorted(json.dumps(request, sort_keys=True) for request in server.requests) == alone


def test_what_a_killed_kernel_has_claimed_is_free_at_once(tmp_path: Path) -> None:
    store = CellStore(tmp_path / "cells.sqlite")
    code = (
        "import sys, pathlib; from byok_widgets.compare.storage.store import CellStore;"
        "s = CellStore(pathlib.Path(sys.argv[1])); s.claim([('variant', 'case 0', 1)]);"
        "print('claimed', flush=True); import time; time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "cells.sqlite")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"claimed\n"
        assert store.claim(KEYS[:2]) == {KEYS[0]}
        assert store.settled(KEYS[:2], judged=False) == {KEYS[1]}
        other.kill()
    assert store.settled(KEYS[:2], judged=False) == {KEYS[0], KEYS[1]}
    assert store.claim(KEYS[:1]) == set()


def claimed_by(store: Path, *, machine: str, pid: int, until: float) -> None:
    """Let somebody else claim the first cell."""
    claims = CellStore(store)
    claims.claim(KEYS[:1])
    with closing(sqlite3.connect(store)) as base, base:
        base.execute("UPDATE claimant SET machine=?, pid=?, until=?", [machine, pid, until])


@pytest.mark.parametrize(
    ("machine", "left_s", "is_held"),
    [
        ("elsewhere", LEASE_S / 2, True),
        ("elsewhere", -1.0, False),
        ("elsewhere", 1e12, False),  # a file may say anything: nobody waits for ever
        ("here", LEASE_S / 2, True),
        ("here", -1.0, False),
    ],
)
def test_a_claim_ends_with_its_lease(tmp_path: Path, machine: str, left_s: float, is_held: bool) -> None:
    store = tmp_path / "cells.sqlite"
    where = _machine() if machine == "here" else machine
    claimed_by(store, machine=where, pid=os.getpid(), until=time.time() + left_s)
    assert (KEYS[0] in CellStore(store).claim(KEYS)) is is_held


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_claim_outlives_a_clock_that_is_set(
    jump_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    one, other = CellStore(tmp_path / "cells.sqlite"), CellStore(tmp_path / "cells.sqlite")
    assert one.claim(KEYS[:1]) == set()
    monkeypatch.setattr(time, "time", lambda: now + jump_s)
    assert other.claim(KEYS) == {KEYS[0]}
    one.claims.renew()
    other.claims.renew()
    assert other.claim(KEYS) == {KEYS[0]}


def test_what_two_comparisons_of_a_kernel_have_claimed_is_free_when_both_have_ended(tmp_path: Path) -> None:
    own, other = CellStore(tmp_path / "cells.sqlite"), CellStore(tmp_path / "cells.sqlite")
    assert own.claim(KEYS) == own.claim(KEYS[:1]) == set()
    ids = [1, 2]
    claims: Claims = own.claims
    assert claims.take(ids) == claims.take(ids) == set()
    claims.release(ids)
    assert other.claims.take(ids) == {1, 2}
    claims.release(ids)
    assert other.claims.take(ids) == set()
    assert other.claim(KEYS) == set(KEYS)
