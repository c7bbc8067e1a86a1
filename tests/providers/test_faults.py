"""Every fault at the wire ends in one of our errors, with a way out, or in an answer that says what it lacks."""

from __future__ import annotations

import datetime
import email.utils
import json
import pickle
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest

from byok_widgets import Flow, MissingKeyError, ProviderError
from byok_widgets.config import BaseUrl
from byok_widgets.display.error_card import MAX_MESSAGE_CHARS
from byok_widgets.engine import ENGINE
from byok_widgets.providers import PROVIDERS, Endpoint
from byok_widgets.providers.quota_headers import retry_after
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key
from tests.providers.asking import QUESTION, ask, endpoint, fault, letter, talk
from tests.providers.fault_rows import FLAGGED, ROWS, Flagged, Row, link_of, openai
from tests.providers.fault_server import HANG_UP, FaultServer, Reply, page, says

GONE = Reply(b'{"error": {"message": "File Not Found: /models"}}', 404, "application/json")


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put this machine into another time zone than that of HTTP."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.of}-{row.name}")
def test_a_fault_is_told_in_words_and_with_a_way_out(faulty: FaultServer, row: Row) -> None:
    error = fault(faulty, row.reply, of=row.of, model=row.model)
    text, provider = str(error), PROVIDERS[row.of]
    assert isinstance(error, ProviderError)
    assert (error.kind, error.retryable) == (row.kind, row.retryable), text
    assert [word for word in row.words if word not in text] == [], text
    assert [word for word in row.unsaid if word in text] == [], text
    assert provider.label in error.problem
    assert error.cause
    assert error.fix
    assert error.link == link_of(provider.links, row.link)
    assert len(text) <= MAX_MESSAGE_CHARS
    assert "{" not in text
    assert (error.__cause__, error.__context__) == (None, None)
    assert str(pickle.loads(pickle.dumps(error))) == text
    # A kept connection that breaks without an answer may have been dead before: the request is sent once more.
    assert len(faulty.asked) == 1 or (row.reply is HANG_UP and len(faulty.asked) == 2)


@pytest.mark.parametrize("row", FLAGGED, ids=lambda row: f"{row.of}-{row.name}")
def test_an_answer_that_is_not_whole_says_so(faulty: FaultServer, row: Flagged) -> None:
    answer = ask(faulty, row.reply, of=row.of)
    assert (answer.text, answer.finish_reason) == (row.text, row.finish)
    notices = " ".join(answer.notices)
    assert [word for word in row.words if word not in notices] == [], notices


@pytest.mark.parametrize("name", ["openai", "anthropic", "openrouter"])
def test_pages_are_the_providers_own(name: str) -> None:
    homes = {
        "openai": ("https://platform.openai.com/", "https://status.openai.com"),
        "anthropic": ("https://console.anthropic.com/", "https://docs.claude.com/", "https://status.claude.com"),
        "openrouter": ("https://openrouter.ai/", "https://status.openrouter.ai"),
    }
    pages = [page for page in PROVIDERS[name].links if page]
    assert len(pages) >= 6
    assert [page for page in pages if not page.startswith(homes[name])] == []


@pytest.mark.parametrize(
    ("of", "header"), [("openai", "x-request-id"), ("anthropic", "request-id"), ("openrouter", "x-generation-id")]
)
def test_the_request_id_is_told(faulty: FaultServer, of: str, header: str) -> None:
    broken = Reply(b'{"error": {"message": "no"}}', 500, headers={header: "req_77"})
    assert "Request id: req_77" in str(fault(faulty, broken, of=of))
    answered = (letter if of == "anthropic" else talk)("Hi", headers={header: "req_78"})
    assert ask(faulty, answered, of=of).request_id == "req_78"
    assert "req_78" in str(
        fault(faulty, answered.but(body=b"data: 42\n\n", kind="text/event-stream"), of="openai")
    )


def test_an_id_inside_the_answer_is_told_where_the_head_has_none(faulty: FaultServer) -> None:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "no"}, "request_id": "req_79"}
    assert fault(faulty, says(body, 529), of="anthropic").request_id == "req_79"
    assert ask(faulty, talk("Hi")).request_id == "chat-1"


def test_what_a_server_says_cannot_play_tricks(faulty: FaultServer) -> None:
    said = "a\x1b[31mb\n\n\u202ec {'x': 1} " + "very " * 500
    error = fault(faulty, says(openai(said), 400))
    assert "a�[31mb �c" in error.cause
    assert len(error.cause) < 250


def test_a_key_in_place_of_a_model_is_not_shown(faulty: FaultServer) -> None:
    key = fake_key("openai")
    error = fault(faulty, says(openai(f"The model `{key}` does not exist", "model_not_found"), 404), model=key)
    assert key[:20] not in str(error)
    assert "[API key]" in error.problem


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "5"}, 5),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "86400"}, 86400),
        ({"retry-after": "30s"}, 30),
        ({"retry-after": "30, 30"}, 30),
        ({"retry-after": "9,45s, inf, nan"}, 45),
        ({"retry-after-ms": "250, 500", "retry-after": "9"}, 0.5),
        ({"retry-after": "1m30s"}, 90),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"retry-after-ms": "nan", "retry-after": "9"}, 9),
        *(
            ({"retry-after": unusable}, None)
            for unusable in ("0", "-1", "-0.0", "inf", "-inf", "nan", "1e999", "", "soon", "5 s", "0x10")
        ),
        ({}, None),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Tue, 24 Nov 2026 13:00:30 +0100"}, 30),
        ({"retry-after": "Tue Nov 24 12:00:30 2026"}, 30),
        ({"retry-after": ", ".join(["Tue, 24 Nov 2026 12:00:30 GMT"] * 2)}, 30),
        ({"retry-after": "20, Tue, 24 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Tue, 24 Nov 2026 11:59:30 GMT"}, None),
        ({"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
        ({"retry-after": "Tue, 99 Nov 2026 12:00:30 GMT"}, None),
    ],
)
def test_how_long_to_wait_is_read_in_each_of_its_forms(
    far_away: None, headers: dict[str, str], seconds: float | None
) -> None:
    now = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC).timestamp()
    assert retry_after(headers, now=now) == seconds


@pytest.mark.parametrize("of", ["openai", "anthropic", "openrouter"])
def test_the_wait_that_is_asked_for_reaches_the_error(faulty: FaultServer, of: str) -> None:
    at = email.utils.format_datetime(datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=5))
    error = fault(faulty, says({"error": {"message": "slow down"}}, 429, retry_after=at), of=of)
    assert 290 < error.retry_after_s <= 300
    assert "5 minutes" in error.fix


@pytest.mark.parametrize("of", ["openai", "anthropic", "openrouter"])
def test_a_date_is_measured_by_the_clock_of_the_server(faulty: FaultServer, of: str) -> None:
    there = datetime.datetime.now(datetime.UTC).replace(microsecond=0) - datetime.timedelta(minutes=10)
    then = there + datetime.timedelta(seconds=30)
    date = {"Date": email.utils.format_datetime(there, usegmt=True)}
    reply = says({"error": {"message": "slow down"}}, 429)
    told = {**date, "Retry-After": email.utils.format_datetime(then, usegmt=True)}
    assert fault(faulty, reply.but(headers=told), of=of).retry_after_s == 30
    metadata = {"headers": {"X-RateLimit-Reset": f"{then.timestamp() * 1000:.0f}"}}
    within = says({"error": {"message": "slow down", "metadata": metadata}}, 429).but(headers=date)
    assert fault(faulty, within, of="openrouter").retry_after_s == 30


@pytest.mark.parametrize(
    ("status", "words", "seconds"),
    [
        (429, "Rate limit reached. Please try again in 20s.", 20),
        (429, "Please retry after 6 seconds.", 6),
        (503, "Overloaded; try again in 1m30s.", 90),
        (429, "Slow down.", None),
        (400, "Please try again in 20s.", None),
    ],
)
def test_a_wait_that_only_the_message_names_is_read(
    faulty: FaultServer, status: int, words: str, seconds: float | None
) -> None:
    assert fault(faulty, says(openai(words), status)).retry_after_s == seconds
    header = {"retry_after": "3"} if seconds else {}
    assert fault(faulty, says(openai(words), status, **header)).retry_after_s == (3 if seconds else None)


def failing_at(url: str, of: str = "openai") -> ProviderError:
    provider = PROVIDERS[of]
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(provider.complete(QUESTION, Endpoint(BaseUrl.parse(url), Secret(fake_key(of))), lambda _: None))
    assert provider.label in caught.value.problem
    assert caught.value.cause
    assert caught.value.fix
    assert caught.value.link == provider.links.status
    return caught.value


@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_what_keeps_a_network_from_working_is_told_apart(of: str) -> None:
    closed = FaultServer()
    closed.close()
    refused = failing_at(f"http://{closed.host}", of)
    assert (refused.kind, refused.retryable) == ("refused", True)
    assert closed.host in refused.problem
    unknown = failing_at("https://no-such-host.invalid/v1", of)
    assert (unknown.kind, unknown.retryable) == ("dns", True)
    assert "no-such-host.invalid" in unknown.problem


@pytest.mark.parametrize("of", ["openai", "anthropic", "openrouter", "compatible"])
@pytest.mark.parametrize(
    "reply", [page(), Reply(b"", 307, "", {"location": "https://elsewhere.example"}), GONE, HANG_UP]
)
def test_an_address_is_to_be_checked_by_whoever_gave_it(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch, of: str, reply: Reply
) -> None:
    there = endpoint(PROVIDERS[of], faulty)
    if of != "compatible":
        monkeypatch.setattr(type(PROVIDERS[of]), "default_url", there.base_url.url)
    faulty.script(reply)
    with pytest.raises(ProviderError) as caught:
        ENGINE.run(PROVIDERS[of].list_models(there))
    assert ("base URL" in str(caught.value)) == (of == "compatible")
    assert "the model" not in str(caught.value)


@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_https_to_a_server_without_it_is_named(faulty: FaultServer, of: str) -> None:
    error = failing_at(f"https://{faulty.host}/v1", of)
    assert (error.kind, error.retryable) == ("tls", False)
    assert "http://" in error.fix


@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_a_certificate_that_is_not_trusted_stops_the_call(own_tls: ssl.SSLContext, of: str) -> None:
    server = FaultServer(own_tls)
    error = failing_at(server.url, of)
    assert (error.kind, error.retryable) == ("certificate", False)
    assert "SSL_CERT_FILE" in error.fix
    assert server.asked == []
    server.close()


@pytest.mark.parametrize("of", ["openai", "anthropic"])
def test_half_a_character_cannot_be_sent(faulty: FaultServer, of: str) -> None:
    error = fault(faulty, talk("Hi"), of=of, system="half \ud83d of it")
    assert (error.kind, error.retryable) == ("unsendable", False)
    assert faulty.asked == []


def test_a_setting_that_cannot_be_sent_is_one_of_our_errors(faulty: FaultServer) -> None:
    error = fault(faulty, talk("Hi"), settings={"temperature": object()})
    assert (error.kind, error.retryable) == ("unexpected", False)
    assert faulty.asked == []


def a_flow(name: str, server: FaultServer, of: str = "openai") -> Flow:
    flow = Flow(name)
    flow.set_base_url(of, f"{server.url}/v1")
    flow.model = f"{of}:some-model"
    return flow


def test_a_flow_names_the_node_and_asks_once_where_asking_again_is_vain(faulty: FaultServer) -> None:
    flow = a_flow("faults", faulty)
    flow.key_store.save("openai", faulty.host, fake_key("openai"), backend="session")
    faulty.script(says(openai("You exceeded your quota", "insufficient_quota"), 429))
    with pytest.raises(ProviderError) as caught:
        flow.conversation("ask", "Be brief.").run("Hi")
    assert (caught.value.kind, caught.value.attempts) == ("quota", 1)
    assert len(faulty.asked) == 1
    text = str(caught.value)
    assert "Flow 'faults', node 'ask', model openai:some-model." in text
    assert text.endswith(PROVIDERS["openai"].links.billing)


def test_a_fault_that_passes_is_tried_again(faulty: FaultServer) -> None:
    flow = a_flow("passing", faulty)
    flow.key_store.save("openai", faulty.host, fake_key("openai"), backend="session")
    soon = says(openai("Slow down"), 429, retry_after_ms="20")
    faulty.script(soon, HANG_UP, talk("Here I am."))
    reply = flow.conversation("ask", "Be brief.").run("Hi")
    assert reply.text == "Here I am."
    assert reply.attempts == 3
    assert len(faulty.asked) == 3


def test_a_wait_of_hours_is_not_waited_for(faulty: FaultServer) -> None:
    flow = a_flow("hours", faulty)
    flow.key_store.save("openai", faulty.host, fake_key("openai"), backend="session")
    faulty.script(says(openai("Slow down"), 429, retry_after="9000"))
    with pytest.raises(ProviderError) as caught:
        flow.conversation("ask", "Be brief.").run("Hi")
    assert (caught.value.kind, caught.value.retry_after_s, caught.value.attempts) == ("rate_limit", 9000, 1)


def test_without_a_key_nothing_is_asked_whatever_the_environment_holds(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for of, variable in (("openai", "OPENAI_API_KEY"), ("anthropic", "ANTHROPIC_API_KEY")):
        monkeypatch.setenv(variable, fake_key(of))
        faulty.script(talk("Hi"))
        with pytest.raises(MissingKeyError) as caught:
            a_flow(f"no key for {of}", faulty, of).conversation("ask", "Be brief.").run("Hi")
        assert caught.value.kind == "no_key"
        assert caught.value.fix
        assert faulty.asked == []


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (403, {"code": 30001, "message": "Sorry, your account balance is insufficient"}, "quota"),
        (400, openai("Budget has been exceeded! Current cost: 10.1, Max budget: 10.0"), "quota"),
        (412, openai("Account is suspended, possibly due to reaching the monthly spending limit"), "quota"),
        (403, {"code": "denied", "error": "Your team doesn't have any credits yet."}, "quota"),
        (400, {"code": "invalid argument", "error": "Incorrect API key provided: xa***yz."}, "auth"),
        (400, {"message": "The provided model identifier is invalid."}, "model"),
        (400, {"error": "the model is loaded with context length of only 4096 tokens"}, "context_length"),
        (400, {"errors": {"model": ["is invalid here"]}}, "bad_request"),
    ],
    ids=str,
)
def test_what_only_the_words_of_a_gateway_tell_is_understood(
    faulty: FaultServer, status: int, body: Any, kind: str
) -> None:
    error = fault(faulty, says(body, status), of="compatible")
    assert (error.kind, error.retryable) == (kind, False)


@pytest.mark.parametrize(
    "body", [{"errors": {"model": ["is invalid here"]}}, {"error": {"x": {"y": "is invalid here"}}}]
)
def test_a_reason_is_quoted_wherever_it_stands(faulty: FaultServer, body: Any) -> None:
    assert "is invalid here" in str(fault(faulty, says(body, 400), of="compatible"))


def test_a_wait_is_read_from_the_details_of_an_error(faulty: FaultServer) -> None:
    details = [7, {"@type": "QuotaFailure"}, {"@type": "RetryInfo", "retryDelay": "34s"}]
    error = {"error": {"code": 429, "message": "Resource exhausted", "details": details}}
    bodies = (error, [error], openai(f"gateway: {json.dumps(error)}"))
    assert [fault(faulty, says(body, 429), of="compatible").retry_after_s for body in bodies] == [34.0] * 3


def test_an_answer_in_an_unknown_encoding_is_not_asked_for_again(faulty: FaultServer) -> None:
    error = fault(faulty, Reply(b"\x1b\x0b\x00\xf8\x25\x82\x92", headers={"content-encoding": "br"}))
    assert (error.kind, error.retryable) == ("unreadable", False)
    assert '"br"' in error.problem


def test_in_a_tab_a_server_that_is_not_reached_may_not_let_web_pages_call_it(
    faulty: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser does not say why: it would be the same without a network."""
    monkeypatch.setattr("byok_widgets.providers.error_mapping.network.HAS_THREADS", False)
    with pytest.raises(ProviderError) as caught:
        ask(faulty, HANG_UP)
    assert caught.value.kind == "connection"
    assert "CORS" in caught.value.cause
    assert "JupyterLab" in caught.value.fix
