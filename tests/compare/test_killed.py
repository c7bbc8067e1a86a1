"""A kernel that is killed in the middle: what was finished is there and never paid again."""

from __future__ import annotations

import json
import random
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.compare.killed import CASES, MODELS, compared
from tests.scripted_server import Say, ScriptedServer


def number_in(text: str) -> int:
    found = re.findall(r"number (\d+)\.", text)
    return int(found[-1]) if found else -1


def slowly(request: dict) -> Say:
    """Answer the cases one after another, so that there is a middle."""
    is_shaped = "response_format" in request
    text = json.dumps({"weekday": "Tue"}) if is_shaped else "Which day?"
    return Say(text, pause_s=0.02 * max(0, number_in(json.dumps(request))))


def count(store: Path) -> int:
    if not store.exists():
        return 0
    with closing(sqlite3.connect(store, timeout=10)) as base:
        try:
            return int(base.execute("SELECT count(*) FROM cell").fetchone()[0])
        except sqlite3.OperationalError:  # it is being made
            return 0


@pytest.mark.parametrize(
    "kind",
    [pytest.param("texts", marks=pytest.mark.slow), pytest.param("scripts", marks=pytest.mark.slow), "flow"],
)
def test_finished_cells_are_never_paid_again(server: ScriptedServer, tmp_path: Path, kind: str) -> None:
    store = tmp_path / "cells.sqlite"
    server.script(slowly)
    killed_after = random.Random(kind).randint(3, 2 * CASES - 6)
    command = [sys.executable, "-m", "tests.compare.killed", kind, server.base_url, str(store)]
    running = subprocess.Popen(command)
    try:
        ends = time.monotonic() + 60
        while count(store) < killed_after and running.poll() is None and time.monotonic() < ends:
            time.sleep(0.01)
    finally:
        running.kill()
        running.wait()
    done = count(store)
    assert killed_after <= done < 2 * CASES, "it was killed in the middle"
    server.script(lambda request: Say(slowly(request).text))
    result = compared(kind, server.base_url, str(store))
    assert result.complete
    assert result.estimate.finished == done
    read = [(request["model"], json.dumps(request)) for request in server.requests if "response_format" in request]
    paid = [(model, number_in(text)) for model, text in read if "Tuesday" in text]
    assert len(set(paid)) == len(paid) == 2 * CASES - done, "each missing cell is paid once, and no other"
    assert {model for model, _ in paid} <= {ref.partition(":")[2] for ref in MODELS}
    before = len(server.requests)
    assert compared(kind, server.base_url, str(store)).complete
    assert len(server.requests) == before
