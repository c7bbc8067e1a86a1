"""What was paid stays: a store that fails for a while, and a metric that fails, cost no answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow
from byok_widgets.cases.case import Case
from byok_widgets.compare.storage.database import Database
from tests.compare.flows import compatible_flow
from tests.scripted_server import Say, ScriptedServer

MODELS = ["compatible:one", "compatible:two"]
CASES = [{"name": f"c{number}", "text": f"Number {number}", "values": {"word": "x"}} for number in range(3)]


@pytest.fixture
def flow(server: ScriptedServer) -> Flow:
    server.script(Say('{"word": "x"}'))
    return compatible_flow(server, MODELS[0])


def test_answers_that_could_not_be_written_are_shown_and_written_when_it_goes_on(
    flow: Flow, server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = flow.extraction("read", word=str)
    writing, path = Database.writing, tmp_path / "cells.sqlite"

    def full(base: Database) -> Any:
        if server.requests:
            raise ConfigError("The disk is full.", kind="store")
        return writing(base)

    monkeypatch.setattr(Database, "writing", full)
    with pytest.raises(ConfigError) as caught:
        read.compare(MODELS, CASES, store=path)
    assert caught.value.kind == "store"
    paid = len(server.requests)
    monkeypatch.undo()
    done = read.compare(MODELS, CASES, store=path)
    assert done.complete
    assert 0 < paid <= len(server.requests) == len(MODELS) * len(CASES), "nothing is paid twice"
    base = sqlite3.connect(path)
    assert base.execute("SELECT count(*) FROM cell").fetchone() == (6,)
    base.close()


def test_a_metric_that_fails_costs_no_answer(flow: Flow, server: ScriptedServer, tmp_path: Path) -> None:
    def broken(case: Case, output: Mapping[str, Any]) -> float:
        raise ZeroDivisionError

    read = flow.extraction("read", word=str)
    failed = read.compare(MODELS, CASES, metric=broken, store=tmp_path / "cells.sqlite")
    assert "ZeroDivisionError" in repr(failed)
    paid = len(server.requests)
    scored = read.compare(MODELS, CASES, store=tmp_path / "cells.sqlite")
    assert scored.complete
    assert 0 < paid <= len(server.requests) == len(MODELS) * len(CASES), "nothing is paid twice"
