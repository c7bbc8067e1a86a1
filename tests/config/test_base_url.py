"""`BaseUrl`: where a key and a prompt may travel, and the host that a key is bound to."""

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
        ("https://exämple.org/v1", "https://exämple.org/v1", "exämple.org"),
    ],
)
def test_addresses_that_are_fine(text: str, url: str, host: str) -> None:
    assert BaseUrl.parse(text) == BaseUrl(url, host)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not an address"),
        (None, "not an address"),
        (8080, "not an address"),
        ("llm.example.org/v1", "not an address"),
        ("localhost:8080", "not an address"),
        ("ftp://llm.example.org", "not an address"),
        ("file:///etc/passwd", "not an address"),
        ("https://", "not an address"),
        ("https:///v1", "not an address"),
        ("https://host:99999", "not an address"),
        ("https://host:port", "not an address"),
        ("https://[::1", "not an address"),
        ("https://ho st/v1", "not an address"),
        ("https://host/a b", "not an address"),
        ("https://ho\tst", "not an address"),
        ("https://host/\nv1", "not an address"),
        ("https://ho\0st", "not an address"),
        ("https://host/\u202ev1", "not an address"),
        ("https://me@host", "no user name"),
        ("https://me:pass@host", "no user name"),
        ("https://@host", "no user name"),
        ("https://api.openai.com\\@evil.example", "no user name"),
        ("https://host/v1?key=x", "no user name, no ? and no #"),
        ("https://host/v1?", "no ? and no #"),
        ("https://host/v1#x", "no ? and no #"),
        ("http://llm.example.org/v1", "unencrypted"),
        ("http://127.0.0.1.evil.example", "unencrypted"),
        ("http://localhost.evil.example", "unencrypted"),
        ("http://2130706433", "unencrypted"),
        ("http://0.0.0.0:8080", "unencrypted"),
        ("http://192.168.0.7:8080", "unencrypted"),
    ],
)
def test_addresses_that_are_refused_in_words(text, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BaseUrl.parse(text)
    assert said in caught.value.problem
    assert caught.value.kind == "base_url"
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
        shown = f"[{called.host}]" if ":" in called.host else called.host
        port = "" if called.port is None else f":{called.port}"
        bound = parsed.host.removesuffix(":443" if scheme == "https" else ":80")
        assert bound == f"{shown}{port}"
        assert scheme == "https" or called.host in ("localhost", "127.0.0.1", "::1")
