"""How responses are read: in each way that servers write them, whole and in pieces, right and wrong."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from byok_widgets.providers.stream import bounds
from byok_widgets.providers.transport import http_client
from byok_widgets.providers.transport.message import IncomingMessage
from tests.providers.transport.byte_server import OK, Play, run, serving

CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Row:
    """A response that can be read.

    Attributes:
        raw: What the server sends.
        body: What is read of it.
        is_kept: Whether the connection can be used again.
        status: Its status.
        closes: Whether the server closes the connection after it.
        only_own: Whether the library's own transport does not read it.
    """

    name: str
    raw: bytes
    body: bytes = b"hello"
    is_kept: bool = True
    status: int = 200
    closes: bool = False
    only_own: bool = False


ROWS = [
    Row("length", OK + b"Content-Length: 5\r\n\r\nhello"),
    Row("empty", OK + b"Content-Length: 0\r\n\r\n", b""),
    Row("no content", b"HTTP/1.1 204 No Content\r\n\r\n", b"", status=204),
    Row("chunks", CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    Row("chunk sizes in capitals and with zeros", CHUNKED + b"00A\r\nhellohello\r\n0\r\n\r\n", b"hellohello"),
    Row("chunk extensions", CHUNKED + b'2;a=b\r\nhe\r\n3;c="d;e"\r\nllo\r\n0;last\r\n\r\n'),
    Row("trailers", CHUNKED + b"5\r\nhello\r\n0\r\nX-Sum: 7\r\nX-More: x\r\n\r\n"),
    Row("space after a chunk size", CHUNKED + b"5  \r\nhello\r\n0\r\n\r\n"),
    Row("until the connection ends", OK + b"\r\nhello", is_kept=False, closes=True),
    Row("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nhello", is_kept=False, closes=True),
    Row("HTTP/1.0 with a length", b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", is_kept=False),
    Row("connection: close", OK + b"Connection: close\r\ncontent-length: 5\r\n\r\nhello", is_kept=False),
    Row("100", b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length: 5\r\n\r\nhello"),
    Row(
        "102 and 103 with headers",
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
        + OK
        + b"content-length: 5\r\n\r\nhello",
    ),
    Row("an error", b"HTTP/1.1 429 Slow\r\nContent-Length: 5\r\n\r\nhello", status=429),
    Row("an unknown status", b"HTTP/1.1 599 Hm\r\nContent-Length: 5\r\n\r\nhello", status=599),
    Row("no reason", b"HTTP/1.1 200\r\ncontent-length: 5\r\n\r\nhello"),
    Row("empty header", OK + b"x-empty:\r\ncontent-length:5\r\n\r\nhello"),
    Row("not ASCII", OK + b"x-who: \xc3\xa9\xff\r\ncontent-length: 5\r\n\r\nhello"),
    Row("lines that end in LF alone", b"HTTP/1.1 200 OK\ncontent-length: 5\n\nhello"),
    Row("line break before it", b"\r\n" + OK + b"content-length: 5\r\n\r\nhello", only_own=True),
    Row("more than its length", OK + b"content-length: 5\r\n\r\nhelloworld", is_kept=False, only_own=True),
    Row("a second response", (OK + b"content-length: 5\r\n\r\nhello") * 2, is_kept=False),
    Row("a head of 60 KiB", OK + b"x: " + b"y" * 60_000 + b"\r\ncontent-length: 5\r\n\r\nhello"),
]

BROKEN = {
    "length and chunks": OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunks and length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "two lengths": OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    "negative length": OK + b"content-length: -5\r\n\r\nhello",
    "length that is no number": OK + b"content-length: five\r\n\r\nhello",
    "huge length": OK + b"content-length: 99999999999999999999999\r\n\r\nhello",
    "chunk size that is no number": CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n",
    "negative chunk size": CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
    "chunk size with 0x": CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
    "huge chunk size": CHUNKED + b"fffffffffffffffffffff\r\nhello\r\n0\r\n\r\n",
    "chunk longer than its size": CHUNKED + b"4\r\nhello\r\n0\r\n\r\n",
    "another transfer encoding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello",
    "no status": b"HTTP/1.1 OK\r\n\r\n",
    "no name": OK + b": x\r\ncontent-length: 5\r\n\r\nhello",
    "NUL in a header": OK + b"x: a\0b\r\ncontent-length: 5\r\n\r\nhello",
    "header of 70 KiB": OK + b"x: " + b"y" * 70_000 + b"\r\ncontent-length: 5\r\n\r\nhello",
    "many headers": OK + b"x: 0123456789\r\n" * 8000 + b"content-length: 5\r\n\r\nhello",
    "header without end": OK + b"x: " + b"y" * 300_000,
    "interim responses without end": b"HTTP/1.1 102 Processing\r\n\r\n" * 4000,
    "trailer without end": CHUNKED + b"5\r\nhello\r\n0\r\nx: " + b"y" * 300_000,
    "chunk extension without end": CHUNKED + b"5;x=" + b"y" * 300_000,
    "cut in the status": b"HTTP/1.1 20",
    "cut in the head": OK + b"content-length: 5\r\n",
    "cut in the body": OK + b"content-length: 5\r\n\r\nhel",
    "cut in a chunk": CHUNKED + b"5\r\nhel",
    "cut before the last chunk": CHUNKED + b"5\r\nhello\r\n",
    "cut in the trailers": CHUNKED + b"5\r\nhello\r\n0\r\nx: y\r\n",
    "nothing": b"",
}
ONLY_OWN_REFUSES = {
    *("length and chunks", "chunks and length", "header of 70 KiB"),
    *("trailer without end", "chunk extension without end"),
}


TOO_LARGE = {
    *("header of 70 KiB", "many headers", "header without end", "interim responses without end"),
    *("trailer without end", "chunk extension without end"),
}


def in_pieces(raw: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(raw[at : at + size] for at in range(0, len(raw), size))


@pytest.mark.parametrize("size", [1 << 20, 7, 1], ids=["whole", "by sevens", "byte by byte"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_response_is_read(transport: str, row: Row, size: int) -> None:
    if transport != "own" and row.only_own:
        pytest.skip("only ours reads it")
    if size < 1000 < len(row.raw):
        size = 1000

    async def test() -> None:
        play = Play(in_pieces(row.raw, size), "close" if row.closes else "next")
        async with serving(play) as server:
            for count in (1, 2):
                response = await http_client().get(server.url)
                assert (response.status_code, response.content) == (row.status, row.body)
                if transport == "own":
                    assert server.connections == (1 if row.is_kept else count)

    run(test)


@pytest.mark.parametrize("name", BROKEN)
def test_a_response_that_is_broken_is_refused(transport: str, name: str) -> None:
    if transport != "own" and name in ONLY_OWN_REFUSES:
        pytest.skip("only ours refuses it")

    async def test() -> None:
        async with serving(Play(in_pieces(BROKEN[name], 60_000), "close")) as server:
            with pytest.raises(httpx2.RemoteProtocolError) as caught:
                await http_client().get(server.url)
            assert len(str(caught.value)) < 300
            assert ("too large" in str(caught.value)) == (name in TOO_LARGE) or transport != "own"
            await asyncio.sleep(0)
            assert server.requests != []

    run(test)


def test_what_has_come_before_a_cut_is_read(transport: str) -> None:
    async def test() -> None:
        async with (
            serving(Play((CHUNKED, b"5\r\nhello\r\n"), "close")) as server,
            http_client().stream("GET", server.url) as response,
        ):
            pieces = aiter(response.aiter_raw())
            assert await anext(pieces) == b"hello"
            with pytest.raises(httpx2.RemoteProtocolError):
                await anext(pieces)

    run(test)


@pytest.mark.parametrize("then", ["close", "reset"])
def test_the_end_of_a_connection_before_an_answer_is_an_error(transport: str, then: str) -> None:
    async def test() -> None:
        async with serving(Play((), then)) as server:
            with pytest.raises(httpx2.TransportError):
                await http_client().get(server.url)
            assert len(server.requests) == 1

    run(test)


def test_reading_on_after_the_end_ends_at_once(transport: str) -> None:
    """The SDKs read on after the last event, for up to 0.1 s if the body does not end."""

    async def test() -> None:
        events = OK + b"content-length: 10\r\n\r\nhelloworld"
        async with serving(Play((events,))) as server, http_client().stream("GET", server.url) as response:
            assert await anext(aiter(response.stream)) in (b"hello", b"helloworld")
            async with asyncio.timeout(0.05):
                assert [piece async for piece in response.stream] == []

    run(test)


# The parser alone, cut anywhere


def parsed(pieces: list[bytes], *, ends: bool) -> tuple[int, bytes, bool] | str:
    message = IncomingMessage()
    try:
        for piece in pieces:
            message.feed(piece)
        if ends:
            message.feed_eof()
    except httpx2.RemoteProtocolError as error:
        return type(error).__name__
    return message.status, message.take(), message.keeps_alive and message.is_complete


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % (len(raw) + 1) for place in places} | {0, len(raw)})
    return [raw[start:end] for start, end in itertools.pairwise(ends)]


@given(st.sampled_from(ROWS), st.lists(st.integers(0, 10_000), max_size=30))
def test_where_a_response_is_cut_makes_no_difference(row: Row, places: list[int]) -> None:
    assert parsed(cut(row.raw, places), ends=row.closes) == (row.status, row.body, row.is_kept)


@given(st.sampled_from(sorted(BROKEN)), st.lists(st.integers(0, 400_000), max_size=30))
def test_a_broken_response_is_refused_wherever_it_is_cut(name: str, places: list[int]) -> None:
    assert parsed(cut(BROKEN[name], places), ends=True) == "RemoteProtocolError"


@given(
    st.sampled_from(ROWS), st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=3)), max_size=5)
)
def test_a_mutated_response_is_read_or_refused(row: Row, changes: list[tuple[int, bytes]]) -> None:
    raw = bytearray(row.raw)
    for place, change in changes:
        at = place % len(raw)
        raw[at : at + len(change)] = change
    whole = parsed([bytes(raw)], ends=True)
    bytewise = parsed([bytes([byte]) for byte in raw[:2000]] + [bytes(raw[2000:])], ends=True)
    if isinstance(whole, tuple) and isinstance(bytewise, tuple):
        assert whole == bytewise


def test_bounds_of_heads_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = OK + b"x: " + b"y" * 2000 + b"\r\ncontent-length: 5\r\n\r\nhello"
    assert parsed([raw], ends=False) == (200, b"hello", True)
    monkeypatch.setattr(bounds, "MAX_HEAD_BYTES", 1000)
    assert parsed([raw], ends=False) == "RemoteProtocolError"
