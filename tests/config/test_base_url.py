"""`BaseUrl`: where a key and a prompt may be sent, and the host that a key is bound to."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from byok_widgets import ConfigError
from byok_widgets.config import BaseUrl

HOSTILE = [*"\\@?#;[]:/.\t ", "%00", "%2f", "::1", "localhost", "127.0.0.1"]


@pytest.mark.parametrize(
    ("text", "url", "host"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com/v1", "api.openai.com"),
        (" https://api.openai.com/v1// ", "https://api.openai.com/v1", "api.openai.com"),
        ("HTTPS://LLM.Example.org:8443/V1", "HTTPS://LLM.Example.org:8443/V1", "llm.example.org:8443"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1", "127.0.0.1:8080"),
        ("http://localhost:1234", "http://localhost:1234", "localhost:1234"),
        ("http://LOCALHOST", "http://LOCALHOST", "localhost"),
        ("http://[::1]:80/v1", "http://[::1]:80/v1", "[::1]:80"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]", "[2001:db8::1]"),
        ("https://exämple.org/v1", "https://xn--exmple-cua.org/v1", "xn--exmple-cua.org"),
        ("https://llm.example.org/ｖ1", "https://llm.example.org/%EF%BD%961", "llm.example.org"),
        ("https://my_llm.example.org./v1", "https://my_llm.example.org./v1", "my_llm.example.org."),
    ],
)
def test_valid_addresses_are_accepted(text: str, url: str, host: str) -> None:
    assert BaseUrl.parse(text) == BaseUrl(url, host)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "base_url"),
        (None, "base_url"),
        (8080, "base_url"),
        ("llm.example.org/v1", "base_url"),
        ("localhost:8080", "base_url"),
        ("ftp://llm.example.org", "base_url"),
        ("file:///etc/passwd", "base_url"),
        ("https://", "base_url"),
        ("https:///v1", "base_url"),
        ("https://host:99999", "base_url"),
        ("https://host:port", "base_url"),
        ("https://host:0/v1", "base_url"),
        ("https://host/team-a/../team-b/v1", "base_url"),
        ("https://host/team-a/%2E%2e/team-b/v1", "base_url"),
        ("https://host/./v1", "base_url"),
        ("https://host/team-a/..;/team-b/v1", "base_url"),
        ("https://host/team-a/%2e%2e%3bx/team-b/v1", "base_url"),
        ("https://[api.openai.com]/v1", "base_url"),
        ("https://[v1.api.openai.com]/v1", "base_url"),
        ("https://host/team-a\\..\\team-b", "base_url"),
        ("https://host/team-a%2f..%2fteam-b", "base_url"),
        ("https://host/team-a/..%5c..%5cteam-b", "base_url"),
        ("https://host/%252e%252e/team-b", "base_url"),
        ("https://host/v1%00", "base_url"),
        ("https://host/v1%0d%0aHost:evil.example", "base_url"),
        ("https://host/%", "base_url"),
        ("https://good.example\\evil.example/v1", "base_url"),
        ("https://good.example%2eevil.example", "base_url"),
        ("https://good.example%00.evil.example", "base_url"),
        ("https://good.example,evil.example", "base_url"),
        ("https://<b>.example", "base_url"),
        ("https://a..example", "base_url"),
        (f"https://{'a' * 64}.example", "base_url"),
        ("https://good.example\uff0fevil.example", "base_url"),
        ("http://[::1%25lo]:80", "base_url"),
        ("https://[::1", "base_url"),
        ("https://ho st/v1", "base_url"),
        ("https://host/a b", "base_url"),
        ("https://ho\tst", "base_url"),
        ("https://host/\nv1", "base_url"),
        ("https://ho\0st", "base_url"),
        ("https://host/\u202ev1", "base_url"),
        ("https://me@host", "base_url_extras"),
        ("https://me:pass@host", "base_url_extras"),
        ("https://@host", "base_url_extras"),
        ("https://api.openai.com\\@evil.example", "base_url_extras"),
        ("https://host/v1?key=x", "base_url_extras"),
        ("https://host/v1?", "base_url_extras"),
        ("https://host/v1#x", "base_url_extras"),
        ("http://llm.example.org/v1", "base_url_insecure"),
        ("http://127.0.0.1.evil.example", "base_url_insecure"),
        ("http://localhost.evil.example", "base_url_insecure"),
        ("http://2130706433", "base_url_insecure"),
        ("http://0.0.0.0:8080", "base_url_insecure"),
        ("http://192.168.0.7:8080", "base_url_insecure"),
    ],
)
def test_invalid_addresses_are_rejected(text, kind: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BaseUrl.parse(text)
    assert caught.value.kind == kind
    assert "https" in caught.value.fix


@settings(max_examples=1000)
@example("api.openai.com\\", "@evil.example")
@given(
    st.lists(st.sampled_from([*HOSTILE, "api.openai.com", "evil.example", "é", "x"]), max_size=5).map("".join),
    st.lists(st.sampled_from([*HOSTILE, "evil.example", "8080"]), max_size=4).map("".join),
)
def test_a_key_is_bound_to_the_host_that_the_http_client_calls(host: str, rest: str) -> None:
    for scheme in ("https", "http"):
        try:
            parsed = BaseUrl.parse(f"{scheme}://{host}{rest}")
            called = httpx2.URL(parsed.url)
        except (ConfigError, httpx2.InvalidURL):
            continue
        name = called.raw_host.decode("ascii")  # what is looked up
        shown = f"[{name}]" if ":" in name else name
        port = "" if called.port is None else f":{called.port}"
        bound = parsed.host.removesuffix(":443" if scheme == "https" else ":80")
        assert bound == f"{shown}{port}"
        assert scheme == "https" or called.host in ("localhost", "127.0.0.1", "::1")
