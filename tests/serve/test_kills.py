"""Servers that are killed lose nothing: another process goes on where they were."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import random
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scripted_server import Say, ScriptedServer
from tests.serve import fruit
from tests.serve.load_balancer import LoadBalancer
from tests.serve.redis_server import RedisServer
from tests.serve.talking import Caller, Response, user
from tests.serve.test_command import Process

_LOST = (OSError, http.client.HTTPException)


@pytest.fixture
def file(server: ScriptedServer, tmp_path: Path) -> Path:
    path = tmp_path / "fruit.flow.json"
    fruit.fruit_flow("fruit that is killed", server.base_url).save(path)
    return path


def test_only_the_call_in_flight_is_paid_again(server: ScriptedServer, file: Path, tmp_path: Path) -> None:
    speaking = threading.Event()

    def slowly(request: dict[str, Any]) -> Say:
        if "response_format" in request:
            return fruit.answer(request)
        speaking.set()
        time.sleep(0.2)
        return fruit.answer(request)

    server.script(slowly)
    first = Process(file, str(tmp_path / "calls.sqlite"))
    token = first.token()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        lost = pool.submit(Caller(first.port, token).ask, [user("An apple")], user="call")
        assert speaking.wait(20)
        first.end(signal.SIGKILL)
        assert isinstance(lost.exception(), _LOST)
    second = Process(file, str(tmp_path / "calls.sqlite"))
    assert Caller(second.port, token).ask([user("An apple")], user="call").text.startswith("Here is apple")
    _, errors = second.end()
    turn = next(json.loads(line) for line in errors.splitlines() if line.startswith("{"))
    assert (turn["reused_steps"], turn["calls_paid_again"]) == (1, 1)
    judged = [request for request in server.requests if "response_format" in request]
    assert (len(judged), len(server.requests)) == (1, 3)


class RetryingCaller(Caller):
    """Asks one of several servers again and again, as clients do that lose their connection."""

    def __init__(self, ports: list[int], token: str) -> None:
        super().__init__(0, token, timeout_s=30)
        self._ports = ports

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        until = time.monotonic() + 60
        while True:
            try:
                response = Caller(random.choice(self._ports), self.token, self.timeout_s).send(
                    method, path, body, headers
                )
            except _LOST:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
                continue
            if response.status == 200 and (not response.is_stream or response.body.endswith(b"[DONE]\n\n")):
                return response
            time.sleep(0.1)

    def leave(self, messages: Any, after: bytes = b"", **more: Any) -> None:
        try:
            Caller(random.choice(self._ports), self.token, 5).leave(messages, after, **more)
        except _LOST:
            return


class KilledServers:
    """Servers on one store, of which one at a time is killed and started again on its port."""

    def __init__(self, file: Path, store: str, count: int = 2) -> None:
        self._file, self._store = file, store
        first = Process(file, store)
        self.token = first.token()
        self._running = [first, *(Process(file, store) for _ in range(count - 1))]
        self.ports = [process.port for process in self._running]
        self.kills = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._kill)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        for process in self._running:
            process.end()

    def _kill(self) -> None:
        while not self._over.wait(2.5):
            at = self.kills % len(self._running)
            self._running[at].end(signal.SIGKILL)
            self.kills += 1
            self._running[at] = Process(self._file, self._store, port=self.ports[at])


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(tmp_path / "calls.sqlite")
        return
    redis = RedisServer(tmp_path, "--appendonly", "yes")
    yield redis.url
    redis.close()


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_mangled_dialogues_land_at_the_right_node_under_kills(
    server: ScriptedServer, file: Path, store: str
) -> None:
    server.script(fruit.answer)
    servers = KilledServers(file, store)
    try:
        caller = RetryingCaller(servers.ports, servers.token)
        dialogues = [fruit.MangledDialogue(caller, seed) for seed in range(200)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(fruit.MangledDialogue.run, dialogues))
    finally:
        servers.close()
    assert servers.kills > 0
    assert sum(dialogue.turns for dialogue in dialogues) == 200 * 5
    assert [wrong for dialogue in dialogues for wrong in dialogue.wrong] == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_three_servers_behind_a_load_balancer_are_one_under_kills(
    server: ScriptedServer, file: Path, tmp_path: Path
) -> None:
    server.script(fruit.answer)
    redis = RedisServer(tmp_path, "--appendonly", "yes")
    servers = KilledServers(file, redis.url, count=3)
    balancer = LoadBalancer(tmp_path, servers.ports)
    try:
        caller = RetryingCaller([balancer.port], servers.token)
        dialogues = [fruit.MangledDialogue(caller, seed) for seed in range(200)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(fruit.MangledDialogue.run, dialogues))
    finally:
        balancer.close()
        servers.close()
        redis.close()
    assert servers.kills > 2
    assert sum(dialogue.turns for dialogue in dialogues) == 200 * 5
    assert [wrong for dialogue in dialogues for wrong in dialogue.wrong] == []
