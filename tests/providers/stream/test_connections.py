"""What becomes of a connection when an answer is complete, or is not wanted any more."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from byok_widgets import ProviderError
from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.adaptation import QUIRKS, ModelEndpoint
from byok_widgets.providers.stream import response_body
from byok_widgets.providers.transport.environment import uses_library_transport
from byok_widgets.usage import Usage
from tests.providers.asking import QUESTION, ask, endpoint, whole
from tests.providers.fault_server import FaultServer, Reply, stream
from tests.providers.protocols.writing import BOTH, chunk, said
from tests.virtual_clock import run_virtually

USAGE = {"prompt_tokens": 1, "completion_tokens": 2}


def open_ended(body: bytes) -> Reply:
    """Return a stream after which the server neither sends nor ends anything."""
    return Reply(body + b"x", kind="text/event-stream", sent=len(body), then="stall")


def connections(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the connections that a server accepts from now on."""
    accepted: list[int] = []
    serve = server._serve

    def counting(connection: Any) -> None:
        accepted.append(1)
        serve(connection)

    monkeypatch.setattr(server, "_serve", counting)
    return accepted


@BOTH
def test_a_connection_is_used_again_after_a_complete_answer(monkeypatch: pytest.MonkeyPatch, of: str) -> None:
    server = FaultServer()
    accepted = connections(server, monkeypatch)
    body = said("Hello")(of).body + (b"data: [DONE]\n\n" if of == "compatible" else b"")
    for pieces in ((), (5, len(body) - 3), tuple(range(1, len(body), 7))):
        for _ in range(3):
            assert ask(server, Reply(body, kind="text/event-stream", pieces=pieces), of=of).text == "Hello"
    assert len(accepted) == (9 if uses_library_transport() else 1), "the library's are not trusted after an answer"
    server.close()


@BOTH
def test_an_answer_that_says_it_is_complete_is_not_waited_for(faulty: FaultServer, of: str) -> None:
    body = said("Hello")(of).body + (b"data: [DONE]\n\n" if of == "compatible" else b"")
    open_end = open_ended(body)

    def seconds(reply: Reply) -> float:
        begun = time.monotonic()
        assert ask(faulty, reply, of=of).finish_reason == "stop"
        return time.monotonic() - begun

    whole, endless = (min(seconds(reply) for _ in range(10)) for reply in (said("Hello")(of), open_end))
    assert endless - whole < 0.09, "the SDKs wait a tenth of a second"
    assert faulty.gone.wait(5), "the connection does not stay open"


def test_an_answer_without_an_end_marker_is_not_waited_for_for_ever(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_body, "LINGER_S", 0.1)
    body = said("Hello")("compatible").body + stream({"choices": [], "usage": USAGE}).body
    answer = ask(faulty, open_ended(body), of="compatible")
    assert (answer.text, answer.finish_reason, answer.usage, answer.notices) == ("Hello", "stop", Usage(1, 2), ())
    assert faulty.gone.wait(5)


def test_usage_that_never_comes_is_told_and_not_waited_for_as_long_again(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_body, "LINGER_S", 0.1)
    monkeypatch.setattr(response_body, "USAGE_S", 0.2)
    without = open_ended(said("Hello")("compatible").body)
    for _ in range(2):
        answer = ask(faulty, without, of="compatible")
        assert (answer.text, answer.finish_reason, answer.usage) == ("Hello", "stop", Usage())
        assert len(answer.notices) == 1
        assert "tokens" in answer.notices[0]
        assert answer.lingered_s >= 0.1
        monkeypatch.setattr(response_body, "USAGE_S", 3600.0)

    reported = stream({"choices": [], "usage": USAGE}, b"data: [DONE]\n\n").body
    ask(faulty, Reply(said("Hello")("compatible").body + reported, kind="text/event-stream"), of="compatible")
    assert not QUIRKS.at(ModelEndpoint("compatible", f"{faulty.url}/v1", "some-model")).keeps_usage
    QUIRKS.forget()


@BOTH
@pytest.mark.parametrize("then", ["stall", "cut", "reset"])
def test_a_whole_answer_counts_however_its_body_ends(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, then: Any
) -> None:
    monkeypatch.setattr(response_body, "LINGER_S", 0.1)
    message = {"content": [{"type": "text", "text": "Hello"}], "stop_reason": "end_turn"}
    body = json.dumps(message if of == "anthropic" else whole({"content": "Hello"})).encode()
    announced = Reply(body + b"x" * 9, sent=len(body), then=then)
    for pieces in ((), (9, len(body) - 9)):
        answer = ask(faulty, announced.but(pieces=pieces), of=of)
        assert (answer.text, answer.finish_reason) == ("Hello", "stop")
    with pytest.raises(ProviderError):
        ask(faulty, announced.but(sent=len(body) - 1, then="cut"), of=of)


def test_lines_of_json_are_waited_for(faulty: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_body, "LINGER_S", 0.05)
    lines = [json.dumps(chunk({"content": text})).encode() + b"\n" for text in ("Hel", "lo")]
    body = b"".join([*lines, json.dumps(chunk(finish="stop")).encode()])
    answer = ask(faulty, Reply(body, pieces=(len(lines[0]), len(body) - 3)), of="compatible")
    assert (answer.text, answer.finish_reason) == ("Hello", "stop")


class SlowBody(httpx2.AsyncByteStream):
    """A body whose pieces come at these times, in seconds."""

    def __init__(self, *times: float) -> None:
        self._times = times

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number, at in enumerate(self._times):
            await asyncio.sleep(at - asyncio.get_running_loop().time())
            yield b"%d" % number


def received(times: tuple[float, ...], ends: tuple[tuple[int | None, bool], ...], *, still: float = 0.0) -> str:
    """Return the numbers of the pieces that are read.

    Args:
        times: When they come.
        ends: What is known with each of them: after how many parts the answer ended, and whether it lacks usage.
        still: From when on the loop stands still for a minute; 0 if it never does.
    """

    async def read() -> str:
        pieces = b""
        if still:
            loop = asyncio.get_running_loop()
            loop.call_at(still, loop.jump, 60.0)
        response = httpx2.Response(200, stream=SlowBody(*times))
        async with response_body.ResponseBody(response) as body:
            async for piece in body:
                pieces += piece
                after, lacks = ends[int(piece)]
                body.expect_end(after, lacks_usage=lacks)
        return pieces.decode()

    return run_virtually(read())


@pytest.mark.parametrize(
    ("times", "ends", "read"),
    [
        ((0, 29), ((1, True), (1, False)), "01"),
        ((0, 31), ((1, True), (1, False)), "0"),
        ((0, 29, 33), ((1, True), (1, False), (1, False)), "012"),
        ((0, 20, 26), ((1, True), (1, False), (1, False)), "01"),
        ((0, 6), ((1, False), (1, False)), "0"),
        ((0, 20, 50), ((1, True), (None, True), (None, True)), "012"),
    ],
    ids=["usage", "no usage", "its end soon after", "no end after it", "no end", "it goes on"],
)
def test_usage_is_waited_for_longer_than_the_end(
    times: tuple[float, ...], ends: tuple[tuple[int | None, bool], ...], read: str
) -> None:
    assert received(times, ends) == read


@pytest.mark.parametrize("still", [0.2, 2.0, 4.6])
def test_time_in_which_the_machine_stood_still_does_not_count(still: float) -> None:
    once = ((1, False), (1, False))
    assert received((0, still + 0.1), once, still=still) == "01", "it came meanwhile"
    assert received((0, still + 60.3), once, still=still) == "01", "who sends it stood still, too"
    assert received((0, still + 66.0), once, still=still) == "0"


@pytest.mark.parametrize(
    ("ends", "received"),
    [
        ((1, 2, 3, 4), [b"0", b"1", b"2", b"3"]),
        ((1, 1, 1, 1), [b"0", b"1"]),
        ((1, None, None, 4), [b"0", b"1", b"2", b"3"]),
    ],
    ids=["an end with each piece", "an end with the first one", "it goes on after an end"],
)
def test_only_what_comes_after_the_end_must_come_soon(ends: tuple[int | None, ...], received: list[bytes]) -> None:
    async def read() -> list[bytes]:
        pieces = []
        response = httpx2.Response(200, stream=SlowBody(0.0, 4.0, 8.0, 12.0))
        async with response_body.ResponseBody(response) as body:
            async for piece in body:
                pieces.append(piece)
                body.expect_end(ends[int(piece)])
        return pieces

    assert run_virtually(read()) == received


@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b""])
def test_usage_that_comes_later_is_waited_for(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, end: bytes
) -> None:
    monkeypatch.setattr(response_body, "LINGER_S", 0.05)
    body = said("Hello")("compatible").body
    late = stream({"choices": [], "usage": USAGE}, end).body
    reply = Reply(body + late, kind="text/event-stream", pieces=(len(body),), pause_s=0.5)
    answer = ask(faulty, reply, of="compatible")
    assert (answer.text, answer.usage, answer.notices) == ("Hello", Usage(1, 2), ())
    assert answer.lingered_s >= 0.4


def test_a_call_that_is_cancelled_while_a_connection_is_drained_ends_at_once(faulty: FaultServer) -> None:
    body = said("Hello")("compatible").body
    faulty.script(Reply(body + b"x", kind="text/event-stream", sent=len(body), then="stall"))

    async def stopped() -> bool:
        provider = PROVIDERS["compatible"]
        came = asyncio.Event()
        call = provider.complete(QUESTION, endpoint(provider, faulty), lambda _: came.set())
        work = asyncio.ensure_future(call)
        await came.wait()
        await asyncio.sleep(0.05)
        work.cancel()
        await asyncio.wait([work], timeout=10)
        return work.cancelled()

    assert ENGINE.run(stopped())
    assert faulty.gone.wait(10)
