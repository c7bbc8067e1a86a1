"""Requests share a governor if they share a quota, and what identifies a key reveals none of it."""

from __future__ import annotations

import asyncio

import pytest

from byok_widgets.config import BaseUrl
from byok_widgets.engine import Governor
from byok_widgets.providers import PROVIDERS, Endpoint, governors
from byok_widgets.providers.governors import governor_of
from byok_widgets.secrets import Secret
from tests.fake_keys import fake_key

KEY = fake_key("openai")


def endpoint(url: str = "https://llm.example.org/v1", key: str | None = KEY) -> Endpoint:
    return Endpoint(BaseUrl.parse(url), Secret(key) if key else None)


def governor(provider: str = "openai", model: str = "m", **given: str) -> Governor:
    return governor_of(PROVIDERS[provider], endpoint(**given), model)


@pytest.mark.parametrize(
    ("provider", "model", "given", "shared"),
    [
        ("openai", "m", {}, True),
        ("openai", "m", {"key": f"{KEY}\n"}, True),
        ("openai", "m", {"url": "https://llm.example.org/v2"}, True),
        ("openai", "other", {}, False),
        ("openrouter", "m", {}, False),
        ("openai", "m", {"key": fake_key("openai")}, False),
        ("openai", "m", {"key": ""}, False),
        ("openai", "m", {"url": "https://other.example.org/v1"}, False),
        ("openai", "m", {"url": "https://llm.example.org:8443/v1"}, False),
    ],
)
def test_requests_share_a_governor_if_they_share_a_quota(
    provider: str, model: str, given: dict[str, str], shared: bool
) -> None:
    async def work() -> bool:
        return governor() is governor(provider, model, **given)

    assert asyncio.run(work()) == shared


def test_each_loop_has_its_own() -> None:
    async def one() -> Governor:
        return governor()

    assert asyncio.run(one()) is not asyncio.run(one())


def test_no_part_of_a_key_is_kept() -> None:
    async def kept() -> str:
        governor()
        held = governors._governors[asyncio.get_running_loop()]
        return repr(list(held)) + repr([vars(found) for found in held.values()])

    shown = asyncio.run(kept())
    assert "llm.example.org" in shown
    assert not any(KEY[at : at + 8] in shown for at in range(len(KEY) - 8))


def test_idle_governors_are_dropped_and_busy_ones_are_not() -> None:
    async def work() -> None:
        busy = governor(model="busy")
        await busy.slot(is_retry=False, on_wait=lambda _: None)
        idle = governor(model="idle")
        for number in range(200):
            governor(model=f"m{number}")
        assert governor(model="busy") is busy
        assert governor(model="idle") is not idle
        assert len(governors._governors[asyncio.get_running_loop()]) <= 80

    asyncio.run(work())
