"""The protocols through which each case goes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from byok_widgets import Flow
from tests.fake_keys import fake_key
from tests.providers.asking import letter, talk
from tests.providers.fault_server import FaultServer
from tests.schema.conformance.answers import PROTOCOLS, Answers


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    running = FaultServer()
    yield running
    running.close()


@pytest.fixture(params=PROTOCOLS)
def answers(request: pytest.FixtureRequest, server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> Answers:
    flow = Flow("conformance")
    provider, say = ("anthropic", letter) if request.param == "anthropic" else ("openai", talk)
    flow.set_base_url(provider, server.url + ("" if provider == "anthropic" else "/v1"))
    monkeypatch.setenv("SOME_KEY", fake_key(provider))
    flow.use_key("env:SOME_KEY", provider=provider)
    flow.model = f"{provider}:some-model"
    return Answers(flow, server, say)
