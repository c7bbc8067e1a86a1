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
from byok_widgets.providers.stream import response_body
from byok_widgets.providers.transport.environment import uses_library_transport
from byok_widgets.usage import Usage
from tests.providers.asking import QUESTION, ask, endpoint, whole
from tests.providers.fault_server import FaultServer, Reply, stream
from tests.providers.protocols.writing import BOTH, chunk, said
from tests.virtual_clock import run_virtually


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
    open_end = Reply(body + b"x", kind="text/event-stream", sent=len(body), then="stall")

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
    body = said("Hello")("compatible").body
    answer = ask(
        faulty, Reply(body + b"x", kind="text/event-stream", sent=len(body), then="stall"), of="compatible"
    )
    assert (answer.text, answer.finish_reason, answer.notices) == ("Hello", "stop", ())
    assert faulty.gone.wait(5)


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


def test_usage_that_comes_a_little_later_is_waited_for(faulty: FaultServer) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    body = said("Hello")("compatible").body
    late = stream({"choices": [], "usage": usage}, b"data: [DONE]\n\n").body
    answer = ask(faulty, Reply(body + late, kind="text/event-stream", pieces=(len(body),)), of="compatible")
    assert answer.usage == Usage(1, 2)


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
        await asyncio.wait([work], timeout=2)
        return work.cancelled()

    assert ENGINE.run(stopped())
    assert faulty.gone.wait(2)
