"""What somebody sends who wants to stop the server, get more than its answer, or leave something behind."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
import shlex
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from byok_widgets import Flow
from byok_widgets.serve.http import app, connection
from byok_widgets.serve.snippets import snippet
from byok_widgets.serve.stores.sqlite_store import SqliteStore
from byok_widgets.serve.turns import turn_service
from tests.fake_keys import fake_key
from tests.scripted_server import Say
from tests.serve.conftest import Served
from tests.serve.talking import user
from tests.serve.test_stores import SESSION, TURN
from tests.session.conftest import Script
from tests.widgets.wire import eventually

_POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
_CHUNK = b"186a0\r\n" + b"a" * 100_000 + b"\r\n"


@contextlib.contextmanager
def connected(served: Served) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=20) as client:
        yield client


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    ("first", "piece"),
    [
        (b"GET /", b"a" * 100_000),
        (b"GET / HTTP/1.1\r\nX: ", b"a" * 100_000),
        (b"GET / HTTP/1.1\r\n", b"a: b\r\n" * 10_000),
        (_POST + b"Transfer-Encoding: chunked\r\n\r\n", _CHUNK),
        (_POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 100_000),
    ],
    ids=["address", "header", "headers", "body", "trailer"],
)
def test_a_request_without_end_is_ended(first: bytes, piece: bytes, served: Served) -> None:
    with connected(served) as client, pytest.raises(ConnectionError):
        client.sendall(first + 1_000 * piece)
    assert served.caller.send("GET", "/health").status == 200


@pytest.mark.parametrize(
    "sent", [b"", b"\r\n", b"GET / HTTP/1.1\r\nX", _POST + b"Content-Length: 9\r\n\r\n{"], ids=str
)
def test_a_request_that_does_not_come_to_its_end_is_not_waited_for(
    sent: bytes, flow: Flow, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "REQUEST_S", 0.2)
    served = Served(flow, None)
    try:
        with connected(served) as client:
            client.sendall(sent)
            while not is_closed(client):
                pass  # an error that is told before
    finally:
        served.server.stop()


def test_a_request_that_is_cut_off_asks_nothing(served: Served, script: Script) -> None:
    body = json.dumps({"messages": [user("Half")]}).encode()
    with connected(served) as client:
        head = f"Authorization: Bearer {served.token}\r\nContent-Length: {len(body) + 1}\r\n\r\n"
        client.sendall(_POST + head.encode() + body)
    served.caller.ask([user("Whole")])
    assert [request["messages"][-1]["content"] for request in script.spoken] == ["Whole"]


def test_a_client_that_reads_nothing_is_not_waited_for(
    served: Served, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TAKE_S", 0.2)
    script.words = [Say("word " * 60_000, piece_chars=50_000)]
    served.caller.ask([user("Much")])
    body = json.dumps({"messages": [user("Much")]}).encode()
    head = f"Authorization: Bearer {served.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    with connected(served) as client:
        client.sendall(40 * (_POST + head.encode() + body))
        eventually(lambda: not _takes(client, b"GET"))
    assert served.caller.send("GET", "/health").status == 200


def _takes(client: socket.socket, more: bytes) -> bool:
    try:
        client.sendall(more)
    except ConnectionError:
        return False
    return True


def test_a_reply_that_takes_longer_than_a_request_may_is_heard(
    flow: Flow, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "REQUEST_S", 0.1)
    script.words = [Say("Well.", pause_s=0.3)]
    served = Served(flow, None)
    try:
        assert served.caller.ask([user("Hi")]).text == "Well."
    finally:
        served.server.stop()


def test_half_of_another_request_does_not_cut_the_reply_before(
    flow: Flow, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "REQUEST_S", 0.1)
    script.words = [Say("A reply of some length.", pause_s=0.1, piece_chars=4)]
    body = json.dumps({"messages": [user("Hi")], "stream": True}).encode()
    served = Served(flow, None)
    head = f"Authorization: Bearer {served.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    got = b""
    try:
        with connected(served) as client:
            client.sendall((2 * (_POST + head.encode() + body))[:-1])
            while b"[DONE]" not in got and (piece := client.recv(4096)):
                got += piece
    finally:
        served.server.stop()
    assert b"[DONE]" in got


def test_a_failure_of_the_server_has_the_form_of_the_protocol_and_no_details(
    served: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = fake_key()

    def fails(*_: object) -> None:
        raise RuntimeError(f"a detail: {key}")

    monkeypatch.setattr(app, "read_request", fails)
    response = served.caller.ask([user("Hi")])
    assert (response.status, response.data["error"]["type"]) == (500, "server_error")
    assert b"detail" not in response.body
    assert "a detail" in caplog.text
    assert key not in caplog.text


@pytest.mark.parametrize("most_at_once", [10, 100_000], ids=["a body at which reading pauses", "a short body"])
def test_a_turn_is_given_up_when_its_client_has_hung_up_before_anything_was_said(
    most_at_once: int, flow: Flow, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn_service, "LEFT_S", 0.05)
    monkeypatch.setattr("uvicorn.protocols.http.httptools_impl.HIGH_WATER_LIMIT", most_at_once)
    script.server.script(lambda _: Say("{" + " " * 2_000, pause_s=0.05, piece_chars=1))
    body = json.dumps({"messages": [user("Hi")]}).encode()
    served = Served(flow, None, first_token_s=300)
    try:
        with connected(served) as client:
            head = f"Authorization: Bearer {served.token}\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall(_POST + head.encode() + body[:1])
            served.caller.send("GET", "/health")  # by then, the first part has been read
            client.sendall(body[1:])
            eventually(lambda: script.judged)
        assert script.server.gone.wait(30), "the model goes on"
    finally:
        served.server.stop()


def test_more_connections_than_there_may_be_are_closed(
    served: Served, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "MAX_CONNECTIONS", 3)
    with contextlib.ExitStack() as held:
        clients = [held.enter_context(connected(served)) for _ in range(5)]
        assert is_closed(clients[-1])
        for client in clients[:3]:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 200"
    assert connection.most_connections() == 3


def test_a_request_with_two_lengths_is_no_second_request(served: Served) -> None:
    lengths = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    got = answered(served, _POST + lengths + b"0\r\n\r\nGET /health HTTP/1.1\r\n\r\n")
    assert got.count(b"HTTP/1.1 ") == 1
    assert got.startswith(b"HTTP/1.1 400")
    assert json.loads(got.partition(b"\r\n\r\n")[2])["error"]["type"] == "invalid_request_error"


def test_a_header_that_decides_who_may_ask_comes_once(served: Served) -> None:
    token = f"Authorization: Bearer {served.token}\r\n".encode()
    asked = b"GET /v1/models HTTP/1.1\r\nConnection: close\r\n"
    assert answered(served, asked + b"Host: localhost\r\n" + token + b"\r\n").startswith(b"HTTP/1.1 200")
    for more in (b"Host: evil.example\r\n", b"Authorization: Bearer x\r\n"):
        got = answered(served, asked + more + b"Host: localhost\r\n" + token + b"\r\n")
        assert got.startswith(b"HTTP/1.1 400")


def test_what_follows_a_body_is_no_header(served: Served, script: Script) -> None:
    body = b'{"messages": [{"role": "user", "content": "Hi"}]}'
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    chunk = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n" % (len(body), body)
    trailer = b"X-Byok-Session: another\r\n\r\n"
    token = f"Authorization: Bearer {served.token}\r\nX-Byok-Session: mine\r\n".encode()
    assert answered(served, head + token + chunk + trailer).startswith(b"HTTP/1.1 200")
    assert [call.name for call in served.server.sessions()] == ["mine"]


def answered(served: Served, request: bytes) -> bytes:
    """Return all that comes back for some bytes, until the server hangs up."""
    with connected(served) as client:
        client.sendall(request)
        client.settimeout(60)
        got = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(4096):
                got += piece
    return got


@pytest.mark.parametrize("name", ["\udc00", "\0", "'; DROP TABLE turns; --", "*\r\nDEL *", "../x", "é" * 1_000])
def test_an_id_may_hold_anything(name: str, served: Served, script: Script) -> None:
    assert served.caller.ask([user("\ud800 Hi \0")], user=name).text == "Hm."
    assert not served.reports[-1].fallback
    (call,) = served.server.sessions()
    assert served.server.session(call).turns
    assert served.server.delete(call)


@pytest.mark.parametrize(
    "body", [b"[" * 300_000, b'{"messages": ' + b'{"a":' * 100_000, b'{"n": ' + b"9" * 500_000 + b"}"]
)
def test_json_out_of_all_measure_is_refused(body: bytes, served: Served) -> None:
    assert served.caller.send("POST", "/v1/chat/completions", body).status == 400


def test_what_looks_like_a_key_is_in_no_file_of_the_store(served: Served, script: Script) -> None:
    key = fake_key("openai")
    script.words = [f"You said {key}."]
    served.caller.ask([user(f"My key is {key}")], user=key)
    served.server.sessions()  # what was stored before is written by now
    assert key.encode() not in _all_files(served)


def test_what_was_deleted_is_in_no_file_of_the_store(served: Served, script: Script) -> None:
    script.words = ["A whispered answer."]
    served.caller.ask([user("A whispered question")], user="u")
    assert b"whispered" in _all_files(served)
    (call,) = served.server.sessions()
    assert served.server.delete(call)
    assert b"whispered" not in _all_files(served)


def _all_files(served: Served) -> bytes:
    folder = Path(str(served.path)).parent
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_what_a_killed_turn_has_read_expires_with_it(tmp_path: Path) -> None:
    async def work() -> None:
        store = SqliteStore(tmp_path / "calls.sqlite")
        await store.open()
        try:
            turn = replace(TURN, made_at=10.0)
            await store.claim(turn, f"{store.process}:1")
            await store.note(turn.key, "step", '{"text": "a whisper"}')
            await store.note_effect(turn.session, "run", '{"text": "a whisper"}')
            await store.expire(3600.0)
            claim = await store.claim(turn, "another:1")
            assert claim.journal == {}
            assert await store.effects(turn.session) == []
            await store.put(replace(turn, state="{}"), "another:1", replace(SESSION, last_at=time.time()))
            await store.note(turn.key, "step", "{}")
            await store.note_effect(turn.session, "run", "{}")
            await store.expire(3600.0)
            assert await store.effects(turn.session) == ["{}"], "of those that go on nothing is lost"
        finally:
            await store.close()
        assert b"whisper" not in (tmp_path / "calls.sqlite").read_bytes()

    asyncio.run(work())


HOSTILE_NAMES = [
    "a'; touch pwned; echo '",
    'a", __import__("os").system("id"), "',
    "$(id)`id`",
    "a\\",
    "é\n'\"\u2028",
]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_flow_name_is_data_in_every_snippet(name: str) -> None:
    given = {"base_url": "http://127.0.0.1:1/v1", "token": "byok-x", "model": name}
    *_, body = shlex.split(snippet("curl", **given))
    assert json.loads(body)["model"] == name
    assert json.loads(snippet("vapi", **given))["model"]["model"] == name
    called = [node for node in ast.walk(ast.parse(snippet("openai", **given))) if isinstance(node, ast.Call)]
    plain = ast.walk(ast.parse(snippet("openai", **{**given, "model": "x"})))
    assert len(called) == sum(isinstance(node, ast.Call) for node in plain)
    models = [word.value for call in called for word in call.keywords if word.arg == "model"]
    assert [ast.literal_eval(model) for model in models] == [name]
