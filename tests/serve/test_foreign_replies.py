"""A Redis server that replies what belongs to somebody else, or what is no reply: nobody hears another's words."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.errors import ConfigError, FlowError
from byok_widgets.serve.stores.redis_store import RedisStore
from byok_widgets.serve.turns.fallback import AGAIN, SORRY
from tests.scripted_server import Say
from tests.serve.conftest import Served
from tests.serve.redis_proxy import Command, RedisProxy, array, bulk, mapping
from tests.serve.redis_server import RedisServer
from tests.serve.talking import flow_said, user
from tests.session.conftest import Script

_CLAIM_WORDS = 9
HER_WORDS = [user("I am Ana")]
SAID = f"{SORRY} {AGAIN}"
LONG = Say("One word after another. " * 12, pause_s=0.01)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, "--appendonly", "yes")
    yield server
    server.close()


@pytest.fixture
def proxy(redis: RedisServer) -> Iterator[RedisProxy]:
    proxy = RedisProxy(redis.port)
    yield proxy
    proxy.close()


@pytest.fixture
def served(flow: Flow, script: Script, proxy: RedisProxy) -> Iterator[Served]:
    script.words = [Say("Welcome, Ana.")]
    served = Served(flow, proxy.url, max_calls={"day": 10})
    served.caller.ask(HER_WORDS, user="ana")
    script.words = [Say("Hm.")]
    yield served
    proxy.instead = lambda _: None
    served.server.stop()


@pytest.fixture
def her_turn(served: Served, redis: RedisServer, proxy: RedisProxy) -> dict[bytes, bytes]:
    import redis as client

    base = client.Redis(port=redis.port)
    (key,) = base.keys(f"{RedisStore(proxy.url, served.server.flow.name)._prefix}t:*")
    found: dict[bytes, bytes] = base.hgetall(key)
    return found


def is_claim(command: Command) -> bool:
    return command[0] == b"EVALSHA" and len(command) == _CLAIM_WORDS


@pytest.mark.parametrize("kind", [b"ended", b"owned"])
def test_a_claim_that_is_answered_with_the_turn_of_another_caller_gives_away_nothing(
    served: Served, proxy: RedisProxy, her_turn: dict[bytes, bytes], kind: bytes
) -> None:
    flat = array(*(bulk(each) for field in her_turn.items() for each in field))
    forged = array(bulk(kind), b":0\r\n", flat, array())
    proxy.instead = lambda command: forged if is_claim(command) else None
    assert served.caller.ask([user("Hi")], user="bob").text in (SAID, "Hm.")


def test_a_store_that_gives_turns_away_and_takes_nothing_back_does_not_spend_for_ever(
    served: Served, script: Script, proxy: RedisProxy
) -> None:
    script.words = [LONG]
    proxy.instead = lambda command: (
        array(bulk(b"owned"), b":0\r\n", array(), array()) if is_claim(command) else None
    )
    spoken = len(script.spoken)
    assert served.caller.ask([user("Hi")], user="bob").text == SAID
    assert len(script.spoken) - spoken <= 3


def test_a_turn_that_is_found_in_another_conversation_is_not_gone_on_from(
    served: Served, script: Script, proxy: RedisProxy, her_turn: dict[bytes, bytes]
) -> None:
    key = her_turn[b"key"]
    proxy.instead = lambda command: (
        array(bulk(key)) if command[0] == b"ZREVRANGE" and b":w:" in command[1] else None
    )
    served.caller.ask([*HER_WORDS, flow_said("Welcome, Ana."), user("Yes")], user="bob")
    proxy.instead = lambda _: None
    assert [turn.text for turn in served.server.session("ana").turns] == ["I am Ana"]
    assert [turn.text for turn in served.server.session("bob").turns] == ["I am Ana", "Yes"]


def test_a_conversation_is_shown_with_its_own_turns_and_under_its_own_name(
    served: Served, proxy: RedisProxy, her_turn: dict[bytes, bytes]
) -> None:
    served.caller.ask([user("Hi")], user="bob")
    row = mapping(her_turn)
    proxy.instead = lambda command: row if command[0] == b"HGETALL" and b":t:" in command[1] else None
    assert {call.name: call.text for call in served.server.sessions()} == {"ana": "I am Ana", "bob": ""}
    session = {"key": her_turn[b"session"].decode(), "name": "ana", "caller": ""}
    forged = bulk(json.dumps(session).encode())
    proxy.instead = lambda command: array(*[forged] * (len(command) - 1)) if command[0] == b"MGET" else None
    assert not served.server.delete("bob")
    proxy.instead = lambda _: None
    assert {call.name for call in served.server.sessions()} == {"ana", "bob"}


@pytest.mark.parametrize("stored", [(b"-1000000", b"0"), (b"1", b"-5"), (b"1", b"NaN"), (b"x", b"1"), (b"1", b"")])
def test_sums_that_cannot_be_sums_lift_no_cap(
    served: Served, script: Script, proxy: RedisProxy, stored: tuple[bytes, bytes]
) -> None:
    sums = mapping({b"calls": stored[0], b"usd": stored[1]})
    proxy.instead = lambda command: sums if command[0] == b"HGETALL" and b":c:" in command[1] else None
    spoken = len(script.spoken)
    assert served.caller.ask([user("Hi")], user="bob").text == SAID
    assert len(script.spoken) == spoken


HUGE = {
    "text": b"$300000000\r\n" + b"x" * 1_000,
    "list": b"*30000000\r\n" + b"*0\r\n" * 1_000,
    "line": b"+" + b"x" * 1_000_000,
    "many lines": b"*190000\r\n" + (b"+" + b"x" * 60_000 + b"\r\n") * 500,
    "error": b"-ERR " + b"x" * 1_000_000,
    "nested": b"*1\r\n" * 100_000,
}


@pytest.mark.parametrize("reply", HUGE.values(), ids=HUGE)
def test_a_huge_reply_is_refused_before_it_is_read(
    flow: Flow, served: Served, script: Script, proxy: RedisProxy, reply: bytes
) -> None:
    proxy.instead = lambda command: reply if is_claim(command) else None
    spoken = len(script.spoken)
    assert served.caller.ask([user("Hi")], user="bob").text == SAID
    assert len(script.spoken) == spoken
    proxy.instead = lambda command: reply if command[0] == b"INFO" else None
    with pytest.raises(ConfigError, match="replies with") as caught:
        flow.serve(store=f"{proxy.url}?protocol=3")
    assert caught.value.kind == "serve_store"


@pytest.mark.parametrize("listed", [b"another", b"bob"])
def test_a_list_without_end_is_not_followed(
    served: Served, proxy: RedisProxy, her_turn: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch, listed: bytes
) -> None:
    monkeypatch.setattr("byok_widgets.serve.stores.redis_store._MOST_LISTED", 3_000)
    monkeypatch.setattr("byok_widgets.serve.calls.MAX_BYTES", 300_000)
    asked = itertools.count()
    row = {"key": "", "name": listed.decode(), "caller": "", "last_turn": "1"}

    def reply(command: Command) -> bytes | None:
        if command[0] == b"ZREVRANGE":
            first = next(asked) * 2_000
            return array(*(bulk(b"%d" % (first + at)) for at in range(2_000)))
        if command[0] == b"MGET":
            keys = [each.rpartition(b":")[2].decode() for each in command[1:]]
            rows = (json.dumps({**row, "key": key}) if key.isdigit() else "" for key in keys)
            return array(*(bulk(each.encode()) for each in rows))
        if command[0] == b"HGETALL":  # each turn has one before it
            next(asked)
            key = command[1].rpartition(b":")[2]
            return mapping({**her_turn, b"key": key, b"parent": b"%d" % (int(key) + 1)})
        return None

    proxy.instead = reply
    with pytest.raises(FlowError) as caught:
        served.server.session("bob")
    assert caught.value.kind == "serve_session"
    assert next(asked) < 400


@pytest.mark.parametrize("reply", [b":5\r\n", b"*0\r\n", b",nan\r\n", b"*1\r\n" * 5000])
def test_a_server_that_does_not_speak_the_protocol_is_an_error_in_words(
    flow: Flow, script: Script, proxy: RedisProxy, reply: bytes
) -> None:
    proxy.instead = lambda command: reply if command[0] == b"INFO" else None
    with pytest.raises(ConfigError, match="Redis") as caught:
        flow.serve(store=proxy.url)
    assert caught.value.kind == "serve_store"
