"""Bounds: no answer, error or list takes more than it may, whoever reads it, packed or not."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from functools import cache

import httpx2
import pytest

from byok_widgets import ProviderError
from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.providers.stream import TooLargeError, bounds
from byok_widgets.providers.transport import http_client
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.providers.asking import QUESTION, letter, talk
from tests.providers.fault_server import FaultServer, Reply, says
from tests.providers.transport.byte_server import OK, Play, run, serving, whole

MIB = 2**20
TEXT = b"".join(b"line %d of a text\n" % number for number in range(20_000))


async def read(method: str, body: bytes, *headers: bytes, status: int = 200) -> bytes:
    """Return a body as it is read from a server."""
    play = whole(body, *headers)
    play = Play((play.pieces[0].replace(b"200 OK", b"%d X" % status),), "next")
    async with serving(play) as server:
        response = await http_client().request(method, server.url)
        assert "content-encoding" not in response.headers
        return response.content


@pytest.mark.parametrize(
    ("name", "method", "status"),
    [
        ("MAX_ANSWER_BYTES", "POST", 200),
        ("MAX_LIST_BYTES", "GET", 200),
    ],
)
def test_a_body_keeps_its_bound(
    transport: str, monkeypatch: pytest.MonkeyPatch, name: str, method: str, status: int
) -> None:
    monkeypatch.setattr(bounds, name, 1000)

    async def test() -> None:
        assert await read(method, b"x" * 1000, status=status) == b"x" * 1000
        with pytest.raises(TooLargeError) as caught:
            await read(method, b"x" * 1001, status=status)
        assert caught.value.bound == name
        assert "1,000 bytes" in caught.value.excess
        packed = gzip.compress(b"x" * 1001)
        with pytest.raises(TooLargeError) as caught:
            await read(method, packed, b"content-encoding: gzip", status=status)
        assert caught.value.bound == name
        assert "1,000 bytes" in caught.value.excess

    run(test)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_what_fits_is_read_before_the_error(
    transport: str, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(bounds, "MAX_ANSWER_BYTES", 1000)
    encoding = () if pack is bytes else (b"content-encoding: gzip",)

    async def test() -> None:
        async with (
            serving(whole(pack(TEXT), *encoding)) as server,
            http_client().stream("POST", server.url) as response,
        ):
            received: list[bytes] = []

            async def read_all() -> None:
                async for piece in response.aiter_raw():
                    received.append(piece)

            with pytest.raises(TooLargeError):
                await read_all()
            assert b"".join(received) == TEXT[:1000]

    run(test)


def test_bounds_leave_room_for_real_answers() -> None:
    assert bounds.MAX_ANSWER_BYTES == 64 * MIB
    assert bounds.MAX_LIST_BYTES == 32 * MIB
    assert bounds.MAX_ERROR_BYTES == MIB


@pytest.mark.parametrize(("method", "status"), [("POST", 400), ("GET", 503)])
def test_no_more_than_the_bound_is_read_of_an_error(
    transport: str, monkeypatch: pytest.MonkeyPatch, method: str, status: int
) -> None:
    monkeypatch.setattr(bounds, "MAX_ERROR_BYTES", 1000)

    async def test() -> None:
        for size in (1000, 1001, 300_000):
            assert await read(method, b"x" * size, status=status) == b"x" * 1000
            packed = gzip.compress(b"x" * size)
            assert await read(method, packed, b"content-encoding: gzip", status=status) == b"x" * 1000
        bomb = gzip.compress(bytes(4 * MIB))
        monkeypatch.setattr(bounds, "MAX_ERROR_BYTES", 8 * MIB)
        assert len(await read(method, bomb, b"content-encoding: gzip", status=status)) < 2 * MIB

    run(test)


def test_an_endless_error_ends_at_its_bound_and_its_connection_is_closed(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_ERROR_BYTES", 100_000)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            gone.set()

    gone = asyncio.Event()

    async def test() -> None:
        server = await asyncio.start_server(endless, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        response = await http_client().send(http_client().build_request("GET", url), stream=True)
        assert len(await response.aread()) == 100_000  # as the SDKs do, which do not close it afterwards
        async with asyncio.timeout(2):
            await gone.wait()
        server.close()

    run(test)


# Compressed although nothing compressed was asked for


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "GZip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    " deflate ": raw_deflate(TEXT),
    "gzip, identity": gzip.compress(TEXT),
}


@pytest.mark.parametrize("encoding", PACKED)
def test_what_is_compressed_all_the_same_is_read(transport: str, encoding: str) -> None:
    async def test() -> None:
        assert await read("POST", PACKED[encoding], b"content-encoding:" + encoding.encode()) == TEXT

    run(test)


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (gzip.compress(b"one, ") + gzip.compress(b"two"), b"one, two"),
        (gzip.compress(b"one") + b"\0" * 500, b"one"),
        (gzip.compress(b""), b""),
        (b"", b""),
    ],
    ids=["two members", "filled up with zeros", "nothing", "not one byte"],
)
def test_gzip_in_each_of_its_forms(transport: str, packed: bytes, text: bytes) -> None:
    async def test() -> None:
        assert await read("POST", packed, b"content-encoding: gzip") == text

    run(test)


def test_identity_is_no_encoding(transport: str) -> None:
    async def test() -> None:
        assert await read("POST", b"hello", b"content-encoding: identity") == b"hello"

    run(test)


def test_a_compressed_event_comes_before_the_next_one_is_sent(transport: str) -> None:
    async def test() -> None:
        packer = zlib.compressobj(wbits=31)
        first = packer.compress(b"data: 1\n\n") + packer.flush(zlib.Z_SYNC_FLUSH)
        head = OK + b"content-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n"
        event = head + b"%x\r\n%b\r\n" % (len(first), first)
        async with (
            serving(Play((event,), "silence")) as server,
            http_client().stream("POST", server.url) as response,
        ):
            pieces = aiter(response.aiter_raw())
            assert (await anext(pieces)).startswith(b"data: 1\n\n")

    run(test)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, br", "utf-8", "none"])
@pytest.mark.parametrize(
    "body", [b"data: 1\n\n", b": ping\n\n", b'{"a": 1}', b"[]", b"\xef\xbb\xbf\n<html>", b"\n\n{}"]
)
@pytest.mark.parametrize("status", [200, 400])
def test_what_is_not_encoded_although_its_head_says_so_is_read(
    transport: str, encoding: str, body: bytes, status: int
) -> None:
    async def test() -> None:
        head = b"HTTP/1.1 %d X\r\ncontent-encoding: %b\r\ntransfer-encoding: chunked\r\n\r\n" % (
            status,
            encoding.encode(),
        )
        for pieces in ([body], [body[at : at + 1] for at in range(len(body))]):
            chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
            async with (
                serving(Play((head + chunks + b"0\r\n\r\n",))) as server,
                http_client().stream("POST", server.url) as response,
            ):
                read = b"".join([piece async for piece in response.aiter_raw()])
            assert read.strip(b"\xef\xbb\xbf\n") == body.strip(b"\xef\xbb\xbf\n")

    run(test)


@pytest.mark.parametrize("status", [200, 500])
def test_what_decodes_to_nothing_for_ever_is_read_up_to_its_bound(
    transport: str, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(bounds, "MAX_ANSWER_BYTES", 1000)
    monkeypatch.setattr(bounds, "MAX_ERROR_BYTES", 1000)

    async def test() -> None:
        packer = zlib.compressobj(wbits=31)
        begin, empty = packer.flush(zlib.Z_SYNC_FLUSH), b"\0\0\0\xff\xff"
        head = b"HTTP/1.1 %d X\r\ncontent-encoding: gzip\r\n\r\n" % status
        async with (
            serving(Play((head, begin, empty * 300), "silence")) as server,
            http_client().stream("POST", server.url) as response,
        ):
            if status < 400:
                with pytest.raises(TooLargeError):
                    await response.aread()
            else:
                assert await response.aread() == b""

    run(test)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "nonsense"])
def test_an_encoding_that_is_not_known_is_an_error(transport: str, encoding: str) -> None:
    async def test() -> None:
        with pytest.raises(httpx2.DecodingError):
            await read("POST", b"hello", b"content-encoding: " + encoding.encode())

    run(test)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("body", [b"plain text", b"\x1f\x8b\x08nonsense", gzip.compress(TEXT)[:-8] + b"not-CRC!"])
def test_what_cannot_be_decompressed_is_an_error(transport: str, encoding: str, body: bytes) -> None:
    async def test() -> None:
        with pytest.raises(httpx2.DecodingError):
            await read("POST", body, b"content-encoding: " + encoding.encode())

    run(test)


@cache
def a_bomb() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(512)) + packer.flush()


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_bomb_is_refused_long_before_it_fills_the_memory(transport: str, method: str) -> None:
    bomb = a_bomb()

    async def test() -> None:
        tracemalloc.start()
        try:
            with pytest.raises(TooLargeError) as caught:
                await read(method, bomb, b"content-encoding: gzip")
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert caught.value.bound == "MAX_COMPRESSION_RATIO"
        assert most < 16 * MIB

    run(test)


# Through the SDKs


def asked(of: str, server: FaultServer, call: str = "complete") -> ProviderError:
    provider = PROVIDERS[of]
    there = Endpoint(BaseUrl.parse(server.url + ("" if of == "anthropic" else "/v1")), Secret(fake_key(of)))
    work = (
        provider.complete(QUESTION, there, lambda _: None) if call == "complete" else provider.list_models(there)
    )
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(work)
    return caught.value


BOMB = gzip.compress(b" " * (8 * MIB))


@pytest.mark.parametrize(
    ("name", "reply", "call", "words"),
    [
        ("MAX_ANSWER_BYTES", says({"x": "y" * 5000}), "complete", ("answer", "4,096 bytes", "MAX_ANSWER_BYTES")),
        ("MAX_LIST_BYTES", says({"data": ["y" * 5000]}), "list", ("4,096 bytes", "MAX_LIST_BYTES")),
        (
            "FREE_OF_RATIO_BYTES",
            Reply(BOMB, headers={"content-encoding": "gzip"}),
            "complete",
            ("compressed", "200 times", "MAX_COMPRESSION_RATIO"),
        ),
    ],
    ids=["answer", "list", "bomb"],
)
@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_an_answer_beyond_a_bound_is_an_error_that_says_which(
    faulty: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    of: str,
    name: str,
    reply: Reply,
    call: str,
    words: tuple[str, ...],
) -> None:
    monkeypatch.setattr(bounds, name, 4096)
    faulty.script(reply)
    error = asked(of, faulty, call)
    assert (error.kind, error.retryable) == ("too_large", False), str(error)
    assert [word for word in words if word not in str(error)] == [], str(error)
    assert PROVIDERS[of].label in error.problem
    assert error.link == PROVIDERS[of].links.status
    assert (error.__cause__, error.__context__) == (None, None)


@pytest.mark.parametrize("of", ["openai", "anthropic"])
@pytest.mark.parametrize(
    ("status", "kind", "retryable"), [(401, "auth", False), (429, "rate_limit", True), (503, "overloaded", True)]
)
def test_however_long_an_error_is_its_status_says_what_it_means(
    faulty: FaultServer, of: str, status: int, kind: str, retryable: bool
) -> None:
    bodies = (
        (b"x" * (3 * MIB), {}),
        (BOMB, {"content-encoding": "gzip"}),
        (b"no gzip", {"content-encoding": "gzip"}),
        (b"unknown", {"content-encoding": "br"}),
    )
    for body, headers in bodies:
        for call in ("complete", "list"):
            faulty.script(Reply(body, status, headers=headers))
            error = asked(of, faulty, call)
            assert (error.kind, error.retryable) == (kind, retryable), str(error)
            assert len(str(error)) < 700


@pytest.mark.parametrize(("of", "hello"), [("openai", talk("Hello")), ("anthropic", letter("Hello"))])
def test_a_compressed_answer_is_read(faulty: FaultServer, of: str, hello: Reply) -> None:
    faulty.script(hello.but(body=gzip.compress(hello.body), headers={"content-encoding": "gzip"}))
    provider = PROVIDERS[of]
    there = Endpoint(BaseUrl.parse(faulty.url + ("" if of == "anthropic" else "/v1")), Secret(fake_key(of)))
    assert ENGINE.run(provider.complete(QUESTION, there, lambda _: None)).text == "Hello"
