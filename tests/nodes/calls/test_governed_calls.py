"""Calls of nodes under quotas and deadlines, over real connections."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from byok_widgets import ConfigError, Flow, ProviderError
from byok_widgets.engine import ENGINE
from byok_widgets.engine.callbacks import Fetching, Waiting
from byok_widgets.nodes import ConversationNode
from byok_widgets.nodes.base import NodeInput
from byok_widgets.reply import Reply as NodeReply
from byok_widgets.usage import Usage
from tests.fake_keys import fake_key
from tests.providers.asking import talk
from tests.providers.fault_server import SILENCE, Asked, FaultServer, Reply, says, stream
from tests.scripted_server import Say, ScriptedServer

_numbers = itertools.count()
TOO_MANY = {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}


@pytest.fixture(scope="module", autouse=True)
def _sdk_is_loaded() -> None:
    """Load the SDK before the first call: on a busy machine that takes longer than some deadlines here."""
    import openai

    del openai


@pytest.fixture
def provider() -> Iterator[FaultServer]:
    """A server of its own: what a governor learned of another one's address does not matter."""
    server = FaultServer()
    yield server
    server.close()


def node_at(provider: FaultServer, model: str = "m", key: str | None = None) -> ConversationNode:
    flow = Flow(f"governed {next(_numbers)}")
    flow.set_base_url("compatible", f"{provider.url}/v1")
    flow.model = f"compatible:{model}"
    if key:
        flow.key_store.save("compatible", provider.host, key, backend="session")
    return flow.conversation("ask", "Be brief.")


def refused(retry_after_s: float | None, **headers: str) -> Reply:
    asked = {} if retry_after_s is None else {"retry_after_ms": f"{retry_after_s * 1000:g}"}
    return says(TOO_MANY, 429, **asked, **headers)


def texts(asked: list[Asked]) -> list[str]:
    return [request.body["messages"][-1]["content"] for request in asked]


async def all_of(*runs: Any) -> list[Any]:
    return await asyncio.gather(*runs, return_exceptions=True)


def test_retry_after_is_kept_to(provider: FaultServer) -> None:
    provider.script(refused(0.3), refused(0.2), refused(0.1), refused(0.1), talk("Here."))
    began = time.monotonic()
    reply = node_at(provider).run("Hi")
    assert (reply.text, reply.attempts, len(provider.asked)) == ("Here.", 5, 5)
    assert time.monotonic() - began >= 0.7


@pytest.mark.parametrize(
    ("status", "headers", "sent"),
    [
        (429, {"x_should_retry": "false"}, 1),
        (400, {"x_should_retry": "true"}, 2),
        (500, {"x_should_retry": "false"}, 1),
        (400, {}, 1),
    ],
)
def test_what_the_provider_says_about_retrying_wins(
    provider: FaultServer, status: int, headers: dict[str, str], sent: int
) -> None:
    provider.script(says({"error": {"message": "no"}}, status, retry_after_ms="1", **headers), talk("Here."))
    node = node_at(provider)
    if sent == 1:
        with pytest.raises(ProviderError) as caught:
            node.run("Hi")
        assert caught.value.attempts == 1
    else:
        assert node.run("Hi").attempts == sent
    assert len(provider.asked) == sent


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (says({"error": {"message": "CUDA out of memory"}}, 500), "out_of_memory"),
        (says({"error": "CUDA out of memory"}), "out_of_memory"),
        (stream({"object": "error", "message": "CUDA out of memory", "code": 500}), "out_of_memory"),
        (stream({"object": "error", "message": "EngineDeadError", "code": 500}), "overloaded"),
        (stream({"type": "error", "error": {"type": "api_error", "message": "oh"}}), "overloaded"),
        (says({"error": {"code": 502, "message": "Provider returned error"}}), "overloaded"),
        (
            stream({"choices": [{"index": 0, "delta": {"reasoning": "Hm."}}]}, {"error": {"code": 429}}),
            "rate_limit",
        ),
    ],
    ids=str,
)
def test_a_fault_of_a_server_that_had_taken_the_request_on_is_met_three_times(
    provider: FaultServer, monkeypatch: pytest.MonkeyPatch, answer: Reply, kind: str
) -> None:
    monkeypatch.setattr("byok_widgets.engine.retries.FIRST_WAIT_S", 0.001)
    provider.script(answer)
    with pytest.raises(ProviderError) as caught:
        node_at(provider).run("Hi")
    assert (caught.value.kind, caught.value.attempts, len(provider.asked)) == (kind, 3, 3)


@pytest.mark.parametrize("asked_s", [0.05, None])
def test_a_rate_limit_that_outlasts_the_deadline_is_not_called_slowness(
    provider: FaultServer, asked_s: float | None
) -> None:
    provider.script(refused(asked_s))
    with pytest.raises(ProviderError) as caught:
        node_at(provider).run("Hi", deadline_s=2)
    assert caught.value.kind == "rate_limit"
    assert len(provider.asked) > 1
    assert caught.value.attempts - len(provider.asked) in (0, 1), "the last may have been ended before it arrived"


def test_a_wait_past_the_deadline_fails_at_once(provider: FaultServer) -> None:
    provider.script(refused(30))
    began = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        node_at(provider).run("Hi", deadline_s=20)
    assert (caught.value.kind, caught.value.retry_after_s, caught.value.attempts) == ("rate_limit", 30.0, 1)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("key", [None, f"it{fake_key('compatible')}"], ids=["no key", "a key like the last word"])
@pytest.mark.parametrize("half", ["", "Half of it"])
def test_silence_is_waited_for_as_long_as_the_deadline_says_and_paid_for_once(
    provider: FaultServer, half: str, key: str | None
) -> None:
    whole = talk(half, None)
    provider.script(whole.but(body=whole.body + b": \n", sent=len(whole.body), then="stall") if half else SILENCE)
    node, began = node_at(provider, key=key), time.monotonic()
    if half:
        reply = node.run("Hi", deadline_s=3)
        assert (reply.text, reply.complete) == (half, False)
        assert "within 3 s" in reply.summary
    else:
        with pytest.raises(ProviderError, match=r"within 3 s") as caught:
            node.run("Hi", deadline_s=3)
        assert (caught.value.kind, caught.value.attempts) == ("timeout", 1)
    assert time.monotonic() - began >= 3
    assert len(provider.asked) == 1
    assert provider.gone.wait(5)


def test_a_piece_of_the_key_at_the_end_of_a_partial_answer_is_hidden(provider: FaultServer) -> None:
    key = fake_key("compatible")
    said = talk(f"It is {key[:20]}", None)
    provider.script(said.but(body=said.body + b": \n", sent=len(said.body), then="stall"))
    reply = node_at(provider, key=key).run("Hi", deadline_s=2)
    assert reply.text.startswith("It is ")
    assert key[:8] not in reply.text


def test_an_answer_that_had_ended_before_the_deadline_is_complete(provider: FaultServer) -> None:
    ended = stream(*[{"choices": [{"index": 0, "delta": {"content": "Here."}, "finish_reason": "stop"}]}])
    provider.script(ended.but(body=ended.body + b": \n", sent=len(ended.body), then="stall"))
    reply = node_at(provider).run("Hi", deadline_s=2)
    assert (reply.text, reply.complete, reply.usage, reply.cost.usd) == ("Here.", True, Usage(), None)
    assert len(reply.notices) == reply.attempts == 1
    assert "tokens" in reply.notices[0]


def test_the_wait_for_usage_is_no_part_of_the_latency(provider: FaultServer) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    said = talk("Here.", usage=usage)
    at = said.body.index(b'"choices": []') - 60
    provider.script(said.but(pieces=(said.body.index(b"data:", at),), pause_s=2.0))
    began = time.monotonic()
    reply = node_at(provider).run("Hi")
    assert reply.usage == Usage(1, 2)
    assert time.monotonic() - began - reply.latency_s >= 1.5


def test_a_call_never_ends_by_silence_alone() -> None:
    from byok_widgets.config import BaseUrl
    from byok_widgets.providers import PROVIDERS, Endpoint

    async def timeout_of(name: str) -> Any:
        client = PROVIDERS[name]._client(Endpoint(BaseUrl.parse("https://llm.example.org"), None))
        return client.timeout

    for name in PROVIDERS:
        timeout = ENGINE.run(timeout_of(name))
        assert (timeout.read, timeout.write) == (None, None), name
        assert timeout.connect is not None, name


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, "10", 10**400])
def test_a_deadline_is_a_number_of_seconds(flow: Flow, server: ScriptedServer, value: Any) -> None:
    nodes = flow.conversation("ask", "Be brief."), flow.extraction("data", name=str)
    for node in nodes:
        with pytest.raises(ConfigError) as caught:
            node.run("Hi", deadline_s=value)
        assert f"Node '{node.name}': deadline_s" in caught.value.problem
        assert repr(value)[:10] in caught.value.problem
    assert server.requests == []


def test_a_repair_shares_the_deadline_of_the_first_answer(flow: Flow, server: ScriptedServer) -> None:
    def slow(_: dict[str, Any]) -> Say:
        time.sleep(4)
        return Say('{"weekday": "someday"}')

    server.script(slow)
    node = flow.extraction("data", weekday=["Mon", "Tue"])
    began = time.monotonic()
    result = node.run("Tuesday", deadline_s=6)
    assert time.monotonic() - began < 7.9, "the repair had what was left, not as much again"
    assert len(server.requests) == result.reply.attempts == 2
    assert "asked twice" in " ".join(result.reply.notices)


def test_after_a_storm_the_refused_go_before_new_calls(provider: FaultServer) -> None:
    provider.script(*[refused(3.0)] * 6, talk("Here."))
    node = node_at(provider)

    async def work() -> list[Any]:
        old = [asyncio.ensure_future(node.arun(f"old {number}")) for number in range(6)]
        while len(provider.asked) < 6:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        return await all_of(*old, *(node.arun(f"new {number}") for number in range(6)))

    replies = asyncio.run(work())
    assert [reply.text for reply in replies] == ["Here."] * 12
    assert [reply.attempts for reply in replies] == [2] * 6 + [1] * 6
    order = [text[:3] for text in texts(provider.asked)]
    assert order[:9] == ["old"] * 9
    assert order.index("new") > 9, "what is sent at the same time may overtake on the way, but not more"


@pytest.mark.parametrize("other", ["model", "key", "address"])
def test_a_storm_holds_up_nobody_else(provider: FaultServer, other: str) -> None:
    key = fake_key("compatible")
    node = node_at(provider, key=key)
    provider.script(*[refused(20.0)] * 4, talk("Here."))
    second = FaultServer()
    second.script(talk("Here."))
    aside = {
        "model": lambda: node_at(provider, model="other", key=key),
        "key": lambda: node_at(provider, key=fake_key("compatible")),
        "address": lambda: node_at(second, key=key),
    }[other]()

    async def work() -> NodeReply:
        storm = [asyncio.ensure_future(node.arun("Hi")) for _ in range(4)]
        while len(provider.asked) < 4:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        try:
            return await asyncio.wait_for(aside.arun("Hi"), 10)
        finally:
            for task in storm:
                task.cancel()

    assert asyncio.run(work()).text == "Here."
    second.close()


def test_flows_with_one_key_share_what_they_know(provider: FaultServer) -> None:
    key = fake_key("compatible")
    used_up = talk("Here.").but(
        headers={
            "x-ratelimit-limit-requests": "100",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "5s",
        }
    )
    provider.script(used_up, talk("Here."))
    node_at(provider, key=key).run("Hi")
    began = time.monotonic()
    node_at(provider, key=f" {key}\n").run("Hi")
    assert time.monotonic() - began >= 3
    began = time.monotonic()
    node_at(provider, key=fake_key("compatible")).run("Hi")
    assert time.monotonic() - began < 3


def test_a_call_that_waits_for_the_quota_says_so(provider: FaultServer) -> None:
    provider.script(*[refused(2.0)] * 2, talk("Here."))
    node = node_at(provider)
    told: list[Fetching | Waiting] = []

    async def work() -> None:
        storm = [asyncio.ensure_future(node.arun("Hi")) for _ in range(2)]
        while len(provider.asked) < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        reply = node.prepare(NodeInput((), {}, None, first_visit=True))
        await asyncio.wrap_future(ENGINE.submit(reply(lambda _: None, told.append)))
        await all_of(*storm)

    asyncio.run(work())
    assert [wait.kind for wait in told if isinstance(wait, Waiting)] == ["rate_limit"]
    assert 0 < told[0].wait_s < 2.5


def test_a_call_that_waits_can_be_stopped_at_any_moment(provider: FaultServer) -> None:
    provider.script(*[refused(60.0)] * 3)
    node = node_at(provider)

    async def work() -> None:
        running = [asyncio.ensure_future(node.arun("Hi")) for _ in range(3)]
        await asyncio.sleep(0.5)
        running.append(asyncio.ensure_future(node.arun("Hi")))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        for task in running:
            task.cancel()
        await all_of(*running)
        assert time.monotonic() - began < 20

    asyncio.run(work())


@pytest.mark.parametrize(
    ("answer", "sent", "told"),
    [
        (says({"error": {"message": "upstream took too long"}}, 504), 1, True),
        (Reply(b"<html>504 Gateway Time-out</html>", 504, "text/html"), 1, True),
        (says({"error": {"message": "bad gateway"}}, 502), 1, True),
        (says({"error": {"message": "a timeout occurred"}}, 524), 1, True),
        (says({"error": {"message": "network read timeout"}}, 598), 1, True),
        (says({"error": {"message": "upstream timed out"}}, 500), 1, True),
        (says({"error": {"message": "overloaded"}}, 500), 2, False),
        (says({"error": {"message": "come again"}}, 504, retry_after_ms="1"), 2, False),
        (says({"error": {"message": "overloaded"}}, 503), 2, False),
    ],
    ids=["504", "504 page", "502", "524", "598", "500 in words", "500", "504 with a time", "503"],
)
def test_a_gateway_that_gave_up_after_a_long_silence_is_not_paid_for_again(
    provider: FaultServer, monkeypatch: pytest.MonkeyPatch, answer: Reply, sent: int, told: bool
) -> None:
    monkeypatch.setattr("byok_widgets.engine.retries.PAID_AFTER_S", 0.0)
    monkeypatch.setattr("byok_widgets.engine.retries.REACHED_AFTER_S", 0.0)
    monkeypatch.setattr("byok_widgets.engine.retries.FIRST_WAIT_S", 0.001)
    provider.script(answer, says({"error": {"message": "no"}}, 400))
    node = node_at(provider)
    with pytest.raises(ProviderError) as caught:
        node.run("Hi")
    assert len(provider.asked) == caught.value.attempts == sent
    assert caught.value.may_be_charged is told
    assert ("may charge" in str(caught.value)) is told
