"""What every store promises, of an SQLite file and of a real Redis."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from byok_widgets.errors import ConfigError
from byok_widgets.serve.stores import store as stores
from byok_widgets.serve.stores.redis_store import RedisStore
from byok_widgets.serve.stores.sqlite_store import SqliteStore
from byok_widgets.serve.stores.store import (
    Bill,
    Spent,
    Store,
    StoredSession,
    StoredToken,
    StoredTurn,
    session_scope,
)
from tests.serve.redis_server import RedisServer

TURN = StoredTurn("key", "session", "root", "words", "tail", "Hello")
SESSION = StoredSession("session", "call 1", "caller", "ask", 10.0, "key")
_names = itertools.count()


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = RedisServer(tmp_path_factory.mktemp("redis"), "--appendonly", "yes")
    yield server.url
    server.close()


@pytest.fixture(params=["sqlite", "redis"])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Return what opens the same store again, as another process does."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "calls.sqlite")
    url, name = request.getfixturevalue("redis_url"), f"flow {next(_names)}"
    return lambda: RedisStore(url, name)


def run(work: Callable[..., Any], *made: Store) -> None:
    async def within() -> None:
        for store in made:
            await store.open()
        try:
            await work(*made)
        finally:
            for store in made:
                await store.close()

    asyncio.run(within())


def test_one_of_two_processes_answers_a_turn(open_store: Callable[[], Store]) -> None:
    async def work(one: Store, other: Store) -> None:
        assert (await one.claim(TURN, f"{one.process}:1")).kind == "owned"
        assert (await other.claim(TURN, f"{other.process}:1")).kind == "busy"
        assert not await other.put(replace(TURN, state="{}"), f"{other.process}:1", SESSION)
        assert await one.put(replace(TURN, state="{}", answer="{}"), f"{one.process}:1", SESSION)
        ended = await other.claim(TURN, f"{other.process}:1")
        assert (ended.kind, ended.turn.state) == ("ended", "{}")
        assert not await one.put(replace(TURN, state="other"), f"{one.process}:1", SESSION)

    run(work, open_store(), open_store())


def test_a_turn_of_a_process_that_is_gone_is_taken_over_with_what_it_had_finished(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sqlite_store", "redis_store"):
        monkeypatch.setattr(f"byok_widgets.serve.stores.{module}.LEASE_S", 0.3)

    async def work(one: Store, other: Store) -> None:
        await one.claim(TURN, f"{one.process}:1")
        await one.note("key", "step:1", "data")
        await asyncio.sleep(0.6)  # it is not heard of
        until = time.monotonic() + 30
        while (claim := await other.claim(TURN, f"{other.process}:1")).kind == "busy" and time.monotonic() < until:
            await other.beat()
            await asyncio.sleep(0.05)
        assert (claim.kind, claim.taken_over, dict(claim.journal)) == ("owned", True, {"step:1": "data"})
        assert not await one.put(replace(TURN, state="{}"), f"{one.process}:1", SESSION)

    run(work, open_store(), open_store())


def test_after_a_break_nobody_takes_over_a_turn_of_a_process_that_lives(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sqlite_store", "redis_store"):
        monkeypatch.setattr(f"byok_widgets.serve.stores.{module}.LEASE_S", 2.0)

    async def work(one: Store, other: Store) -> None:
        assert (await one.claim(TURN, f"{one.process}:1")).kind == "owned"
        await asyncio.sleep(2.5)  # as if the store had been away: nobody was heard of
        for _ in range(8):
            assert (await other.claim(TURN, f"{other.process}:1")).kind == "busy"
            await other.beat()
            await one.beat()
            await asyncio.sleep(0.2)

    run(work, open_store(), open_store())


def test_a_turn_that_is_given_up_can_be_begun_again(open_store: Callable[[], Store]) -> None:
    async def work(one: Store, other: Store) -> None:
        await one.claim(TURN, f"{one.process}:1")
        await one.release("key", f"{one.process}:2")
        assert (await other.claim(TURN, f"{other.process}:1")).kind == "busy"
        await one.release("key", f"{one.process}:1")
        await one.beat()
        claim = await other.claim(TURN, f"{other.process}:1")
        assert (claim.kind, claim.taken_over) == ("owned", False)

    run(work, open_store(), open_store())


def test_a_turn_may_be_claimed_when_the_one_before_is_found_but_only_if_nobody_has_asked_for_it(
    open_store: Callable[[], Store],
) -> None:
    following = replace(TURN, key="following", parent="key", words="more words", tail="")

    async def work(one: Store, other: Store) -> None:
        await one.claim(TURN, f"{one.process}:1")
        await one.put(replace(TURN, state="{}", answer="{}"), f"{one.process}:1", SESSION)
        seen: list[str] = []

        def begin(rows: Sequence[StoredTurn]) -> tuple[StoredTurn, str]:
            seen.extend(row.key for row in rows)
            return following, f"{one.process}:2"

        rows, is_claimed = await one.found_and_begun("session", "words", "tail", begin)
        assert [row.key for row in rows] == ["key"]
        assert is_claimed is isinstance(one, SqliteStore)
        assert not is_claimed or seen == ["key"]
        assert (await other.claim(following, f"{other.process}:1")).kind == ("busy" if is_claimed else "owned")
        assert await one.found_and_begun("session", "words", "tail", begin) == (rows, False)
        assert await one.found_and_begun("session", "words", "tail", lambda _: None) == (rows, False)

    run(work, open_store(), open_store())


def test_turns_are_found_by_all_words_and_else_by_the_last(open_store: Callable[[], Store]) -> None:
    async def work(store: Store) -> None:
        for number, words in enumerate(["words", "other"]):
            await store.claim(
                replace(TURN, key=f"key {number}", words=words, made_at=number), f"{store.process}:1"
            )
        done = replace(TURN, key="key 0", state="{}", answer="{}", record="{}")
        assert await store.put(done, f"{store.process}:1", SESSION)
        (found,) = await store.found("session", "words", "tail")
        whole = await store.turn("key 0")
        assert whole is not None
        assert whole.record == "{}"
        assert found == replace(whole, record="")
        assert [turn.key for turn in await store.found("session", "none", "tail")] == ["key 1", "key 0"]
        assert await store.found("session", "none", "") == []
        assert await store.found("another", "words", "tail") == []

    run(work, open_store())


def test_a_conversation_is_found_by_its_key_or_its_id_however_many_there_are(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byok_widgets.serve.stores.redis_store._PAGE", 2)

    async def work(store: Store) -> None:
        owner = f"{store.process}:1"
        for number, name in enumerate(["old", *"abcd", "old"]):
            turn = replace(TURN, key=f"turn {number}", session=f"key {number}")
            await store.claim(turn, owner)
            session = replace(SESSION, key=f"key {number}", name=name, last_at=float(number))
            await store.put(replace(turn, state="{}"), owner, session)
        assert [each.key for each in await store.named("key 0")] == ["key 0"]
        assert {each.key for each in await store.named("old")} == {"key 0", "key 5"}
        assert (await store.named("b"))[0].last_at == 2.0
        assert await store.named("nobody") == []

    run(work, open_store())


def endless_view(path: Path) -> None:
    endless = "WITH RECURSIVE x(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM x) SELECT n, n, n, n FROM x"
    _execute(path, f"CREATE VIEW tokens AS {endless}")


def trigger(path: Path) -> None:
    _execute(path, "CREATE TABLE x (a); CREATE TRIGGER y AFTER INSERT ON x BEGIN DELETE FROM x; END")


def text(path: Path) -> None:
    path.write_text("not a database, and longer than the head of one " * 5)


def _execute(path: Path, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as base:
        base.executescript(sql)


@pytest.mark.parametrize("make", [endless_view, trigger, text, os.mkfifo, Path.mkdir])
def test_a_hostile_file_is_refused(make: Callable[[Path], Any], tmp_path: Path) -> None:
    make(tmp_path / "calls.sqlite")
    with pytest.raises(ConfigError) as caught:
        run(lambda store: store.tokens(), SqliteStore(tmp_path / "calls.sqlite"))
    assert caught.value.kind == "serve_store"


def test_conversations_are_listed_deleted_and_expire(open_store: Callable[[], Store]) -> None:
    async def work(store: Store) -> None:
        owner = f"{store.process}:1"
        for name in ("a", "b"):
            turn = replace(TURN, key=f"key {name}", session=name)
            await store.claim(turn, owner)
            await store.put(replace(turn, state="{}", answer="{}"), owner, replace(SESSION, key=name, last_at=5.0))
            await store.note_effect(name, "run", "effect")
        assert {session.key for session in await store.sessions(10)} == {"a", "b"}
        assert await store.effects("a") == ["effect"]
        assert await store.delete_session("a")
        assert not await store.delete_session("a")
        assert await store.turn("key a") is None
        assert await store.effects("a") == []
        assert await store.found("a", "words", "tail") == []
        assert await store.expire(0.0) == 1
        assert await store.sessions(10) == []
        assert await store.turn("key b") is None

    run(work, open_store())


def test_of_calls_without_an_id_each_turn_expires_by_itself_with_what_was_spent(
    open_store: Callable[[], Store],
) -> None:
    async def work(store: Store) -> None:
        owner = f"{store.process}:1"

        async def say(words: str) -> None:
            for name in ("", "call 1"):
                turn = replace(TURN, key=f"{words} {name}", session=f"s {name}", words=words, made_at=time.time())
                session = replace(SESSION, key=turn.session, name=name, last_at=time.time(), last_turn=turn.key)
                await store.claim(turn, owner)
                await store.put(replace(turn, state="{}", answer="{}"), owner, session)

        await say("old")
        old, other, named = (session_scope(*each) for each in [("s ", "old"), ("s ", "new"), ("s call 1",)])
        await store.spend(Bill((old, other, named, "day"), Spent(1)))
        said_at = time.time()
        await asyncio.sleep(1.0)
        await say("new")
        assert await store.expire(time.time() - said_at) == 0
        assert await store.turn("old ") is None
        assert await store.found("s ", "old", "") == []
        assert [turn.key for turn in await store.found("s ", "none", "tail")] == ["new "]
        assert [turn.key for turn in await store.latest("s call 1")] == ["new call 1", "old call 1"]
        assert len(await store.sessions(10)) == 2
        assert (await store.spent([old, other, named, "day"])).keys() == {other, named, "day"}
        for session in ("s ", "s call 1"):
            await store.delete_session(session)
        assert (await store.spent([old, other, named, "day"])).keys() == {"day"}

    run(work, open_store())


DAY_S = 86_400.0


def test_a_clock_that_is_set_ahead_for_a_while_deletes_no_conversation(
    open_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()

    async def store_a_call(store: Store) -> None:
        await store.claim(replace(TURN, made_at=now), f"{store.process}:1")
        ended = replace(TURN, made_at=now, state="{}", answer="{}")
        assert await store.put(ended, f"{store.process}:1", replace(SESSION, last_at=now))

    async def expire_ahead(store: Store) -> None:
        await store.beat()
        assert await store.expire(30 * DAY_S) == 0
        assert [session.key for session in await store.sessions(10)] == ["session"]
        assert await store.turn("key") is not None

    run(store_a_call, open_store())
    monkeypatch.setattr(time, "time", lambda: now + 31 * DAY_S)
    run(expire_ahead, open_store())


def test_what_became_old_while_the_server_was_off_expires_within_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, passed = time.time(), 0.0
    monkeypatch.setattr(time, "time", lambda: now + passed)
    monkeypatch.setattr(time, "monotonic", lambda: passed)

    async def work(store: Store) -> None:
        await store.claim(replace(TURN, made_at=now), f"{store.process}:1")
        ended = replace(TURN, made_at=now, state="{}", answer="{}")
        await store.put(ended, f"{store.process}:1", replace(SESSION, last_at=now))

    async def expire(store: Store) -> None:
        nonlocal now, passed
        now += 31 * DAY_S
        assert await store.expire(30 * DAY_S) == 0
        passed += 8 * 3600.0
        assert await store.expire(30 * DAY_S) == 1

    run(work, SqliteStore(tmp_path / "calls.sqlite"))
    run(expire, SqliteStore(tmp_path / "calls.sqlite"))


@pytest.mark.parametrize("is_alive", [False, True])
def test_after_the_clock_was_set_back_only_a_turn_of_a_process_that_is_gone_is_taken_over(
    is_alive: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    async def work(one: Store, other: Store) -> None:
        nonlocal now
        await one.claim(TURN, f"{one.process}:1")
        now -= 3600.0
        kinds = []
        for _ in range(8):
            kinds.append((await other.claim(TURN, f"{other.process}:1")).kind)
            await other.beat()
            if is_alive:
                await one.beat()
            now += stores.LEASE_S / 4
        assert kinds[0] == "busy"
        assert kinds[-1] == ("busy" if is_alive else "owned")

    run(work, *(SqliteStore(tmp_path / "calls.sqlite") for _ in range(2)))


def test_a_turn_is_stored_with_what_it_has_spent_or_neither_is(open_store: Callable[[], Store]) -> None:
    bill = Bill(("day", "token"), Spent(2, Decimal("0.5")))

    async def work(store: Store) -> None:
        await store.claim(TURN, f"{store.process}:1")
        assert not await store.put(replace(TURN, state="{}"), f"{store.process}:2", SESSION, bill)
        assert await store.spent(bill.scopes) == {}
        for _ in range(2):  # again, as where nothing is heard of the first time
            assert await store.put(replace(TURN, state="{}", answer="{}"), f"{store.process}:1", SESSION, bill)
        assert not await store.put(replace(TURN, state="{}", answer="[]"), f"{store.process}:1", SESSION, bill)
        assert await store.spent(bill.scopes) == dict.fromkeys(bill.scopes, bill.spent)

    run(work, open_store())


def test_money_tokens_and_versions_are_kept(open_store: Callable[[], Store]) -> None:
    async def work(store: Store) -> None:
        for _ in range(3):
            await store.spend(Bill(("day", "token"), Spent(2, Decimal("0.000000001"))))
        assert await store.spent(["day", "none"]) == {"day": Spent(6, Decimal("0.000000003"))}
        await store.put_token(StoredToken("digest", "phone", 1.0))
        await store.put_token(StoredToken("digest", "phone", 1.0, revoked=True))
        assert await store.tokens() == [StoredToken("digest", "phone", 1.0, revoked=True)]
        await store.keep_version("v", "first")
        await store.keep_version("v", "second")
        assert (await store.version("v"), await store.version("w")) == ("first", None)

    run(work, open_store())


@pytest.mark.parametrize(
    "options", [[], ["--appendonly", "yes", "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"]]
)
def test_a_redis_that_forgets_is_refused(tmp_path: Path, options: list[str]) -> None:
    server = RedisServer(tmp_path, *options)
    try:
        with pytest.raises(ConfigError) as caught:
            asyncio.run(RedisStore(server.url, "flow").open())
    finally:
        server.close()
    assert caught.value.kind == "serve_store"


def test_the_lease_outlasts_a_pause_of_the_loop() -> None:
    assert stores.LEASE_S >= 2
