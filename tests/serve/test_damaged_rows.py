"""Rows of a store that are damaged, or that somebody else has written: no call and no list is lost by them."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.errors import FlowError
from byok_widgets.serve.stores.redis_store import RedisStore
from tests.scripted_server import Say
from tests.serve.conftest import Served
from tests.serve.redis_server import RedisServer
from tests.serve.talking import flow_said, user
from tests.session.conftest import Script
from tests.widgets.wire import eventually

GOES_ON = [user("Hi"), flow_said("Hm."), user("Yes")]
DEEP = "[" * 100_000


def change(served: Served, column: str, value: object, table: str = "turns") -> None:
    with contextlib.closing(sqlite3.connect(str(served.path), isolation_level=None, timeout=30)) as base:
        base.execute(f"UPDATE {table} SET {column} = ?", (value,))


def changed(served: Served, **values: object) -> str:
    with contextlib.closing(sqlite3.connect(str(served.path), timeout=30)) as base:
        (state,) = base.execute("SELECT state FROM turns").fetchone()
    return json.dumps({**json.loads(state), **values})


@pytest.mark.parametrize("state", ["NaN", DEEP, b"\xff"])
def test_a_turn_whose_state_is_damaged_is_gone_through_again(
    served: Served, script: Script, state: object
) -> None:
    served.caller.ask([user("Hi")], user="u")
    change(served, "state", state)
    assert served.caller.ask(GOES_ON, user="u").text == "Hm."
    assert [turn.text for turn in served.server.session("u").turns][-1] == "Yes"


@pytest.mark.parametrize(
    "value", [{"place": {"node": "nowhere"}}, {"said": 5}, {"visited": [[]]}, {"version": []}]
)
def test_so_is_one_whose_state_is_none_of_this_flow(
    served: Served, script: Script, value: dict[str, object]
) -> None:
    served.caller.ask([user("Hi")], user="u")
    change(served, "state", changed(served, **value))
    assert served.caller.ask(GOES_ON, user="u").text == "Hm."


@pytest.mark.parametrize("record", ["NaN", '{"turns": 5, "unfinished": []}'])
def test_that_a_conversation_is_damaged_is_an_error_in_words(served: Served, script: Script, record: str) -> None:
    served.caller.ask([user("Hi")], user="u")
    change(served, "record", record)
    with pytest.raises(FlowError) as caught:
        served.server.session("u")
    assert caught.value.kind == "serve_damaged"


@pytest.mark.parametrize("last_at", ["x", b"\xff", 10**18, float("inf")])
def test_a_damaged_conversation_is_listed_and_can_be_deleted(
    served: Served, script: Script, last_at: object
) -> None:
    served.caller.ask([user("Hi")], user="u")
    change(served, "last_at", last_at, table="sessions")
    (listed,) = served.server.sessions()
    assert (listed.name, listed.fallback) == ("u", "serve_damaged")
    assert "serve_damaged" in repr(listed)
    assert served.server.delete(listed)


def test_a_store_that_does_not_answer_is_an_error_in_words(served: Served, script: Script) -> None:
    served.caller.ask([user("Hi")], user="u")
    with contextlib.closing(sqlite3.connect(str(served.path), isolation_level=None, timeout=30)) as base:
        base.execute("ALTER TABLE sessions RENAME TO away")
    with pytest.raises(FlowError) as caught:
        served.server.sessions()
    assert caught.value.kind == "serve_store"


def test_rows_of_somebody_else_in_redis_take_no_call_away(flow: Flow, script: Script, tmp_path: Path) -> None:
    redis = RedisServer(tmp_path, "--appendonly", "yes")
    script.words = [Say("Hm.")]
    served = Served(flow, redis.url)
    try:
        import redis as client

        served.caller.ask([user("Hi")], user="u")
        base = client.Redis(port=redis.port)
        prefix = RedisStore(redis.url, flow.name)._prefix
        for row in ("x", '{"made_at": NaN}', DEEP, '{"digest": [], "name": "", "made_at": 0}'):
            base.hset(f"{prefix}tokens", row[:20], row)
        (session,) = base.zrange(f"{prefix}activity", 0, -1)
        (turn,) = base.zrange(f"{prefix}m:{session.decode()}", 0, -1)
        base.hset(f"{prefix}t:{turn.decode()}", "made_at", b"\xff")
        assert served.caller.ask(GOES_ON, user="u").text == "Hm."
        base.hset(f"{prefix}tokens", "gone", json.dumps({"digest": "gone", "name": "gone", "made_at": 1.0}))
        eventually(lambda: "gone" in served.server._server._access.tokens)
        base.set(f"{prefix}s:{session.decode()}", "NaN")
        assert list(served.server.sessions()) == []
    finally:
        redis.close()
        served.server.stop()
