"""Both adapters against a real server with a real model: llama.cpp speaks Chat Completions and Messages."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from byok_widgets import Flow
from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError
from byok_widgets.messages import Message
from byok_widgets.providers import PROVIDERS, Endpoint, Request
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.local import llama_server
from byok_widgets.providers.local.model_server import LocalServer, serve, stop
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.local_model import require_model
from tests.widgets.wire import eventually

pytestmark = pytest.mark.model

BOTH = pytest.mark.parametrize("of", ["compatible", "anthropic"])
EXAMPLES = [
    ("I am Bob, Monday please", {"day": "Mon", "name": "Bob"}),
    ("My name is Eve and I come on Tuesday", {"day": "Tue", "name": "Eve"}),
]


@pytest.fixture(scope="module")
def llama() -> Iterator[LocalServer]:
    """A real llama.cpp server that asks for a key."""
    server = serve(require_model(), alias="little", context_tokens=1024, threads=1)
    with server.hold():
        yield server
    stop(server, timeout_s=20)


def address(of: str, server: LocalServer) -> BaseUrl:
    return BaseUrl.parse(server.base_url.removesuffix("/v1") if of == "anthropic" else server.base_url)


def ask(of: str, server: LocalServer, text: str, *, key: Secret | None = None, max_tokens: int = 8) -> Answer:
    request = Request(
        "little", (Message("user", text),), "Be brief.", max_tokens=max_tokens, settings={"temperature": 0}
    )
    there = Endpoint(address(of, server), key or server.key)
    return ENGINE.run(PROVIDERS[of].complete(request, there, lambda _: None))


@BOTH
def test_an_answer_with_all_its_facts(llama: LocalServer, of: str) -> None:
    answer = ask(of, llama, "Say hi", max_tokens=80)
    assert answer.text
    assert answer.finish_reason == "stop"
    assert answer.notices == ()
    assert 10 < answer.usage.input_tokens < 60
    assert 0 < answer.usage.output_tokens < 80
    assert answer.reported_model == "little"
    assert answer.request_id


@BOTH
def test_an_answer_that_is_cut_off(llama: LocalServer, of: str) -> None:
    answer = ask(of, llama, "Tell me a long story.", max_tokens=5)
    assert (answer.finish_reason, answer.usage.output_tokens) == ("length", 5)
    assert "cut off after 5 tokens" in answer.notices[0]


@BOTH
def test_a_wrong_key(llama: LocalServer, of: str) -> None:
    with pytest.raises(ByokError) as caught:
        ask(of, llama, "Say hi", key=Secret(fake_key(of)))
    assert (caught.value.kind, caught.value.retryable) == ("auth", False)
    with pytest.raises(ByokError) as caught:
        ENGINE.run(PROVIDERS[of].check_key(Endpoint(address(of, llama), None)))
    assert caught.value.kind == "auth"


@BOTH
def test_a_dialogue_that_is_too_long(llama: LocalServer, of: str) -> None:
    with pytest.raises(ByokError) as caught:
        ask(of, llama, "word " * 2000)
    assert (caught.value.kind, caught.value.retryable) == ("context_length", False)
    assert "1024 tokens" in caught.value.cause


@BOTH
def test_models_are_listed(llama: LocalServer, of: str) -> None:
    models = ENGINE.run(PROVIDERS[of].list_models(Endpoint(address(of, llama), llama.key)))
    assert [model.id for model in models] == ["little"]


@BOTH
def test_a_cancelled_call_stops_the_servers_work(llama: LocalServer, of: str) -> None:
    request = Request("little", (Message("user", "Tell me a very long story."),), max_tokens=900)
    there = Endpoint(address(of, llama), llama.key)

    async def stopped() -> None:
        came = asyncio.Event()
        work = asyncio.ensure_future(PROVIDERS[of].complete(request, there, lambda _: came.set()))
        await asyncio.wait_for(came.wait(), 30)
        assert llama_server.is_generating(llama._native)
        work.cancel()
        await asyncio.wait([work])

    ENGINE.run(stopped())
    eventually(lambda: not llama_server.is_generating(llama._native), 5)  # the story takes longer


@BOTH
def test_an_extraction(llama: LocalServer, of: str) -> None:
    flow = Flow(f"llama {of}")
    there = address(of, llama)
    flow.set_base_url(of, there.url)
    flow.model = f"{of}:little"
    flow.key_store.save(of, there.host, llama.key, backend="session", override=True)
    who = flow.extraction("who", name=str, day=["Mon", "Tue", "Wed"], examples=EXAMPLES, max_tokens=60)
    found = who.run("I am Ana, Wednesday please", temperature=0)
    assert found.values["name"] == "Ana"
    assert found.values["day"] in ("Mon", "Tue", "Wed")
    assert found.reply.usage.output_tokens > 0
