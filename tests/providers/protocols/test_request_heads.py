"""Heads of requests are kept only where the SDK builds requests as it is known to."""

from __future__ import annotations

from dataclasses import replace
from traceback import TracebackException
from types import ModuleType
from typing import Any

import anthropic
import openai
import pytest

from byok_widgets.engine import ENGINE
from byok_widgets.errors import ByokError
from byok_widgets.providers import PROVIDERS
from byok_widgets.providers.exchange import Answer
from byok_widgets.providers.protocols.request_heads import client_class
from tests.fake_keys import fake_key
from tests.providers.asking import QUESTION, endpoint, fault
from tests.providers.fault_server import HANG_UP, PAGE, FaultServer, Reply, says
from tests.providers.protocols.writing import BOTH, deltas, said

HELLO = deltas({"content": "Hello"}).but(headers={"connection": "close"})
"""The next request comes on a new connection, as after a pause."""


def test_the_sdk_keeps_heads() -> None:
    assert issubclass(client_class(openai), openai.AsyncOpenAI)
    assert client_class(openai) is not openai.AsyncOpenAI, "each request is built anew: the SDK has changed"


OWN_HEADERS = {"accept-encoding", "x-stainless-read-timeout"}
"""What is meant to differ: answers are decompressed here, and only the call's deadline limits a silence."""


@BOTH
def test_a_request_has_the_head_that_the_sdk_gives_it(of: str, faulty: FaultServer) -> None:
    key, provider = fake_key(of), PROVIDERS[of]
    there = endpoint(provider, faulty, key)
    reply = said("Hello")(of)
    faulty.script(reply)
    for _ in range(2):
        ENGINE.run(provider.complete(QUESTION, there, lambda _: None))
    sdk_class = anthropic.Anthropic if of == "anthropic" else openai.OpenAI
    url = str(there.base_url.url)
    with sdk_class(api_key=key, base_url=url) as client:
        client.post(provider.completions_path, body=provider.payload(QUESTION), cast_to=object, stream=False)
    *ours, raw = faulty.asked
    for asked in ours:
        assert (asked.method, asked.path, asked.body) == (raw.method, raw.path, raw.body)
        differing = {name for name, value in raw.headers.items() if asked.headers.get(name) != value}
        assert differing <= {*OWN_HEADERS, "user-agent", "x-stainless-async"}
        assert asked.headers.keys() <= raw.headers.keys()
        assert asked.headers["user-agent"].replace("Async", "") == raw.headers["user-agent"]


def test_an_sdk_that_builds_requests_in_another_way_is_left_alone() -> None:
    class Other:
        def _build_request(self, options: Any, *, attempt: int) -> None: ...

    sdk = ModuleType("sdk")
    sdk.AsyncOpenAI = Other  # type: ignore[attr-defined]
    assert client_class(sdk) is Other
    sdk = ModuleType("another")
    sdk.AsyncOpenAI = object  # type: ignore[attr-defined]
    assert client_class(sdk) is object


CHANGES = [
    says({"error": {"message": "no such model", "code": "model_not_found"}}, 404),
    says({"error": {"message": "bad key", "code": "invalid_api_key"}}, 401),
    says({"error": {"message": "slow down"}}, 429, retry_after="1"),
    says({"error": {"message": "broken"}}, 500, x_request_id="req-1"),
    Reply(b"gone", 502, "text/plain"),
    Reply(b"", 302, headers={"location": "https://example.org"}),
    Reply(b"", 304),
    Reply(PAGE, 403, "text/html"),
    HANG_UP,
    Reply(b"{}", sent=1, then="cut"),
]


@pytest.mark.parametrize("bad", CHANGES, ids=[f"{at}" for at in range(len(CHANGES))])
def test_what_fails_under_a_kept_head_is_told_as_under_a_new_one(bad: Reply, faulty: FaultServer) -> None:
    new = fault(faulty, bad)
    heads: list[int] = []
    at = replace(endpoint(PROVIDERS["openai"], faulty), on_head=lambda status, _: heads.append(status))

    async def asked() -> Answer:
        return await PROVIDERS["openai"].complete(QUESTION, at, lambda _: None)

    faulty.script(HELLO, bad)
    assert ENGINE.run(asked()).text == "Hello"
    with pytest.raises(ByokError) as caught:
        ENGINE.run(asked())
    kept = caught.value
    facts = (
        "kind",
        "problem",
        "cause",
        "quote",
        "fix",
        "retryable",
        "retry_after_s",
        "request_id",
        "cost",
    )
    assert [getattr(kept, name) for name in facts] == [getattr(new, name) for name in facts]
    frames = "".join(TracebackException.from_exception(kept, capture_locals=True).format())
    assert at.key is not None
    assert at.key.reveal() not in frames
    assert heads == [200, *([] if bad.sent == -1 else [bad.status])]
    first, *again = faulty.asked
    assert all((each.headers, each.content) == (first.headers, first.content) for each in again)


def test_a_request_that_is_not_a_body_alone_is_built_by_the_sdk(faulty: FaultServer) -> None:
    client = client_class(openai)(api_key="none", base_url=f"{faulty.url}/v1", max_retries=0)

    async def asked() -> None:
        url = f"{faulty.url}/v1/chat/completions"
        stream = {"cast_to": object, "stream": True, "stream_cls": openai.AsyncStream[object]}
        faulty.script(HELLO)
        await client.post(url, body={"a": 1}, **stream)
        await client.post(url, body={"a": 2}, options={"headers": {"x-own": "1"}}, **stream)

    ENGINE.run(asked())
    assert faulty.asked[-1].headers["x-own"] == "1"
