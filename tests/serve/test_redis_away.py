"""A Redis server that stops for a while, or is killed and started again, while a flow is served."""

from __future__ import annotations

import concurrent.futures
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from byok_widgets import Flow
from tests.serve.conftest import Served
from tests.serve.redis_server import RedisServer
from tests.serve.talking import flow_said, user
from tests.serve.test_store_away import HELLO, LONG, LONG_SAY, SAID, is_ready
from tests.session.conftest import Script
from tests.widgets.wire import eventually


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    redis = RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "always")
    yield redis
    redis.close()


@pytest.fixture
def served(flow: Flow, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server that does not wait long for a store that does not answer."""
    monkeypatch.setattr("byok_widgets.serve.stores.redis_store._ANSWER_S", 0.5)
    served = Served(flow, redis.url)
    eventually(lambda: is_ready(served))
    yield served
    served.server.stop()


def stop(redis: RedisServer) -> None:
    redis.send(signal.SIGSTOP)


def go_on(redis: RedisServer) -> None:
    redis.send(signal.SIGCONT)


def kill(redis: RedisServer) -> None:
    redis.close()


def start_again(redis: RedisServer) -> None:
    redis.restart()


AWAY = pytest.mark.parametrize(("leave", "come_back"), [(stop, go_on), (kill, start_again)])
Do = Callable[[RedisServer], None]


def no_store(served: Served) -> bool:
    return served.caller.send("GET", "/ready").data == {"status": "no store"}


@AWAY
def test_a_reply_that_began_before_the_store_went_away_is_the_only_one_of_its_turn(
    served: Served, script: Script, redis: RedisServer, leave: Do, come_back: Do
) -> None:
    before = [*HELLO, flow_said("Hm."), user("Go on")]
    assert served.caller.ask(HELLO, user="u").text == "Hm."
    script.words = [LONG_SAY, "Something else."]
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(served.caller.ask, before, user="u", stream=True)
        eventually(lambda: len(script.spoken) == 2)
        eventually(lambda: served.server.sessions()[0].text == "Go on")
        leave(redis)
        assert asked.result().text == LONG
    eventually(lambda: no_store(served))
    assert served.caller.ask(before, user="u").text == LONG
    come_back(redis)
    eventually(lambda: is_ready(served))
    eventually(lambda: served.server.sessions()[0].reply == LONG)
    assert served.caller.ask(before, user="u").text == LONG
    assert len(script.spoken) == 2
    script.words = ["Next."]
    assert served.caller.ask([*before, flow_said(LONG), user("Yes")], user="u").text == "Next."


@AWAY
def test_while_the_store_is_away_the_fallback_is_said_and_no_model_is_asked(
    served: Served, script: Script, redis: RedisServer, leave: Do, come_back: Do
) -> None:
    assert served.caller.ask(HELLO, user="u").text == "Hm."
    leave(redis)
    eventually(lambda: no_store(served))
    goes_on = [*HELLO, flow_said("Hm."), user("Yes")]
    for messages in (HELLO, goes_on):
        assert served.caller.ask(messages, user="u").text == SAID
        assert served.caller.ask(messages, user="another").text == SAID
    assert len(script.spoken) == 1
    come_back(redis)
    eventually(lambda: is_ready(served))
    script.words = ["Yes?"]
    assert served.caller.ask(goes_on, user="u").text == "Yes?"
    assert served.caller.ask(HELLO, user="u").text == "Hm."
