"""The way to a provider: one client, no redirect, no cookie, no detour, and no advice from the environment."""

from __future__ import annotations

import asyncio
import ssl
import threading
from pathlib import Path

import httpx2
import pytest

from byok_widgets import ProviderError
from byok_widgets.config import BaseUrl
from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.providers.transport import http_client
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.providers.asking import QUESTION, ask, endpoint, fault, letter, talk
from tests.providers.fault_server import FaultServer, Reply, says

BOTH = pytest.mark.parametrize(("of", "hello"), [("openai", talk("Hi")), ("anthropic", letter("Hi"))])


@pytest.fixture
def elsewhere():
    """Return a server that no call should reach."""
    server = FaultServer()
    server.script(talk("Got it!"))
    yield server
    server.close()


def asked_afresh(of: str, there: Endpoint) -> str:
    """Ask on a loop of its own, so that its client reads the environment as it is now."""
    return asyncio.run(PROVIDERS[of].complete(QUESTION, there, lambda _: None)).text


def test_one_client_for_a_loop() -> None:
    async def two() -> bool:
        return http_client() is http_client()

    assert asyncio.run(two())
    assert asyncio.run(_itself()) is not asyncio.run(_itself())


async def _itself() -> object:
    return http_client()


@BOTH
def test_a_new_loop_starts_with_new_connections(faulty: FaultServer, of: str, hello: Reply) -> None:
    faulty.script(hello)
    there = endpoint(PROVIDERS[of], faulty)
    assert [asked_afresh(of, there) for _ in range(2)] == ["Hi", "Hi"]


@BOTH
def test_the_library_builds_no_request_of_an_sdk(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, hello: Reply
) -> None:
    faulty.script(hello)
    monkeypatch.setattr(httpx2.AsyncClient, "build_request", None)  # it costs as much as our whole transport
    assert asked_afresh(of, endpoint(PROVIDERS[of], faulty)) == "Hi"


@BOTH
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    faulty: FaultServer, elsewhere: FaultServer, of: str, hello: Reply, status: int
) -> None:
    del hello
    error = fault(faulty, Reply(status=status, headers={"location": f"{elsewhere.url}/v1"}), of=of)
    assert error.kind == "redirect"
    assert elsewhere.asked == []


@BOTH
def test_plain_http_goes_through_no_proxy(
    faulty: FaultServer, elsewhere: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, hello: Reply
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, elsewhere.url)
    faulty.script(hello)
    assert asked_afresh(of, endpoint(PROVIDERS[of], faulty)) == "Hi"
    assert elsewhere.asked == []


@BOTH
def test_https_goes_through_the_proxy_which_sees_neither_key_nor_dialogue(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, hello: Reply
) -> None:
    del hello
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, faulty.url)
    faulty.script(Reply(b"sign in", 407))
    provider, key = PROVIDERS[of], fake_key(of)
    with pytest.raises(ProviderError) as caught:
        asked_afresh(of, Endpoint(BaseUrl.parse(provider.default_url), Secret(key)))
    assert (caught.value.kind, caught.value.retryable) == ("proxy", False)
    assert provider.label in caught.value.problem
    (asked,) = faulty.asked
    assert (asked.method, asked.content) == ("CONNECT", b"")
    assert key[:12] not in str(asked.headers)


@BOTH
def test_a_proxy_that_cannot_be_used_is_an_error_where_it_is_needed(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, hello: Reply
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "nonsense://x")
    faulty.script(hello)
    assert asked_afresh(of, endpoint(PROVIDERS[of], faulty)) == "Hi"
    usual = Endpoint(BaseUrl.parse(PROVIDERS[of].default_url), Secret(fake_key(of)))
    with pytest.raises(ProviderError) as caught:
        asked_afresh(of, usual)
    assert (caught.value.kind, caught.value.retryable) == ("proxy", False)
    assert "https_proxy" in caught.value.problem.lower()


@BOTH
def test_a_certificate_of_the_company_is_trusted_when_it_is_named(
    own_tls: ssl.SSLContext, own_certificate: Path, monkeypatch: pytest.MonkeyPatch, of: str, hello: Reply
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(own_certificate))
    server = FaultServer(own_tls)
    server.script(hello)
    assert asked_afresh(of, endpoint(PROVIDERS[of], server)) == "Hi"
    server.close()


@BOTH
def test_no_cookie_goes_from_one_account_to_another(faulty: FaultServer, of: str, hello: Reply) -> None:
    faulty.script(hello.but(headers={"set-cookie": "who=me; Path=/"}))
    for _ in range(2):
        assert ask(faulty, of=of).text == "Hi"
    assert [asked.headers.get("cookie") for asked in faulty.asked] == [None, None]


STEERING = {
    "OPENAI_BASE_URL": "{elsewhere}/v1",
    "OPENAI_API_BASE": "{elsewhere}/v1",
    "OPENAI_API_KEY": "{other}",
    "OPENAI_ADMIN_KEY": "{other}",
    "OPENAI_ORG_ID": "org-of-another",
    "OPENAI_PROJECT_ID": "proj-of-another",
    "OPENAI_CUSTOM_HEADERS": "Authorization: Bearer {other}\nX-Steered: yes\nOpenAI-Organization: org-of-another",
    "ANTHROPIC_BASE_URL": "{elsewhere}",
    "ANTHROPIC_API_KEY": "{other}",
    "ANTHROPIC_AUTH_TOKEN": "{other}",
    "ANTHROPIC_PROFILE": "of-another",
    "ANTHROPIC_CONFIG_DIR": "{folder}",
    "ANTHROPIC_IDENTITY_TOKEN": "{other}",
    "ANTHROPIC_FEDERATION_RULE_ID": "rule-of-another",
    "ANTHROPIC_ORGANIZATION_ID": "org-of-another",
    "ANTHROPIC_CUSTOM_HEADERS": "Authorization: Bearer {other}\nX-Steered: yes\nanthropic-beta: steered",
    "ANTHROPIC_OPEN_TELEMETRY_TRACES_CONTENT_MODE": "content",
}


@BOTH
def test_the_environment_steers_nothing(
    faulty: FaultServer,
    elsewhere: FaultServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    of: str,
    hello: Reply,
) -> None:
    profiles = tmp_path / "configs"
    profiles.mkdir()
    profiles.joinpath("of-another.json").write_text(f'{{"base_url": "{elsewhere.url}"}}')
    other, key = fake_key(of), fake_key(of)
    faulty.script(hello)
    assert ask(faulty, of=of, key=key).text == "Hi"
    for name, value in STEERING.items():
        monkeypatch.setenv(name, value.format(elsewhere=elsewhere.url, other=other, folder=tmp_path))
    assert ask(faulty, of=of, key=key).text == "Hi"
    before, after = (dict(asked.headers) for asked in faulty.asked)
    assert after == before
    assert after["authorization"] == f"Bearer {key}"
    assert "openai-organization" not in after
    assert faulty.asked[0].content == faulty.asked[1].content
    assert elsewhere.asked == []


def test_a_local_endpoint_without_a_key_gets_none_from_the_environment(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = fake_key("openai")
    monkeypatch.setenv("OPENAI_API_KEY", other)
    faulty.script(talk("Hi"), says({"data": []}))
    there = Endpoint(BaseUrl.parse(f"{faulty.url}/v1"), None)
    ENGINE.run(PROVIDERS["compatible"].complete(QUESTION, there, lambda _: None))
    ENGINE.run(PROVIDERS["compatible"].list_models(there))
    assert other not in str([asked.headers for asked in faulty.asked])


def test_many_calls_are_on_their_way_at_once() -> None:
    many = 150
    meeting = threading.Barrier(many)

    class Patient(FaultServer):
        def _send(self, connection, reply):
            meeting.wait(20)  # each answer waits until all requests have come
            return super()._send(connection, reply)

    server = Patient()
    server.script(talk("Hi"))
    there = endpoint(PROVIDERS["compatible"], server)

    async def all_of_them() -> list[str]:
        calls = (PROVIDERS["compatible"].complete(QUESTION, there, lambda _: None) for _ in range(many))
        return [answer.text for answer in await asyncio.gather(*calls)]

    assert ENGINE.run(all_of_them()) == ["Hi"] * many
    server.close()
