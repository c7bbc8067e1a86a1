"""Connections: kept and used again, found dead, given up, and never left behind."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import subprocess
import sys
import textwrap

import httpx2
import pytest

from byok_widgets.providers.transport import http_client, pool, resends
from byok_widgets.providers.transport.connection import HIGH_WATER_BYTES, Connection, Origin
from tests.providers.transport.byte_server import OK, ByteServer, Play, run, serving, until, whole

SILENCE = Play((), "silence")


async def get(server: ByteServer) -> bytes:
    return (await http_client().get(server.url)).content


def test_a_connection_is_used_again_but_by_the_library(transport: str) -> None:
    async def test() -> None:
        async with serving(whole()) as server:
            for _ in range(5):
                assert await get(server) == b"hello"
            assert server.connections == {"own": 1, "httpx": 5}[transport]

    run(test)


def test_there_are_no_more_connections_than_calls_at_once() -> None:
    async def test() -> None:
        async with serving(whole()) as server:
            gate = asyncio.Semaphore(8)

            async def one() -> None:
                async with gate:
                    assert await get(server) == b"hello"

            await asyncio.gather(*(one() for _ in range(300)))
            assert server.connections <= 8
            assert server.most_open <= 8

    run(test)


def test_the_connection_that_was_used_last_is_used_first() -> None:
    async def test() -> None:
        async with serving(whole()) as server:
            await asyncio.gather(*(get(server) for _ in range(4)))
            clients = {await _port_of_next(server) for _ in range(4)}
            assert len(clients) == 1

    async def _port_of_next(server: ByteServer) -> object:
        before = len(server.requests)
        await get(server)
        return server.ports[before]

    run(test)


def test_a_connection_nobody_uses_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "KEEP_S", 0.05)

    async def test() -> None:
        async with serving(whole()) as server:
            await get(server)
            await until(lambda: server.open == 0)

    run(test)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_kept_connection_that_the_server_closed_is_not_used(then: str) -> None:
    async def test() -> None:
        answer = Play((*whole().pieces,), then)
        async with serving(answer) as server:
            assert await get(server) == b"hello"
            await until(lambda: server.open == 0)
            await asyncio.sleep(0.01)
            before = resends()
            assert await get(server) == b"hello"
            assert (server.connections, len(server.requests), resends()) == (2, 2, before)

    run(test)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_request_is_sent_again_if_its_kept_connection_was_dead(then: str) -> None:
    async def test() -> None:
        async with serving(whole(), Play((), then), whole(b"again")) as server:
            assert await get(server) == b"hello"
            response = await http_client().post(server.url, content=b"question")
            assert response.content == b"again"
            assert [request.endswith(b"question") for request in server.requests] == [False, True, True]
            assert (server.connections, resends()) == (2, 1)

    run(test)


@pytest.mark.parametrize(
    "script",
    [
        [whole(), Play((OK[:5],), "close")],
        [whole(), Play((OK + b"content-length: 5\r\n\r\nhel",), "reset")],
        [Play((), "close")],
        [whole(), Play((), "close"), Play((), "close")],
        [whole(), Play((b"nonsense",), "next")],
    ],
    ids=["after a byte", "in the body", "new connection", "twice", "nonsense"],
)
def test_a_request_is_not_sent_again_for_any_other_reason(script: list[Play]) -> None:
    async def test() -> None:
        async with serving(*script, whole()) as server:
            if script[0] == whole():
                await get(server)
            with pytest.raises(httpx2.TransportError):
                await get(server)
            assert len(server.requests) == len(script)

    run(test)


def test_a_farewell_on_a_free_connection_is_no_answer() -> None:
    async def test() -> None:
        late = Play((*whole().pieces, b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"), "close")
        async with serving(late, whole(b"right")) as server:
            assert await get(server) == b"hello"
            await asyncio.sleep(0.02)
            assert await get(server) == b"right"

    run(test)


# Giving up


@pytest.mark.parametrize(
    "play",
    [
        SILENCE,
        Play((OK + b"content-length: 99\r\n\r\nhel",), "silence"),
        Play((OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",), "silence"),
    ],
    ids=["before the head", "in a body", "between chunks"],
)
def test_a_server_sees_at_once_that_a_call_is_cancelled(transport: str, play: Play) -> None:
    async def test() -> None:
        async with serving(play) as server:
            call = asyncio.create_task(get(server))
            await until(lambda: server.requests)
            await asyncio.sleep(0.01)
            call.cancel()
            async with asyncio.timeout(2):
                await server.gone.wait()
            assert call.cancelled()

    run(test)


def test_a_cancelled_call_closes_its_connection_in_the_next_round_of_the_loop() -> None:
    """What needs no clock: 50 ms are ample for it."""

    async def test() -> None:
        async with serving(SILENCE) as server:
            call = asyncio.create_task(get(server))
            await until(lambda: server.requests)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert server.open == 1  # the server has not run yet
            await asyncio.sleep(0)
            async with asyncio.timeout(0.5):
                await server.gone.wait()

    run(test)


def test_a_call_that_is_cancelled_while_it_connects_leaves_nothing() -> None:
    async def test() -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        listener.setblocking(False)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"  # the TLS handshake is never answered
        call = asyncio.create_task(http_client().get(url))
        accepted, _ = await asyncio.get_running_loop().sock_accept(listener)
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        accepted.setblocking(False)
        async with asyncio.timeout(2):
            while await asyncio.get_running_loop().sock_recv(accepted, 65536):
                pass
        accepted.close()
        listener.close()

    run(test)


def test_an_answer_that_nobody_reads_to_its_end_closes_its_connection(transport: str) -> None:
    async def test() -> None:
        endless = Play((OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",), "silence")
        async with serving(endless) as server:
            async with http_client().stream("GET", server.url) as response:
                assert await anext(aiter(response.aiter_raw())) == b"hello"
            async with asyncio.timeout(2):
                await server.gone.wait()

    run(test)


def test_a_closed_response_cannot_be_read_on() -> None:
    async def test() -> None:
        endless = Play((OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",), "silence")
        async with serving(endless) as server:
            async with http_client().stream("GET", server.url) as response:
                assert await anext(aiter(response.aiter_raw())) == b"hello"
            with pytest.raises(httpx2.ReadError):
                await anext(aiter(response.stream))

    run(test)


def test_silence_is_waited_for_unless_a_limit_is_given(transport: str) -> None:
    async def test() -> None:
        async with serving(SILENCE) as server:
            assert http_client().timeout.read is None
            assert http_client().timeout.connect == 10
            with pytest.raises(httpx2.ReadTimeout):
                await http_client().get(server.url, timeout=httpx2.Timeout(0.05))
            async with asyncio.timeout(2):
                await server.gone.wait()

    run(test)


# Back-pressure


def test_a_server_is_held_back_while_nobody_reads() -> None:
    size = 64 * 2**20

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"content-length: %d\r\n\r\n" % size)
        for _ in range(size // 2**16):
            writer.write(b"x" * 2**16)
            await writer.drain()
            sent.append(2**16)
        writer.close()

    sent: list[int] = []

    async def test() -> None:
        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with http_client().stream("POST", url) as response:
            await _until_still(sent)
            in_kernel_and_here = sum(sent)
            assert in_kernel_and_here < size / 2
            largest = 0
            received = 0
            async for piece in response.aiter_raw():
                largest = max(largest, len(piece))
                received += len(piece)
            assert received == size
            assert largest <= 2 * HIGH_WATER_BYTES
        server.close()

    run(test)


async def _until_still(sent: list[int]) -> None:
    before = -1
    while before != len(sent):
        before = len(sent)
        await asyncio.sleep(0.2)


# Nothing is left behind


def test_the_end_of_a_loop_closes_its_connections(transport: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    async def call() -> socket.socket:
        answered = asyncio.create_task(http_client().get(url))
        accepted, _ = await asyncio.to_thread(listener.accept)
        await asyncio.to_thread(accepted.recv, 65536)
        accepted.sendall(whole().pieces[0])
        assert (await answered).content == b"hello"
        return accepted

    accepted = asyncio.run(call())
    accepted.settimeout(5)
    assert accepted.recv(1) == b""
    accepted.close()
    listener.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_neither_uses_nor_holds_the_connections_of_its_parent() -> None:
    """When the parent closes a connection, the server sees it although the child still lives."""
    program = """
        import asyncio, os, socket, sys
        from byok_widgets.engine import ENGINE
        from byok_widgets.providers.transport import http_client

        url, wait, done = sys.argv[1], *os.pipe()

        async def get():
            return (await http_client().get(url)).text

        async def close():
            await http_client().aclose()

        print(ENGINE.run(get()), flush=True)
        child = os.fork()
        if child == 0:
            print(ENGINE.run(get()), flush=True)
            os.read(wait, 1)
            os._exit(0)
        sys.stdin.readline()
        ENGINE.run(close())
        sys.stdin.readline()
        os.write(done, b"x")
        os.waitpid(child, 0)
        print("bye", flush=True)
    """

    async def test() -> None:
        async with serving(whole()) as server:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "ignore", "-c", textwrap.dedent(program), server.url),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            assert process.stdin is not None
            assert process.stdout is not None
            lines = [await process.stdout.readline() for _ in range(2)]
            assert lines == [b"hello\n"] * 2
            assert (server.connections, server.open) == (2, 2)
            process.stdin.write(b"close\n")
            await until(lambda: server.open == 1)  # only the child's own is left
            process.stdin.write(b"end\n")
            assert await process.stdout.readline() == b"bye\n"
            await process.wait()
            await until(lambda: server.open == 0)

    run(test)


def test_the_end_of_the_process_leaves_no_connection_behind() -> None:
    program = """
        import sys
        from byok_widgets.engine import ENGINE
        from byok_widgets.providers.transport import http_client

        async def get():
            return (await http_client().get(sys.argv[1])).text

        print(ENGINE.run(get()))
    """

    async def test() -> None:
        async with serving(whole()) as server:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "always::ResourceWarning", "-c", textwrap.dedent(program), server.url),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
            out, error = await process.communicate()
            assert (out, error, process.returncode) == (b"hello\n", b"", 0)
            await until(lambda: server.open == 0)

    run(test)


def test_a_loop_that_ends_complains_about_nothing(transport: str, recwarn: pytest.WarningsRecorder) -> None:
    async def test() -> None:
        async with serving(whole()) as server:
            assert await get(server) == b"hello"

    gc.collect()  # what other tests left
    recwarn.clear()
    for _ in range(3):
        run(test)
    gc.collect()
    assert [str(warning.message) for warning in recwarn if warning.category is ResourceWarning] == []


# Addresses


def test_names_with_several_addresses_reach_the_one_that_answers() -> None:
    """The server listens on one address of `localhost` only, whichever of them comes first."""

    async def test() -> None:
        async with serving(whole()) as server:
            response = await http_client().get(f"http://localhost:{server.port}/")
            assert response.content == b"hello"

    run(test)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_ipv6(transport: str) -> None:
    async def test() -> None:
        try:
            async with serving(whole(), host="::1") as server:
                assert await get(server) == b"hello"
                assert f"host: [::1]:{server.port}".encode() in server.requests[0].lower()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")

    run(test)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_an_address_where_nobody_listens_is_refused(transport: str, host: str) -> None:
    async def test() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        with pytest.raises(httpx2.ConnectError) as caught:
            await http_client().get(f"http://{host}:{port}/")
        assert "ConnectionRefusedError" in repr(caught.value.__cause__) or transport == "httpx"

    run(test)


def test_a_connection_that_takes_too_long_is_given_up(transport: str) -> None:
    async def test() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"  # the TLS handshake is never answered
        with pytest.raises(httpx2.ConnectTimeout):
            await http_client().get(url, timeout=httpx2.Timeout(None, connect=0.1))
        listener.close()

    run(test)


def test_the_system_notices_when_a_server_is_gone_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Connection] = []
    new = pool.Pool.new

    def noted(self: pool.Pool, origin: Origin) -> Connection:
        made.append(new(self, origin))
        return made[-1]

    monkeypatch.setattr(pool.Pool, "new", noted)

    async def test() -> None:
        async with serving(whole()) as server:
            await get(server)
            (connection,) = made
            assert connection.socket is not None
            assert connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connection.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(test)


# What is sent


def test_a_header_that_would_end_its_line_is_not_sent_and_not_quoted() -> None:
    async def test() -> None:
        async with serving(whole()) as server:
            for value in ("secret\r\nx: y", "secret\nx: y", "secret\rx", "secret\0x"):
                with pytest.raises(httpx2.LocalProtocolError) as caught:
                    await http_client().get(server.url, headers={"authorization": value})
                assert "secret" not in str(caught.value)
            assert server.requests == []

    run(test)


def test_a_body_of_several_megabytes_is_sent(transport: str) -> None:
    async def test() -> None:
        body = os.urandom(5 * 2**20)
        async with serving(whole()) as server:
            assert (await http_client().post(server.url, content=body)).content == b"hello"
            assert server.requests[0].endswith(body)

    run(test)


def test_nothing_compressed_is_asked_for_and_no_cookie_kept(transport: str) -> None:
    async def test() -> None:
        async with serving(whole(b"hello", b"set-cookie: who=me; path=/")) as server:
            await get(server)
            await get(server)
            for request in server.requests:
                assert b"accept-encoding: identity\r\n" in request.lower()
                assert b"cookie" not in request.lower()

    run(test)
