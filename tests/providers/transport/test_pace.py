"""Small pieces of a long answer are read together; the first ones, short answers and fast ones never wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest

from byok_widgets.providers.transport import http_client, pace
from byok_widgets.providers.transport.pace import LONGEST_REST_S, REST_SHARE, SMALL_BYTES, Pace
from tests.providers.transport.byte_server import OK, run, until

EVERY_S = 0.005
PIECE = b"12345"


def read_at(arrivals: Iterator[float], size: int = 200) -> list[tuple[float, float]]:
    """Return when each piece was read, where its arrival is given, and how long the reading rests then."""
    own, now, reads = Pace(), 0.0, []
    for arrival in arrivals:
        if arrival < now:
            continue  # it was read together with the one before
        reads.append((arrival, own.rest_s(size, arrival)))
        now = arrival + reads[-1][1]
    return reads


def every(seconds: float, until_s: float = 20.0) -> Iterator[float]:
    return (number * seconds for number in range(int(until_s / seconds)))


def test_a_long_answer_is_read_about_twelve_times_a_second() -> None:
    late = [at for at, _ in read_at(every(0.01)) if at >= 10]
    assert 10 <= len(late) / 10 <= 13


def test_no_piece_waits_for_more_than_its_part_of_the_time_so_far() -> None:
    for at, rest_s in read_at(every(0.01)):
        assert rest_s <= min(LONGEST_REST_S, REST_SHARE * at)


def test_an_answer_of_a_fifth_of_a_second_is_read_as_it_comes() -> None:
    assert not any(rest_s for at, rest_s in read_at(every(0.01)) if at < 0.19)


@pytest.mark.parametrize("seconds", [0.15, 0.5])
def test_pieces_that_come_seldom_are_read_as_they_come(seconds: float) -> None:
    assert not any(rest_s for _, rest_s in read_at(every(seconds)))


def test_the_first_piece_after_a_silence_is_read_as_it_comes() -> None:
    own = Pace()
    for at in every(0.01, 5):
        own.rest_s(200, at)
    assert own.rest_s(200, 6.0) == 0
    assert own.rest_s(200, 6.01) > 0


def test_what_comes_fast_is_read_as_it_comes() -> None:
    assert not any(rest_s for _, rest_s in read_at(every(0.01), SMALL_BYTES + 1))


# On a connection


@contextlib.asynccontextmanager
async def pacing(count: int, *, breaks_off: bool = False, gone: asyncio.Event | None = None) -> AsyncIterator[str]:
    """Serve answers of `count` small pieces; yields the address.

    Args:
        count: How many are sent.
        breaks_off: Whether the connection breaks before the last piece.
        gone: Set when the client has closed its connection; the last piece never comes then.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                missing = 1 if breaks_off or gone is not None else 0
                writer.write(OK + b"content-length: %d\r\n\r\n" % (len(PIECE) * (count + missing)))
                for _ in range(count):
                    writer.write(PIECE)
                    await writer.drain()
                    await asyncio.sleep(EVERY_S)
                if breaks_off:
                    writer.transport.abort()
        if gone is not None:
            gone.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()


@pytest.fixture
def _rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the reading rest from the beginning."""
    monkeypatch.setattr(pace, "REST_SHARE", 2.0)


@pytest.mark.usefixtures("_rests")
def test_small_pieces_are_read_together_and_all_of_them() -> None:
    async def test() -> None:
        async with pacing(60) as url:
            for _ in range(2):  # the second one over the same connection
                async with http_client().stream("POST", url) as response:
                    pieces = [piece async for piece in response.aiter_raw()]
                assert b"".join(pieces) == PIECE * 60
                assert len(pieces) < 30

    run(test)


def test_an_answer_that_is_given_up_during_a_rest_closes_its_connection_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "LONGEST_REST_S", 60.0)
    monkeypatch.setattr(pace, "REST_SHARE", 1000.0)

    async def test() -> None:
        gone = asyncio.Event()
        async with pacing(10, gone=gone) as url:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(http_client().post(url), 20 * EVERY_S)
            await until(gone.is_set)

    run(test)


@pytest.mark.usefixtures("_rests")
def test_a_connection_that_breaks_during_a_rest_is_an_error_all_the_same() -> None:
    async def test() -> None:
        async with pacing(30, breaks_off=True) as url:
            with pytest.raises(httpx2.TransportError):
                await http_client().post(url)

    run(test)
