"""Hosts that imitate a provider's own are marked, and others are not."""

from __future__ import annotations

import pytest

from byok_widgets.providers.look_alikes import shown_host


@pytest.mark.parametrize(
    "host",
    [
        "api.openai.com.evil.example",
        "api.openai.com.",
        "api-openai.com",
        "api.open_ai.com",
        "api.0penai.com",
        "api.opena1.com",
        "api.openal.com",
        "api.anthroplc.com",
        "4nthropic.com",
        "api.rnistral.ai",
        "m1stral.example:8443",
        "api.openai.co",
    ],
)
def test_an_imitation_is_marked(host: str) -> None:
    assert "own address" in shown_host(host)


def test_a_host_in_punycode_is_marked() -> None:
    assert shown_host("xn--pi-6kc.openai.com") != "xn--pi-6kc.openai.com"


@pytest.mark.parametrize(
    "host", ["api.openai.com", "api.openai.com:443", "llm.example.org", "127.0.0.1:8080", "[::1]"]
)
def test_other_hosts_are_not(host: str) -> None:
    assert shown_host(host) == host
