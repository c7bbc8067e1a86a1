"""A store that is locked, or whose tables are gone, or from which a call is deleted while it goes on."""

from __future__ import annotations

import concurrent.futures
import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.files import database
from byok_widgets.serve.turns.fallback import AGAIN, SORRY
from tests.scripted_server import Say
from tests.serve.conftest import Served
from tests.serve.talking import Response, flow_said, user
from tests.session.conftest import Script
from tests.widgets.wire import eventually

HELLO = [user("Hi")]
SAID = f"{SORRY} {AGAIN}"
LONG = "One word after another. " * 12
LONG_SAY = Say(LONG, pause_s=0.05)


@pytest.fixture
def served(flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that does not wait long for a store that another process holds."""
    monkeypatch.setattr(database, "_BUSY_S", 0.1)
    served = Served(flow, tmp_path / "calls.sqlite")
    yield served
    served.server.stop()


@pytest.fixture
def base(served: Served) -> Iterator[sqlite3.Connection]:
    """The store, in another hand."""
    with contextlib.closing(sqlite3.connect(str(served.path), isolation_level=None, timeout=30)) as base:
        yield base


def is_ready(served: Served) -> bool:
    return served.caller.send("GET", "/ready").status == 200


def test_where_the_store_is_locked_the_fallback_is_said_and_nobody_is_sent_here(
    served: Served, script: Script, base: sqlite3.Connection
) -> None:
    eventually(lambda: is_ready(served))
    base.execute("BEGIN IMMEDIATE")
    locked = served.caller.ask(HELLO, user="u", stream=True)
    assert (locked.status, locked.text, locked.finish) == (200, SAID, "stop")
    eventually(lambda: served.caller.send("GET", "/ready").data == {"status": "no store"})
    assert served.caller.send("GET", "/health").status == 200
    base.execute("ROLLBACK")
    eventually(lambda: is_ready(served))
    assert served.caller.ask(HELLO, user="u").text == "Hm."


def test_where_a_dialogue_cannot_be_looked_up_the_fallback_is_said(
    served: Served, script: Script, base: sqlite3.Connection
) -> None:
    served.caller.ask(HELLO, user="u")
    goes_on = [*HELLO, flow_said("Hm."), user("Yes")]
    base.execute("ALTER TABLE turns RENAME TO away")
    lost = served.caller.ask(goes_on, user="u")
    assert (lost.status, lost.text) == (200, SAID)
    base.execute("ALTER TABLE away RENAME TO turns")
    assert served.caller.ask(goes_on, user="u").text == "Hm."
    assert len(script.spoken) == 2


def _disturbed(
    served: Served, script: Script, base: sqlite3.Connection, disturb: Callable[[], object], *, stream: bool = True
) -> Response:
    """Ask, and do something as soon as the reply is heard, which goes on then."""
    script.words = [LONG_SAY]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(served.caller.ask, HELLO, user="u", stream=stream)
        eventually(lambda: base.execute("SELECT 1 FROM turns WHERE state != '' AND answer = ''").fetchall())
        disturb()
        return asked.result()


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_that_is_heard_is_heard_to_its_end_though_it_cannot_be_stored(
    served: Served, script: Script, base: sqlite3.Connection, stream: bool
) -> None:
    heard = _disturbed(served, script, base, lambda: base.execute("BEGIN IMMEDIATE"), stream=stream)
    base.execute("ROLLBACK")
    assert (heard.text, heard.finish) == (LONG, "stop")
    script.words = ["Next."]
    assert served.caller.ask([*HELLO, flow_said(LONG), user("Yes")], user="u").text == "Next."


def test_a_call_that_is_deleted_while_it_is_answered_hears_one_reply_and_stays_deleted(
    served: Served, script: Script, base: sqlite3.Connection
) -> None:
    heard = _disturbed(served, script, base, lambda: served.server.delete("u"))
    assert heard.text == LONG
    assert len(script.spoken) == 1
    assert not served.server.sessions()
