"""What becomes of a connection when an answer is complete, or is not wanted any more."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.stream import response_body
from byok_widgets.providers.transport.environment import uses_library_transport
from byok_widgets.usage import Usage
from tests.providers.asking import QUESTION, ask, endpoint
from tests.providers.fault_server import FaultServer, Reply, stream
from tests.providers.protocols.writing import BOTH, said


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
